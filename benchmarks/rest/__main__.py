"""What the REST API costs, beside FastAPI on uvicorn: `python -m benchmarks.rest`. Prints a table and goals.

Both servers are up at the same time, on one processor, and are asked in turn; the other processor has
PostgreSQL and the load.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import os
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path

import uvloop

from benchmarks.rest import report
from benchmarks.rest.contestants import database_cpu_s, telcall, yardstick
from benchmarks.rest.load import Crowd
from benchmarks.rest.population import Endpoint, endpoints, populate
from benchmarks.rest.statements import Counted, counting
from benchmarks.signaling.contestants import Running
from store.database import migrate
from telcall.embedded_postgres import EmbeddedPostgres

RESULTS = Path(__file__).resolve().parents[1] / "results" / "rest.json"
COUNTED_REQUESTS = 100
FIRST_REQUESTS = 100
"""Of all kinds, before memory is looked at."""
SETTLED_S = 1.5
"""After its last request a server may have something left to do."""


def run(runs: int, duration_s: float, growth_requests: int, names: list[str]) -> report.Results:
    first, *others = sorted(os.sched_getaffinity(0))
    if not others:
        raise SystemExit("needs two processors: one for the server, one for the load")
    os.sched_setaffinity(0, {others[-1]})  # PostgreSQL's too, which is started here
    gc.disable()  # the load must not pause
    with tempfile.TemporaryDirectory(prefix="telcall-bench-", dir="/tmp") as name:
        folder = Path(name)
        folder.chmod(0o711)  # the embedded database's account passes through
        with EmbeddedPostgres(folder / "postgres") as postgres:
            asyncio.run(migrate(postgres.url()))
            asyncio.run(populate(postgres.url()))
            measured = [endpoint for endpoint in endpoints() if not names or endpoint.name in names]
            results = report.Results(growth_requests=growth_requests, counted_requests=COUNTED_REQUESTS)
            with _both(postgres.url(), first, folder) as servers:
                uvloop.run(_measure(servers, postgres, measured, runs, duration_s, results))
            with telcall(postgres.url(), first, folder, bot=False) as server:
                results.memory_mb[report.API_ONLY] = uvloop.run(_memory_mb(server, measured))
            uvloop.run(_count(postgres.url(), first, folder, measured, results))
    return results


@contextmanager
def _both(url: str, processor: int, folder: Path) -> Iterator[list[Running]]:
    with ExitStack() as stack:
        yield [
            stack.enter_context(telcall(url, processor, folder)),
            stack.enter_context(yardstick(url, processor, folder)),
        ]


async def _measure(
    servers: list[Running],
    postgres: EmbeddedPostgres,
    measured: list[Endpoint],
    runs: int,
    duration_s: float,
    results: report.Results,
) -> None:
    crowds = {server.name: Crowd(server, partial(database_cpu_s, postgres)) for server in servers}
    for server in servers:
        async with crowds[server.name] as crowd:
            await crowd.growth(measured, FIRST_REQUESTS)
            results.memory_mb[server.name] = server.memory_bytes() / 1e6
        results.runs[server.name] = {endpoint.name: [] for endpoint in measured}
    for number in range(runs):
        for endpoint in measured:
            for name in sorted(crowds, reverse=number % 2 == 0):
                async with crowds[name] as crowd:
                    results.runs[name][endpoint.name].append(await crowd.measure(endpoint, duration_s))
        parts = [f"{endpoint.name} {results.ratio(endpoint.name):.2f}" for endpoint in measured]
        print(f"after run {number + 1}, ratios: {', '.join(parts)}", flush=True)
    async with crowds["telcall"] as crowd:
        results.growth_mb = await crowd.growth(measured, results.growth_requests)


async def _memory_mb(server: Running, measured: list[Endpoint]) -> float:
    """Of a server without a bot's token, which takes none of our sign-ins."""
    async with Crowd(server, lambda: 0.0) as crowd:
        await crowd.growth([endpoint for endpoint in measured if endpoint.name != "sign-in"], FIRST_REQUESTS)
    return server.memory_bytes() / 1e6


async def _count(
    url: str, processor: int, folder: Path, measured: list[Endpoint], results: report.Results
) -> None:
    """Servers anew, with somebody in between who counts."""
    async with counting(url, folder) as (through, counted):
        with ExitStack() as stack:
            servers = await asyncio.to_thread(
                lambda: stack.enter_context(_both(through, processor, folder))  # asks the database at once
            )
            for server in servers:
                results.counted[server.name] = await _counts(server, measured, counted)
            await asyncio.to_thread(stack.close)


async def _counts(server: Running, measured: list[Endpoint], counted: Counted) -> dict[str, Counted]:
    counts: dict[str, Counted] = {}
    for endpoint in measured:
        async with Crowd(server, lambda: 0.0) as crowd:
            # Who asks a second time is known, and so is the statement.
            for request in [*endpoint.requests, *endpoint.requests]:
                await crowd.ask(request)
            await asyncio.sleep(SETTLED_S)
            before = (counted.statements, counted.transactions)
            turns = endpoint.turns()
            for _ in range(COUNTED_REQUESTS):
                status, body = await crowd.ask(next(turns))
                if status != endpoint.status:
                    raise RuntimeError(f"{server.name} answered {status}: {body[:200]!r}")
            await asyncio.sleep(SETTLED_S)
            counts[endpoint.name] = Counted(counted.statements - before[0], counted.transactions - before[1])
    return counts


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.rest")
    parser.add_argument("--runs", type=int, default=5, help="of both servers; the medians count")
    parser.add_argument("--seconds", type=float, default=2.0, help="how long each load lasts")
    parser.add_argument("--requests", type=int, default=100_000, help="during which memory is watched")
    parser.add_argument("--only", nargs="*", default=[], help="endpoints, by name; the results are not kept")
    parser.add_argument("--quick", action="store_true", help="two minutes; the results are not kept")
    parser.add_argument("--results", type=Path, default=RESULTS, help="the JSON file to write")
    return parser.parse_args()


if __name__ == "__main__":
    given = _arguments()
    if given.quick:
        given.runs, given.seconds, given.requests = 2, 0.7, 10_000
    results = run(given.runs, given.seconds, given.requests, given.only)
    report.print_table(results)
    if not given.quick and not given.only:
        report.save(results, given.results)
    if not given.only:
        for goal in report.goals(results):
            print(goal)
