"""The schema that a database of the first Tel Call has, told from anybody else's tables.

There are two builds of it: one made by a chain of Alembic migrations, whose stamp is in `alembic_version`,
with more indexes; and one made from the models at start, without a stamp. They differ in nothing else, so
that the columns are what is recognised, whatever the names of constraints and indexes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import Connection, inspect, text

COLUMNS: Mapping[str, frozenset[str]] = {
    table: frozenset(columns.split())
    for table, columns in {
        "users": "id telegram_user_id username first_name last_name photo_url created_at updated_at",
        "calls": "id call_id creator_user_id title is_video_enabled status created_at expires_at",
        "participants": "id call_id user_id joined_at left_at",
        "friend_links": "user_id friend_id created_at updated_at",
        "call_stats": "id call_id user_id duration_seconds audio_bitrate_kbps audio_packets_lost"
        " audio_packets_sent audio_jitter_ms video_bitrate_kbps video_packets_lost video_packets_sent"
        " video_frame_rate video_resolution rtt_ms created_at",
    }.items()
}
"""What is taken over. In the order in which tables refer to each other."""

MAY_LACK = {"call_stats": frozenset({"audio_packets_sent", "video_packets_sent"})}
LEFT_BEHIND = {"participants": frozenset({"connection_status", "reconnect_deadline"})}
"""State of connections of a process that has ended; one build had it. No fact about people."""

STAMP_TABLE = "alembic_version"
STAMPS = frozenset(
    {
        "9044ba1e3377",
        "fb958ba03c93",
        "c7a3d9e12f8b",
        "d1e2f3a4b5c6",
        "e5f6a7b8c9d0",
        "f1a2b3c4d5e6",
        "a1b2c3d4e5f6",
        "g1h2i3j4k5l6",
        "h1i2j3k4l5m6",
    }
)
"""Revisions of the chain."""
LAST_STAMP = "g1h2i3j4k5l6"
"""The one whose tables have exactly the columns above."""


@dataclass(frozen=True, slots=True)
class Deployed:
    """A recognised database. `naive`: (table, column) of times without a zone, which are UTC."""

    columns: Mapping[str, frozenset[str]]
    naive: frozenset[tuple[str, str]]
    status_type: str
    """Of `calls.status`: `callstatus`, an enum, or `varchar`."""
    indexes: tuple[str, ...]
    """Their definitions, primary keys left out."""
    stamp: str | None


def recognise(connection: Connection) -> Deployed | None:
    """What is there of the first Tel Call; None when its tables are missing or are somebody else's."""
    inspector = inspect(connection)
    if not set(COLUMNS) <= set(inspector.get_table_names()):
        return None
    found = _columns(connection)
    names = {table: frozenset(types) for table, types in found.items()}
    for table, known in COLUMNS.items():
        required = known - MAY_LACK.get(table, frozenset())
        allowed = known | LEFT_BEHIND.get(table, frozenset())
        if not required <= names[table] <= allowed:
            return None
    return Deployed(
        columns={table: names[table] & COLUMNS[table] for table in COLUMNS},
        naive=frozenset(
            (table, column)
            for table, types in found.items()
            for column, kind in types.items()
            if kind == "timestamp"
        ),
        status_type=found["calls"]["status"],
        indexes=tuple(_indexes(connection)),
        stamp=_stamp(connection),
    )


def _columns(connection: Connection) -> dict[str, dict[str, str]]:
    rows = connection.execute(
        text(
            "SELECT table_name, column_name, udt_name FROM information_schema.columns"
            " WHERE table_schema = current_schema() AND table_name = ANY(:tables)"
        ),
        {"tables": list(COLUMNS)},
    )
    found: dict[str, dict[str, str]] = {table: {} for table in COLUMNS}
    for table, column, kind in rows:
        found[table][column] = kind
    return found


def _indexes(connection: Connection) -> list[str]:
    rows = connection.scalars(
        text(
            "SELECT pg_get_indexdef(i.indexrelid) FROM pg_index i JOIN pg_class t ON t.oid = i.indrelid"
            " WHERE t.relnamespace = current_schema()::regnamespace AND t.relname = ANY(:tables)"
            " AND NOT EXISTS (SELECT FROM pg_constraint c WHERE c.conindid = i.indexrelid"
            " AND c.contype = 'p') AND NOT EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = i.indrelid"
            " AND a.attnum = ANY(i.indkey) AND a.attname = ANY(:left_behind)) ORDER BY 1"
        ),
        {"tables": list(COLUMNS), "left_behind": sorted(frozenset().union(*LEFT_BEHIND.values()))},
    )
    return list(rows)


def _stamp(connection: Connection) -> str | None:
    """Of the chain; a stamp of anything else in the same database is none of ours."""
    if not inspect(connection).has_table(STAMP_TABLE):
        return None
    stamps = list(connection.scalars(text(f"SELECT version_num FROM {STAMP_TABLE}")))
    return stamps[0] if len(stamps) == 1 and stamps[0] in STAMPS else None


def hangers_on(connection: Connection) -> list[str]:
    """Views on the old tables, and tables beside them that refer to them: they would be lost with these."""
    rows = connection.scalars(
        text(
            "WITH old AS (SELECT oid FROM pg_class WHERE relnamespace = current_schema()::regnamespace"
            " AND relname = ANY(:tables))"
            " SELECT r.ev_class::regclass::text FROM pg_rewrite r JOIN pg_depend d ON d.objid = r.oid"
            " WHERE d.classid = 'pg_rewrite'::regclass AND d.refclassid = 'pg_class'::regclass"
            " AND d.refobjid IN (SELECT oid FROM old)"
            " UNION SELECT conrelid::regclass::text FROM pg_constraint WHERE contype = 'f'"
            " AND confrelid IN (SELECT oid FROM old) AND conrelid NOT IN (SELECT oid FROM old)"
        ),
        {"tables": list(COLUMNS)},
    )
    return sorted(rows)
