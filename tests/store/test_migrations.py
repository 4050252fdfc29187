"""The migrations make what the tables say, from an empty database, and harm nobody else's."""

from __future__ import annotations

import asyncio
import subprocess
import sys

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, inspect, text
from sqlalchemy.ext.asyncio import create_async_engine

from store.database import asyncpg_url, migrate
from store.errors import DatabaseUnavailable, ForeignSchema
from store.migrations import VERSION_TABLE
from store.migrations.newest import is_newest, newest_revision
from store.migrations.run import alembic_config
from store.tables import Base


async def on(url: str, work: object, *args: object) -> object:
    engine = create_async_engine(url)
    try:
        async with engine.begin() as connection:
            return await connection.run_sync(work, *args)  # type: ignore[arg-type]
    finally:
        await engine.dispose()


def differences(connection: Connection) -> list[object]:
    options = {"version_table": VERSION_TABLE, "compare_server_default": True}
    return list(compare_metadata(MigrationContext.configure(connection, opts=options), Base.metadata))


async def test_migrated_schema_is_the_one_of_the_tables(database_url: str) -> None:
    assert await on(database_url, differences) == []


async def test_newest_schema_is_known_without_alembic(empty_database_url: str) -> None:
    assert newest_revision() == ScriptDirectory.from_config(alembic_config()).get_current_head()
    url = asyncpg_url(empty_database_url)
    assert not await is_newest(url)
    await migrate(empty_database_url)
    assert await is_newest(url)
    await on(empty_database_url, lambda connection: connection.execute(text(f"DELETE FROM {VERSION_TABLE}")))
    assert not await is_newest(url)


def test_server_does_not_load_alembic_for_nothing() -> None:
    loaded = "import sys, telcall.assembly; sys.exit('alembic' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", loaded], check=False).returncode == 0


DOCUMENTED = {
    "users": "id telegram_user_id username first_name last_name photo_url created_at updated_at",
    "calls": "id call_id creator_user_id title is_video_enabled status created_at expires_at",
    "participants": "id call_id user_id joined_at left_at",
    "friend_links": "user_id friend_id created_at updated_at",
    "call_stats": "id call_id user_id duration_seconds audio_bitrate_kbps audio_packets_lost audio_jitter_ms "
    "video_bitrate_kbps video_packets_lost video_frame_rate video_resolution rtt_ms created_at",
}
DOCUMENTED_INDEXES = {
    "users": {"idx_users_telegram_id"},
    "calls": {"idx_calls_call_id", "idx_calls_creator"},
    "participants": {"idx_participants_call", "idx_participants_user"},
    "friend_links": {"idx_friend_links_user", "idx_friend_links_updated"},
    "call_stats": {"idx_call_stats_call"},
}
DOCUMENTED_DEFAULTS = {
    ("users", "created_at"): "now()",
    ("users", "updated_at"): "now()",
    ("calls", "is_video_enabled"): "false",
    ("calls", "status"): "'active'::character varying",
    ("calls", "created_at"): "now()",
    ("participants", "joined_at"): "now()",
    ("friend_links", "created_at"): "now()",
    ("friend_links", "updated_at"): "now()",
    ("call_stats", "created_at"): "now()",
}
DOCUMENTED_UNIQUE = {
    "users": [["telegram_user_id"]],
    "calls": [["call_id"]],
    "participants": [["call_id", "user_id"]],
}


async def test_documented_columns_indexes_defaults_and_unique_constraints_are_there(
    database_url: str,
) -> None:
    def check(connection: Connection) -> None:
        found = inspect(connection)
        for table, columns in DOCUMENTED.items():
            assert set(columns.split()) <= {column["name"] for column in found.get_columns(table)}
            assert DOCUMENTED_INDEXES[table] <= {index["name"] for index in found.get_indexes(table)}
        for (table, name), default in DOCUMENTED_DEFAULTS.items():
            column = next(c for c in found.get_columns(table) if c["name"] == name)
            assert column["default"] == default
        for table, unique in DOCUMENTED_UNIQUE.items():
            assert [u["column_names"] for u in found.get_unique_constraints(table)] == unique
        types = {c["name"]: str(c["type"]) for c in found.get_columns("users")}
        assert (types["telegram_user_id"], types["username"], types["photo_url"]) == (
            "BIGINT",
            "VARCHAR(255)",
            "TEXT",
        )
        status = next(c for c in found.get_columns("calls") if c["name"] == "status")
        assert str(status["type"]) == "VARCHAR(20)"

    await on(database_url, check)


async def test_two_processes_may_migrate_at_once(empty_database_url: str) -> None:
    await asyncio.gather(*(migrate(empty_database_url) for _ in range(3)))
    assert await on(empty_database_url, differences) == []


async def test_downgrade_leaves_nothing_but_the_version_table(empty_database_url: str) -> None:
    await migrate(empty_database_url)

    def down(connection: Connection) -> list[str]:
        config = alembic_config()
        config.attributes["connection"] = connection
        command.downgrade(config, "base")
        return inspect(connection).get_table_names()

    assert await on(empty_database_url, down) == [VERSION_TABLE]


async def test_tables_of_somebody_else_are_left_alone(empty_database_url: str) -> None:
    await on(empty_database_url, lambda c: c.execute(text("CREATE TABLE users (id int)")) and None)
    with pytest.raises(ForeignSchema, match="users"):
        await migrate(empty_database_url)


async def test_absent_database_is_said_to_be_unavailable() -> None:
    with pytest.raises(DatabaseUnavailable):
        await migrate("postgresql://telcall@127.0.0.1:1/telcall")


@pytest.mark.parametrize("url", ["", "nonsense", "sqlite:///x.db", "mysql://h/d"])
def test_other_databases_are_refused(url: str) -> None:
    with pytest.raises(ValueError, match="database"):
        asyncpg_url(url)
