"""What each query costs on 100,000 people and 1,000,000 participants: `python -m benchmarks.store`.

A database of its own is filled, every query is run many times in a transaction that is rolled back, and its
plans are read: none may go through a big table from end to end.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import statistics
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import asyncpg
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from benchmarks.goal import Goal, machine
from benchmarks.store.cases import Case, cases
from benchmarks.store.plans import big_tables, explain, read_whole, recorded
from benchmarks.store.population import Population, populate
from store.config import StoreConfig
from store.database import Database, migrate
from telcall.embedded_postgres import temporary_postgres

RESULTS = Path(__file__).resolve().parents[1] / "results" / "store.json"
BATCHES = frozenset(
    {
        "close_open_sessions",
        "expire_due_calls",
        "link_friends",
        "mark_seen",
        "open_bot_messages",
        "write_ratings",
        "write_stays",
    }
)
"""Of up to 500 rows, and of more at the start of a server."""


@dataclass(frozen=True, slots=True)
class Measured:
    """Times of the whole query as the program sees it; `whole`: tables that its plans read to the end."""

    name: str
    statements: int
    p50_ms: float
    p99_ms: float
    whole: list[str]


async def measure(engine: AsyncEngine, case: Case, runs: int) -> Measured:
    times_ms: list[float] = []
    async with AsyncSession(engine) as session:
        big = await big_tables(session)
    for number in range(runs):
        async with AsyncSession(engine) as session, recorded(engine) as statements:
            await session.connection()
            before_s = time.perf_counter()
            await case.use(session)
            times_ms.append((time.perf_counter() - before_s) * 1000)
            done = list(statements)
            if number == 0:
                plans = [await explain(session, statement) for statement in done]
            await session.rollback()
    whole = sorted({table for plan in plans for table in read_whole(plan, big - case.may_read_whole)})
    times_ms.sort()
    return Measured(
        case.name, len(done), statistics.median(times_ms), times_ms[-(-99 * runs // 100) - 1], whole
    )


async def run(url: str, population: Population, runs: int) -> list[Measured]:
    await migrate(url)
    before_s = time.monotonic()
    connection = await asyncpg.connect(url.replace("postgresql+asyncpg://", "postgresql://"))
    await populate(connection, population)
    await connection.close()
    print(f"{population.users:,} people, {population.participants:,} participants, filled in", end=" ")
    print(f"{time.monotonic() - before_s:.0f} s")
    async with Database(StoreConfig(url=url, statement_timeout_s=60)) as database:
        return [await measure(database.engine, case, runs) for case in cases(population)]


def print_table(measured: Sequence[Measured]) -> None:
    print(f"{'query':<42} {'statements':>10} {'p50 ms':>8} {'p99 ms':>8}  reads whole")
    for each in measured:
        print(
            f"{each.name:<42} {each.statements:>10} {each.p50_ms:>8.2f} {each.p99_ms:>8.2f}"
            f"  {', '.join(each.whole) or '-'}"
        )


def goals(measured: Sequence[Measured]) -> list[Goal]:
    single = max(each.p50_ms for each in measured if each.name not in BATCHES)
    return [
        Goal("store.whole_reads", sum(len(each.whole) for each in measured), "tables", "<=", 0),
        Goal("store.slowest_p50", single, "ms", "<=", 20),
    ]


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.store")
    parser.add_argument("--users", type=int, default=Population().users)
    parser.add_argument("--participants", type=int, default=Population().participants)
    parser.add_argument("--runs", type=int, default=50, help="of each query")
    parser.add_argument("--results", type=Path, default=RESULTS, help="the JSON file to write")
    return parser.parse_args()


if __name__ == "__main__":
    given = _arguments()
    with temporary_postgres() as server:
        population = Population(users=given.users, participants=given.participants)
        measured = asyncio.run(run(server.url(), population, given.runs))
    print_table(measured)
    given.results.write_text(
        json.dumps(
            {
                "population": asdict(population),
                "queries": [asdict(m) for m in measured],
                "machine": machine(),
            },
            indent=2,
            ensure_ascii=False,
        )
        + "\n"
    )
    for goal in goals(measured):
        print(goal)
