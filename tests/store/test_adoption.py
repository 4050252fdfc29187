"""A database of the first Tel Call becomes ours with every fact in it, and can go back."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from store.config import StoreConfig
from store.database import Database, asyncpg_url, migrate
from store.errors import ForeignSchema
from store.migrations import VERSION_TABLE
from store.migrations.run import downgrade
from store.queries.participants import close_open_sessions
from tests.store.deployed_schemas import BY_MIGRATIONS, BY_MODELS, ROWS, UNMERGED
from tests.store.test_migrations import differences, on

ROOT = Path(__file__).parents[2]
BOTH = pytest.mark.parametrize("schema", [BY_MODELS, BY_MIGRATIONS], ids=["by models", "by migrations"])
EVERY = pytest.mark.parametrize(
    "schema", [BY_MODELS, BY_MIGRATIONS, UNMERGED], ids=["by models", "by migrations", "unmerged"]
)


async def ask(url: str, sql: str, *values: object) -> list[tuple[Any, ...]]:
    connection = await asyncpg.connect(url.replace("postgresql+asyncpg://", "postgresql://"))
    try:
        return [tuple(row) for row in await connection.fetch(sql, *values)]
    finally:
        await connection.close()


async def run(url: str, sql: str) -> None:
    connection = await asyncpg.connect(url.replace("postgresql+asyncpg://", "postgresql://"))
    try:
        await connection.execute(sql)
    finally:
        await connection.close()


FACTS = {
    "users": "SELECT id, telegram_user_id, username, first_name, last_name, photo_url, created_at, updated_at"
    " FROM users ORDER BY id",
    "calls": "SELECT id, call_id, creator_user_id, title, is_video_enabled, lower(status::text), created_at,"
    " expires_at FROM calls ORDER BY id",
    "friends": "SELECT user_id, friend_id, created_at, updated_at FROM friend_links ORDER BY 1, 2",
    "stats": "SELECT id, call_id, user_id, duration_seconds, audio_bitrate_kbps, audio_packets_lost,"
    " audio_packets_sent, audio_jitter_ms, video_bitrate_kbps, video_packets_lost, video_packets_sent,"
    " video_frame_rate, video_resolution, rtt_ms, created_at FROM call_stats ORDER BY id",
}
OLD_STAYS = "SELECT id, call_id, user_id, joined_at, left_at FROM participants ORDER BY id"
NEW_STAYS = (
    "SELECT substr(session_id, 9)::int, call_id, user_id, joined_at, left_at"
    " FROM participant_sessions ORDER BY 1"
)


async def facts(url: str, stays: str) -> dict[str, list[tuple[Any, ...]]]:
    return {name: await ask(url, sql) for name, sql in (FACTS | {"stays": stays}).items()}


async def shape(url: str) -> list[tuple[Any, ...]]:
    """Columns, constraints and indexes of every table but our version table."""
    return [
        *await ask(
            url,
            "SELECT table_name, column_name, udt_name, character_maximum_length, is_nullable, column_default"
            " FROM information_schema.columns WHERE table_schema = 'public' AND table_name <> $1"
            " ORDER BY 1, 2",
            VERSION_TABLE,
        ),
        *await ask(
            url,
            "SELECT conrelid::regclass::text, conname::text, pg_get_constraintdef(oid) FROM pg_constraint"
            " WHERE connamespace = 'public'::regnamespace AND contype <> 'n'"
            " AND conrelid IS DISTINCT FROM to_regclass($1) ORDER BY 1, 2",
            VERSION_TABLE,
        ),
        *await ask(
            url,
            "SELECT indexdef FROM pg_indexes WHERE schemaname = 'public' AND tablename <> $1 ORDER BY 1",
            VERSION_TABLE,
        ),
    ]


@EVERY
async def test_every_fact_is_there_afterwards(empty_database_url: str, schema: str) -> None:
    await run(empty_database_url, schema + ROWS)
    before = await facts(empty_database_url, OLD_STAYS)
    assert [len(rows) for rows in before.values()] == [3, 3, 2, 2, 7]
    await migrate(empty_database_url)
    assert await facts(empty_database_url, NEW_STAYS) == before


@BOTH
async def test_rows_of_a_person_and_call_become_one(empty_database_url: str, schema: str) -> None:
    await run(empty_database_url, schema + ROWS)
    await migrate(empty_database_url)
    rows = await ask(
        empty_database_url,
        "SELECT id, call_id, user_id, to_char(joined_at, 'HH24:MI'), to_char(left_at, 'HH24:MI')"
        " FROM participants ORDER BY id",
    )
    assert rows == [
        (1, 1, 1, "09:00", "09:31"),
        (2, 1, 2, "09:01", "09:30"),
        (6, 2, 2, "09:00", None),
        (8, 2, 4, "09:00", None),
    ]
    statuses = await ask(empty_database_url, "SELECT status FROM calls ORDER BY id")
    assert statuses == [("ended",), ("active",), ("expired",)]


@EVERY
async def test_adopted_schema_is_the_one_of_a_new_database(
    empty_database_url: str, database_url: str, schema: str
) -> None:
    await run(empty_database_url, schema + ROWS)
    await migrate(empty_database_url)
    assert await on(empty_database_url, differences) == []
    assert await shape(empty_database_url) == await shape(database_url)
    left = await ask(
        empty_database_url,
        "SELECT typname::text FROM pg_type WHERE typname = 'callstatus' UNION"
        " SELECT nspname::text FROM pg_namespace WHERE nspname LIKE 'telcall%'",
    )
    assert left == []


@BOTH
async def test_numbers_of_people_who_are_gone_are_not_given_again(
    empty_database_url: str, schema: str
) -> None:
    await run(empty_database_url, schema + ROWS)
    await migrate(empty_database_url)
    new = await ask(empty_database_url, "INSERT INTO users (telegram_user_id) VALUES (5) RETURNING id")
    assert new == [(10,)]


@BOTH
async def test_stay_without_an_end_ends_where_it_was_last_known(empty_database_url: str, schema: str) -> None:
    await run(empty_database_url, schema + ROWS)
    await migrate(empty_database_url)
    [(now,)] = await ask(empty_database_url, "SELECT now()")
    async with Database(StoreConfig(url=empty_database_url)) as database, database.transaction() as session:
        assert await close_open_sessions(session, now) == 2
    rows = await ask(empty_database_url, "SELECT to_char(left_at, 'HH24:MI') FROM participants WHERE id > 5")
    assert sorted(rows) == [("09:00",), ("09:06",)]


async def test_indexes_on_what_is_left_behind_are_no_hindrance(empty_database_url: str) -> None:
    await run(empty_database_url, UNMERGED + ROWS)
    await run(empty_database_url, "CREATE INDEX reconnecting ON participants (call_id, reconnect_deadline)")
    before = await facts(empty_database_url, OLD_STAYS)
    await migrate(empty_database_url)
    await downgrade(asyncpg_url(empty_database_url), "base")
    assert await facts(empty_database_url, OLD_STAYS) == before


async def test_what_was_added_after_the_way_back_is_seen(empty_database_url: str) -> None:
    await run(empty_database_url, BY_MODELS + ROWS)
    await migrate(empty_database_url)
    await downgrade(asyncpg_url(empty_database_url), "base")
    await run(empty_database_url, "CREATE VIEW people AS SELECT id FROM users")
    with pytest.raises(ForeignSchema, match="people"):
        await migrate(empty_database_url)


@BOTH
async def test_the_way_back_gives_the_old_tables_and_their_rows(empty_database_url: str, schema: str) -> None:
    await run(empty_database_url, schema + ROWS)
    before = await facts(empty_database_url, OLD_STAYS), await shape(empty_database_url)
    await migrate(empty_database_url)
    await downgrade(asyncpg_url(empty_database_url), "base")
    assert (await facts(empty_database_url, OLD_STAYS), await shape(empty_database_url)) == before
    await migrate(empty_database_url)
    assert await facts(empty_database_url, NEW_STAYS) == before[0]


@BOTH
async def test_what_came_later_goes_back_too(empty_database_url: str, schema: str) -> None:
    await run(empty_database_url, schema + ROWS)
    await migrate(empty_database_url)
    await run(
        empty_database_url,
        "INSERT INTO calls (call_id, creator_user_id, status) VALUES ('DDDDDDDDDDDDDDDD', 1, 'ended');"
        "INSERT INTO participants (call_id, user_id, joined_at, left_at)"
        " VALUES (4, 1, '2026-01-01', '2026-01-02'), (4, 2, '2026-01-03', NULL);"
        "INSERT INTO participant_sessions (session_id, call_id, user_id, joined_at, left_at)"
        " VALUES ('s1', 4, 1, '2026-01-01', '2026-01-02')",
    )
    await downgrade(asyncpg_url(empty_database_url), "base")
    rows = await ask(
        empty_database_url,
        "SELECT user_id, joined_at::date::text, left_at::date::text FROM participants WHERE call_id = 4"
        " ORDER BY user_id",
    )
    assert rows == [(1, "2026-01-01", "2026-01-02"), (2, "2026-01-03", None)]


async def test_empty_tables_are_adopted_too(empty_database_url: str) -> None:
    await run(empty_database_url, BY_MODELS)
    await migrate(empty_database_url)
    assert await ask(empty_database_url, "INSERT INTO users (telegram_user_id) VALUES (5) RETURNING id") == [
        (1,)
    ]


async def test_two_processes_may_adopt_at_once(empty_database_url: str) -> None:
    await run(empty_database_url, BY_MIGRATIONS + ROWS)
    before = await facts(empty_database_url, OLD_STAYS)
    await asyncio.gather(*(migrate(empty_database_url) for _ in range(3)))
    assert await facts(empty_database_url, NEW_STAYS) == before


async def test_times_without_a_zone_are_utc(empty_database_url: str) -> None:
    await run(
        empty_database_url,
        BY_MODELS
        + "ALTER TABLE participants ALTER joined_at TYPE timestamp, ALTER left_at TYPE timestamp;"
        + ROWS.replace("+00'", "'"),
    )
    await run(
        empty_database_url,
        "DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET timezone = %L',"
        " current_database(), 'Asia/Tokyo'); END $$",
    )
    await migrate(empty_database_url)
    joined = await ask(
        empty_database_url, "SELECT (joined_at AT TIME ZONE 'UTC')::text FROM participants WHERE id = 1"
    )
    assert joined == [("2025-03-01 09:00:00",)]


@pytest.mark.parametrize(
    "change",
    [
        "ALTER TABLE users ADD loyalty_points integer",
        "ALTER TABLE calls DROP COLUMN title",
        "CREATE TABLE revoked_tokens (jti text)",
        "DROP TABLE call_stats",
    ],
)
async def test_what_is_not_known_is_left_alone(empty_database_url: str, change: str) -> None:
    await run(empty_database_url, f"{BY_MODELS}{ROWS}{change}")
    before = await ask(empty_database_url, "SELECT count(*) FROM participants")
    with pytest.raises(ForeignSchema, match="users"):
        await migrate(empty_database_url)
    assert await ask(empty_database_url, "SELECT count(*) FROM participants") == before


async def test_somebody_elses_stamp_stays(empty_database_url: str) -> None:
    await run(
        empty_database_url,
        BY_MODELS
        + "CREATE TABLE alembic_version (version_num text); INSERT INTO alembic_version VALUES ('abc')",
    )
    await migrate(empty_database_url)
    assert await ask(empty_database_url, "SELECT version_num FROM alembic_version") == [("abc",)]


async def test_view_on_the_old_tables_stops_it(empty_database_url: str) -> None:
    await run(empty_database_url, BY_MODELS + ROWS + "CREATE VIEW report AS SELECT * FROM participants")
    with pytest.raises(ForeignSchema, match="report"):
        await migrate(empty_database_url)
    assert await ask(empty_database_url, "SELECT count(*) FROM report") == [(7,)]


def test_alembic_command_adopts(empty_database_url: str) -> None:
    asyncio.run(run(empty_database_url, BY_MIGRATIONS + ROWS))
    done = subprocess.run(
        [sys.executable, "-m", "alembic", "upgrade", "head"],
        cwd=ROOT,
        env=os.environ | {"DATABASE_URL": empty_database_url},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    assert len(asyncio.run(facts(empty_database_url, NEW_STAYS))["stays"]) == 7
