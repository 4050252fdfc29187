"""Takes over the rows of a database of the first Tel Call, and gives them back.

The old tables are put aside into a schema of their own, the new ones are made as in an empty database, the
rows are copied, and the old tables go: so an adopted database differs in nothing from a new one. What the way
back needs is kept as a comment on our version table. All of it is part of the migration's transaction.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import TypedDict

from sqlalchemy import Connection, text

from store.migrations import VERSION_TABLE
from store.migrations.deployed import COLUMNS, LAST_STAMP, STAMP_TABLE, Deployed, recognise

ASIDE = "telcall_aside"
SERIAL = ("users", "calls", "participants", "call_stats")
SESSION_PREFIX = "adopted-"
"""Of `participant_sessions.session_id`; the number of the old row of `participants` follows."""

_OLD_TABLES = (
    "CREATE TABLE users (id serial PRIMARY KEY, telegram_user_id bigint NOT NULL, username varchar(255),"
    " first_name varchar(255), last_name varchar(255), photo_url varchar(512),"
    " created_at timestamptz NOT NULL, updated_at timestamptz NOT NULL)",
    "CREATE TABLE calls (id serial PRIMARY KEY, call_id varchar(20) NOT NULL,"
    " creator_user_id integer NOT NULL REFERENCES users ON DELETE CASCADE, title varchar(255),"
    " is_video_enabled boolean NOT NULL, status {status} NOT NULL, created_at timestamptz NOT NULL,"
    " expires_at timestamptz)",
    "CREATE TABLE participants (id serial PRIMARY KEY,"
    " call_id integer NOT NULL REFERENCES calls ON DELETE CASCADE,"
    " user_id integer NOT NULL REFERENCES users ON DELETE CASCADE,"
    " joined_at timestamptz NOT NULL, left_at timestamptz)",
    "CREATE TABLE friend_links (user_id integer NOT NULL REFERENCES users ON DELETE CASCADE,"
    " friend_id integer NOT NULL REFERENCES users ON DELETE CASCADE,"
    " created_at timestamptz NOT NULL, updated_at timestamptz NOT NULL, PRIMARY KEY (user_id, friend_id))",
    "CREATE TABLE call_stats (id serial PRIMARY KEY, call_id varchar(20) NOT NULL,"
    " user_id integer NOT NULL REFERENCES users ON DELETE CASCADE, duration_seconds integer,"
    " audio_bitrate_kbps double precision, audio_packets_lost integer, audio_packets_sent integer,"
    " audio_jitter_ms double precision, video_bitrate_kbps double precision, video_packets_lost integer,"
    " video_packets_sent integer, video_frame_rate double precision, video_resolution varchar(20),"
    " rtt_ms double precision, created_at timestamptz NOT NULL)",
)
_ENUM = "callstatus"
_ADOPTED = f"^{SESSION_PREFIX}[0-9]{{1,10}}$"


class Kept(TypedDict):
    """What the way back needs to know, as JSON. `indexes`: their definitions."""

    indexes: list[str]
    status_type: str
    stamp: str | None


def put_aside(connection: Connection) -> Deployed | None:
    """Take the old tables out of the way of the new ones; None when there are none."""
    found = recognise(connection)
    if found is None:
        return None
    tables = ", ".join(COLUMNS)
    connection.execute(text(f"LOCK TABLE {tables} IN ACCESS EXCLUSIVE MODE"))
    connection.execute(text(f"CREATE SCHEMA {ASIDE}"))
    for table in COLUMNS:
        connection.execute(text(f"ALTER TABLE {table} SET SCHEMA {ASIDE}"))
    return found


def take_over(connection: Connection, found: Deployed) -> None:
    """Copy every row into the new tables, whose old ones are aside, and remove these."""
    for table in COLUMNS:
        if table == "participants":
            _take_participants(connection, found)
        else:
            _copy(connection, table, found)
    for table in SERIAL:
        _go_on_counting(connection, table)
    _drop_aside(connection, reversed(tuple(COLUMNS)))
    if found.status_type == _ENUM:
        connection.execute(text(f"DROP TYPE {_ENUM}"))
    if found.stamp is not None:
        connection.execute(text(f"DROP TABLE {STAMP_TABLE}"))
    kept = Kept(indexes=list(found.indexes), status_type=found.status_type, stamp=found.stamp)
    _remember(connection, json.dumps(kept))


def _copy(connection: Connection, table: str, found: Deployed) -> None:
    columns = sorted(found.columns[table])
    values = [_value(table, column, found) for column in columns]
    connection.execute(
        text(f"INSERT INTO {table} ({', '.join(columns)}) SELECT {', '.join(values)} FROM {ASIDE}.{table}")
    )


def _value(table: str, column: str, found: Deployed) -> str:
    if (table, column) in found.naive:
        return f"{column} AT TIME ZONE 'UTC'"
    return f"lower({column}::text)" if (table, column) == ("calls", "status") else column


def _take_participants(connection: Connection, found: Deployed) -> None:
    """Every old row is a stay; all of a person and call are summed up in one row, with the first id."""
    joined, left = (_value("participants", column, found) for column in ("joined_at", "left_at"))
    connection.execute(
        text(
            "INSERT INTO participants (id, call_id, user_id, joined_at, left_at)"
            f" SELECT min(id), call_id, user_id, min({joined}),"
            f" CASE WHEN bool_or(left_at IS NULL) THEN NULL ELSE max({left}) END"
            f" FROM {ASIDE}.participants GROUP BY call_id, user_id ORDER BY min(id)"
        )
    )
    # A stay without an end was cut off: the next start ends it at the last time it is known of.
    connection.execute(
        text(
            "INSERT INTO participant_sessions (session_id, call_id, user_id, joined_at, seen_at, left_at)"
            f" SELECT '{SESSION_PREFIX}' || id, call_id, user_id,"
            f" {joined}, coalesce({left}, {joined}), {left}"
            f" FROM {ASIDE}.participants ORDER BY id"
        )
    )


def _go_on_counting(connection: Connection, table: str) -> None:
    """Numbers of rows that are gone are not given again: tokens name people by them."""
    old = connection.scalar(text(f"SELECT pg_get_serial_sequence('{ASIDE}.{table}', 'id')"))
    last = 0
    if old is not None:
        last = connection.scalar(text(f"SELECT CASE WHEN is_called THEN last_value ELSE 0 END FROM {old}"))
    highest = connection.scalar(text(f"SELECT coalesce(max(id), 0) FROM {ASIDE}.{table}"))
    if (reached := max(last, highest or 0)) > 0:
        connection.execute(
            text(f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), :reached)"), {"reached": reached}
        )


def give_back(connection: Connection, ours: tuple[str, ...]) -> bool:
    """Put our tables (`ours`, referring ones first) aside and their rows into tables of the old form.

    False, and nothing done, when this database was not adopted. What only we keep is lost.
    """
    text_kept = connection.scalar(
        text("SELECT obj_description(to_regclass(:t), 'pg_class')"), {"t": VERSION_TABLE}
    )
    if text_kept is None:
        return False
    kept: Kept = json.loads(text_kept)
    connection.execute(text(f"CREATE SCHEMA {ASIDE}"))
    for table in ours:
        connection.execute(text(f"ALTER TABLE {table} SET SCHEMA {ASIDE}"))
    _make_old_tables(connection, kept)
    _return_rows(connection, kept["status_type"])
    for table in SERIAL:
        _go_on_counting(connection, table)
    connection.execute(
        text(
            "INSERT INTO participants (call_id, user_id, joined_at, left_at) SELECT call_id, user_id,"
            f" joined_at, left_at FROM {ASIDE}.participant_sessions WHERE session_id !~ :adopted ORDER BY id"
        ),
        {"adopted": _ADOPTED},
    )
    _drop_aside(connection, ours)
    _remember(connection, None)
    return True


def _make_old_tables(connection: Connection, kept: Kept) -> None:
    if kept["status_type"] == _ENUM:
        connection.execute(text(f"CREATE TYPE {_ENUM} AS ENUM ('ACTIVE', 'ENDED', 'EXPIRED')"))
    status = _ENUM if kept["status_type"] == _ENUM else "varchar(20)"
    for table in _OLD_TABLES:
        connection.execute(text(table.format(status=status)))
    for index in kept["indexes"]:
        connection.exec_driver_sql(index)
    # Only now: what makes calls.call_id unique is one of the indexes.
    connection.execute(
        text("ALTER TABLE call_stats ADD FOREIGN KEY (call_id) REFERENCES calls (call_id) ON DELETE CASCADE")
    )
    if kept["stamp"] is not None:
        connection.execute(
            text(
                f"CREATE TABLE {STAMP_TABLE}"
                " (version_num varchar(32) CONSTRAINT alembic_version_pkc PRIMARY KEY)"
            )
        )
        connection.execute(text(f"INSERT INTO {STAMP_TABLE} VALUES (:stamp)"), {"stamp": LAST_STAMP})


def _return_rows(connection: Connection, status_type: str) -> None:
    values = {
        # The old column is shorter; half an address is of no use.
        ("users", "photo_url"): "CASE WHEN length(photo_url) <= 512 THEN photo_url END",
        ("calls", "status"): f"upper(status)::{_ENUM}" if status_type == _ENUM else "status",
    }
    for table, known in COLUMNS.items():
        if table == "participants":
            continue
        columns = sorted(known)
        chosen = ", ".join(values.get((table, column), column) for column in columns)
        connection.execute(
            text(f"INSERT INTO {table} ({', '.join(columns)}) SELECT {chosen} FROM {ASIDE}.{table}")
        )
    stays = f"{ASIDE}.participant_sessions"
    connection.execute(
        text(
            "INSERT INTO participants (id, call_id, user_id, joined_at, left_at)"
            f" SELECT substr(session_id, {len(SESSION_PREFIX) + 1})::integer, call_id, user_id,"
            f" joined_at, left_at FROM {stays} WHERE session_id ~ :adopted"
            # Who was called and never came has a row without a stay.
            f" UNION ALL SELECT id, call_id, user_id, joined_at, left_at FROM {ASIDE}.participants p"
            f" WHERE NOT EXISTS (SELECT FROM {stays} s WHERE s.call_id = p.call_id AND s.user_id = p.user_id)"
        ),
        {"adopted": _ADOPTED},
    )


def _drop_aside(connection: Connection, tables: Iterable[str]) -> None:
    """Without CASCADE: what somebody has hung on these tables stops the migration and is not lost."""
    for table in tables:
        connection.execute(text(f"DROP TABLE {ASIDE}.{table}"))
    connection.execute(text(f"DROP SCHEMA {ASIDE}"))


def _remember(connection: Connection, kept: str | None) -> None:
    literal = "NULL" if kept is None else "'" + kept.replace("'", "''") + "'"
    connection.exec_driver_sql(f"COMMENT ON TABLE {VERSION_TABLE} IS {literal}")
