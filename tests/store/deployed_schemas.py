"""Databases of the first Tel Call, by plain SQL: as its migrations left them, and as its models made them."""

from __future__ import annotations

TABLES = """
CREATE TYPE callstatus AS ENUM ('ACTIVE', 'ENDED', 'EXPIRED');
CREATE TABLE users (
    id SERIAL NOT NULL, telegram_user_id BIGINT NOT NULL, username VARCHAR(255), first_name VARCHAR(255),
    last_name VARCHAR(255), photo_url VARCHAR(512), created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE NOT NULL, PRIMARY KEY (id));
CREATE UNIQUE INDEX ix_users_telegram_user_id ON users (telegram_user_id);
CREATE TABLE calls (
    id SERIAL NOT NULL, call_id VARCHAR(20) NOT NULL, creator_user_id INTEGER NOT NULL, title VARCHAR(255),
    is_video_enabled BOOLEAN NOT NULL, status callstatus NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL, expires_at TIMESTAMP WITH TIME ZONE, PRIMARY KEY (id),
    FOREIGN KEY(creator_user_id) REFERENCES users (id) ON DELETE CASCADE);
CREATE UNIQUE INDEX ix_calls_call_id ON calls (call_id);
CREATE TABLE friend_links (
    user_id INTEGER NOT NULL, friend_id INTEGER NOT NULL, created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE NOT NULL, PRIMARY KEY (user_id, friend_id),
    FOREIGN KEY(user_id) REFERENCES users (id) ON DELETE CASCADE,
    FOREIGN KEY(friend_id) REFERENCES users (id) ON DELETE CASCADE);
CREATE INDEX ix_friend_links_user_id ON friend_links (user_id);
CREATE INDEX ix_friend_links_updated_at ON friend_links (updated_at);
CREATE TABLE participants (
    id SERIAL NOT NULL, call_id INTEGER NOT NULL, user_id INTEGER NOT NULL,
    joined_at TIMESTAMP WITH TIME ZONE NOT NULL, left_at TIMESTAMP WITH TIME ZONE, PRIMARY KEY (id),
    FOREIGN KEY(call_id) REFERENCES calls (id) ON DELETE CASCADE,
    FOREIGN KEY(user_id) REFERENCES users (id) ON DELETE CASCADE);
CREATE TABLE call_stats (
    id SERIAL NOT NULL, call_id VARCHAR(20) NOT NULL, user_id INTEGER NOT NULL, duration_seconds INTEGER,
    audio_bitrate_kbps FLOAT, audio_packets_lost INTEGER, audio_packets_sent INTEGER, audio_jitter_ms FLOAT,
    video_bitrate_kbps FLOAT, video_packets_lost INTEGER, video_packets_sent INTEGER, video_frame_rate FLOAT,
    video_resolution VARCHAR(20), rtt_ms FLOAT, created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    PRIMARY KEY (id), FOREIGN KEY(call_id) REFERENCES calls (call_id) ON DELETE CASCADE,
    FOREIGN KEY(user_id) REFERENCES users (id) ON DELETE CASCADE);
CREATE INDEX ix_call_stats_call_id ON call_stats (call_id);
"""

BY_MODELS = TABLES

BY_MIGRATIONS = TABLES + (
    """
CREATE TABLE alembic_version (
    version_num VARCHAR(32) NOT NULL, CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num));
INSERT INTO alembic_version VALUES ('g1h2i3j4k5l6');
CREATE INDEX ix_participants_call_id ON participants (call_id);
CREATE INDEX ix_participants_user_id ON participants (user_id);
CREATE INDEX ix_participants_call_user ON participants (call_id, user_id);
CREATE INDEX ix_call_stats_user_id ON call_stats (user_id);
"""
)

UNMERGED = (
    BY_MIGRATIONS
    + """
UPDATE alembic_version SET version_num = 'h1i2j3k4l5m6';
ALTER TABLE participants ADD connection_status VARCHAR(20) NOT NULL DEFAULT 'connected',
    ADD reconnect_deadline TIMESTAMP WITH TIME ZONE;
"""
)
"""As the migrations of a side branch left them."""

ROWS = """
INSERT INTO users VALUES
    (1, 7000000001, 'anna', 'Анна', 'К.', 'https://t.me/i/1.jpg',
        '2025-01-01 10:00+00', '2025-01-02 10:00:00.5+00'),
    (2, 7000000002, NULL, 'Bob', NULL, NULL, '2025-01-01 11:00+00', '2025-01-01 11:00+00'),
    (4, 12, 'vera_x', NULL, NULL, NULL, '2025-02-01 00:00+00', '2025-02-01 00:00+00');
SELECT setval('users_id_seq', 9);
INSERT INTO calls VALUES
    (1, 'AAAAAAAAAAAAAAAA', 1, 'Планёрка', true, 'ENDED', '2025-03-01 09:00+00', '2025-03-02 09:00+00'),
    (2, 'BBBBBBBBBBBBBBBB', 2, NULL, false, 'ACTIVE', '2025-03-03 09:00:00.123456+00', '2025-03-04 09:00+00'),
    (3, 'CCCCCCCCCCCCCCCC', 1, NULL, false, 'EXPIRED', '2025-02-03 09:00+00', NULL);
SELECT setval('calls_id_seq', 3);
INSERT INTO participants (id, call_id, user_id, joined_at, left_at) VALUES
    (1, 1, 1, '2025-03-01 09:00+00', '2025-03-01 09:10+00'),
    (2, 1, 2, '2025-03-01 09:01+00', '2025-03-01 09:30+00'),
    (3, 1, 1, '2025-03-01 09:12+00', '2025-03-01 09:20+00'),
    (5, 1, 1, '2025-03-01 09:25+00', '2025-03-01 09:31+00'),
    (6, 2, 2, '2025-03-03 09:00+00', '2025-03-03 09:05+00'),
    (7, 2, 2, '2025-03-03 09:06+00', NULL),
    (8, 2, 4, '2025-03-03 09:00+00', NULL);
SELECT setval('participants_id_seq', 8);
INSERT INTO friend_links VALUES
    (1, 2, '2025-03-01 09:01+00', '2025-03-01 09:25+00'),
    (2, 1, '2025-03-01 09:01+00', '2025-03-01 09:25+00');
INSERT INTO call_stats VALUES
    (1, 'AAAAAAAAAAAAAAAA', 1, 1800, 31.5, 7, 9000, 2.25, 800.5, 3, 4000, 29.9, '1280x720', 41.5,
        '2025-03-01 09:31+00'),
    (2, 'AAAAAAAAAAAAAAAA', 2, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL,
        '2025-03-01 09:32+00');
SELECT setval('call_stats_id_seq', 2);
"""
