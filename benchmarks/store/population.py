"""Fills a migrated, empty database with people, calls and all that hangs on them, by plain SQL."""

from __future__ import annotations

from dataclasses import dataclass

import asyncpg

PEOPLE_PER_CALL = 5
POPULAR = 1
"""The id of a person who has `popular_friends`."""


@dataclass(frozen=True, slots=True)
class Population:
    """How many rows. Ids count from 1, so that every row can be named."""

    users: int = 100_000
    participants: int = 1_000_000
    popular_friends: int = 1_000

    @property
    def calls(self) -> int:
        return self.participants // PEOPLE_PER_CALL

    @property
    def active_calls(self) -> int:
        """The newest ones."""
        return self.calls // 100

    def call_id(self, number: int) -> str:
        """The public id of a call, `calls.id` being `number`."""
        return f"{number:0>16}"


# Prime strides spread people over calls evenly; the five of a call are different ones.
_SCRIPT = """
INSERT INTO users (telegram_user_id, username, first_name, last_name, photo_url, language_code, created_at)
    SELECT 7000000000 + i, CASE WHEN i % 10 < 7 THEN 'user_' || i END,
        (ARRAY['Анна', 'Борис', 'Вера', 'Гоша', 'Anna', 'Bob', 'Carol', 'Dave'])[1 + i % 8] || ' ' || i,
        (ARRAY['Иванова', 'Petrov', 'Сидоров', NULL])[1 + i % 4],
        CASE WHEN i % 2 = 0 THEN 'https://t.me/i/userpic/320/' || md5(i::text) || '.jpg' END,
        (ARRAY['ru', 'en'])[1 + i % 2], now() - interval '2 years' * ({users} - i) / {users}
    FROM generate_series(1, {users}) i;
INSERT INTO calls (call_id, creator_user_id, title, is_video_enabled, status, created_at, expires_at)
    SELECT lpad(c::text, 16, '0'), 1 + c * 7919::bigint % {users},
        CASE WHEN c % 5 = 0 THEN 'Team ' || c END, c % 3 = 0,
        CASE WHEN c > {calls} - {active} THEN 'active' WHEN c % 4 = 0 THEN 'expired' ELSE 'ended' END,
        created, created + interval '24 hours'
    FROM (SELECT c, now() - interval '23 hours' * ({calls} - c) / {active} AS created
          FROM generate_series(1, {calls}) c) AS numbered;
INSERT INTO participants (call_id, user_id, joined_at, left_at)
    SELECT id, 1 + (id * 7919::bigint + k * 13) % {users}, created_at,
        CASE WHEN status <> 'active' THEN created_at + interval '10 minutes' END
    FROM calls, generate_series(0, {members} - 1) k;
INSERT INTO participant_sessions (session_id, call_id, user_id, joined_at, seen_at, left_at)
    SELECT md5(id::text), call_id, user_id, joined_at, coalesce(left_at, joined_at), left_at
    FROM participants;
INSERT INTO friend_links (user_id, friend_id, updated_at)
    SELECT u, u + d, now() - interval '1 minute' * ((u * 31 + d * 17) % 100000)
    FROM generate_series(1, {users}) u, unnest(ARRAY[-5, -4, -3, -2, -1, 1, 2, 3, 4, 5]) d
    WHERE u + d BETWEEN 1 AND {users};
INSERT INTO friend_links (user_id, friend_id, updated_at)
    SELECT {popular}, 10 + i * 7, now() - interval '1 minute' * i FROM generate_series(1, {friends}) i
    UNION ALL SELECT 10 + i * 7, {popular}, now() FROM generate_series(1, {friends}) i;
UPDATE friend_links SET favourite_at = now() WHERE (user_id + friend_id) % 20 = 0;
INSERT INTO user_blocks (user_id, blocked_id) SELECT u, u + 1 FROM generate_series(1, {users} - 1, 50) u;
INSERT INTO call_stats (call_id, user_id, duration_seconds, audio_bitrate_kbps, audio_packets_lost, rtt_ms)
    SELECT lpad(call_id::text, 16, '0'), user_id, 600, 30 + id % 10, id % 7, 40 + id % 50
    FROM participants WHERE id % 3 = 0;
INSERT INTO call_ratings (call_id, user_id, stars, reasons, rated_at)
    SELECT call_id, user_id, 1 + id % 5, '{{}}', left_at
    FROM participants WHERE id % 10 = 0 AND left_at IS NOT NULL;
INSERT INTO bot_messages (key, kind, call_id, caller_user_id, friend_user_id, chat_id, message_id, language)
    SELECT 'ring:' || id, 'ring', id, creator_user_id, 1 + creator_user_id % {users}, id, id, 'ru'
    FROM calls WHERE status = 'active';
INSERT INTO revoked_tokens (jti, user_id, expires_at)
    SELECT md5('jti' || u), u, now() + interval '30 days' * u / {users}
    FROM generate_series(1, {users}, 2) u;
ANALYZE;
"""


async def populate(connection: asyncpg.Connection, population: Population) -> None:
    """Fill the tables and let the planner know of it. The connection's statements have no time limit."""
    await connection.execute(
        _SCRIPT.format(
            users=population.users,
            calls=population.calls,
            active=population.active_calls,
            members=PEOPLE_PER_CALL,
            popular=POPULAR,
            friends=population.popular_friends,
        )
    )
