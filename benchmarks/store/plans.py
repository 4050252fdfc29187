"""How PostgreSQL would carry out the statements of a piece of work: its plans, and what they read whole."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import asyncpg
from sqlalchemy import Connection, event
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

BIG_TABLE_ROWS = 1_000
TABLE_ROWS = (
    "SELECT relname, reltuples FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace"
)


@dataclass(frozen=True, slots=True)
class Statement:
    sql: str
    parameters: tuple[Any, ...]


@asynccontextmanager
async def recorded(engine: AsyncEngine) -> AsyncIterator[list[Statement]]:
    """What is executed on `engine` within the block."""
    statements: list[Statement] = []

    def keep(
        _connection: Connection, _cursor: object, sql: str, parameters: Any, _context: object, many: bool
    ) -> None:
        statements.append(Statement(sql, tuple(parameters[0] if many else parameters)))

    event.listen(engine.sync_engine, "before_cursor_execute", keep)
    try:
        yield statements
    finally:
        event.remove(engine.sync_engine, "before_cursor_execute", keep)


async def driver_of(session: AsyncSession) -> asyncpg.Connection:
    """The connection the session works on, as the driver has it."""
    raw = await (await session.connection()).get_raw_connection()
    assert raw.driver_connection is not None
    return raw.driver_connection


async def explain(session: AsyncSession, statement: Statement) -> dict[str, Any]:
    """The root of the plan, as `EXPLAIN (FORMAT JSON)` gives it."""
    driver = await driver_of(session)
    found = await driver.fetchval(f"EXPLAIN (FORMAT JSON) {statement.sql}", *statement.parameters)
    plan: dict[str, Any] = found[0]["Plan"]  # SQLAlchemy has taught the driver JSON
    return plan


async def big_tables(session: AsyncSession) -> frozenset[str]:
    driver = await driver_of(session)
    rows = await driver.fetch(TABLE_ROWS)
    return frozenset(row["relname"] for row in rows if row["reltuples"] >= BIG_TABLE_ROWS)


def read_whole(plan: dict[str, Any], tables: frozenset[str]) -> list[str]:
    """Those of `tables` that the plan reads from the first row to the last."""
    return [
        node["Relation Name"]
        for node in _nodes(plan)
        if node["Node Type"] in ("Seq Scan", "Sample Scan") and node.get("Relation Name") in tables
    ]


def _nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for below in plan.get("Plans", ()):
        yield from _nodes(below)
