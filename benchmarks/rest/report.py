"""What a run of the benchmark prints and keeps."""

from __future__ import annotations

import json
import statistics
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from operator import attrgetter
from pathlib import Path

from benchmarks.goal import Goal, machine
from benchmarks.rest.contestants import RAISED
from benchmarks.rest.load import CONNECTIONS, Run
from benchmarks.rest.statements import Counted

RATIOS = {"get call": 1.3, "friends": 1.3, "health": 2.0}
"""How many times as many requests per CPU second as FastAPI."""
API_ONLY = "telcall without a bot"
HALF_P99_MS = 20.0
COLUMNS = (
    "per_cpu_s",
    "cpu_us",
    "database_cpu_us",
    "busy",
    "per_s",
    "p50_ms",
    "p99_ms",
    "half_p50_ms",
    "half_p99_ms",
)
"""Of a `Run`."""
GROWTH_MB = 10.0
MEMORY_MB = 150.0


@dataclass(slots=True)
class Results:
    """`runs`: by server and endpoint; `counted`: statements for `counted_requests`, likewise."""

    runs: dict[str, dict[str, list[Run]]] = field(default_factory=dict)
    counted: dict[str, dict[str, Counted]] = field(default_factory=dict)
    counted_requests: int = 1
    memory_mb: dict[str, float] = field(default_factory=dict)
    """Of each process, after it has been asked for everything."""
    growth_mb: float = 0.0
    growth_requests: int = 0

    def median(self, server: str, endpoint: str, of: Callable[[Run], float]) -> float:
        return statistics.median(of(run) for run in self.runs[server][endpoint])

    def ratio(self, endpoint: str) -> float:
        """Requests per CPU second, ours to FastAPI's: of each run, then the median."""
        pairs = zip(self.runs["telcall"][endpoint], self.runs["fastapi"][endpoint], strict=True)
        return statistics.median(theirs.cpu_us / ours.cpu_us for ours, theirs in pairs)


def goals(results: Results) -> list[Goal]:
    def name(endpoint: str) -> str:
        return f"rest_{endpoint.replace(' ', '_').replace('-', '_')}"

    ratios = [
        Goal(f"{name(endpoint)}_per_cpu_second", results.ratio(endpoint), "x", ">=", limit)
        for endpoint, limit in RATIOS.items()
    ]
    waits = [
        Goal(
            f"{name(endpoint)}_p99",
            results.median("telcall", endpoint, attrgetter("half_p99_ms")),
            "ms",
            "<=",
            HALF_P99_MS,
        )
        for endpoint in results.runs["telcall"]
    ]
    return [
        *ratios,
        *waits,
        Goal("rest_memory_growth", results.growth_mb, "MB", "<=", GROWTH_MB),
        Goal("rest_memory", results.memory_mb[API_ONLY], "MB", "<=", MEMORY_MB),
    ]


def print_table(results: Results) -> None:
    count = len(next(iter(results.runs["telcall"].values())))
    print(f"\n{CONNECTIONS} connections; medians of {count} runs; microseconds are CPU per request")
    print(f"{'':<22}{'requests':>9}{'':>23}{'at the maximum':>24}{'at half of it':>16}")
    print(
        f"{'':<22}{'per CPU s':>9}{'us':>6}{'database us':>12}{'busy':>5}{'per s':>8}"
        f"{'p50 ms':>8}{'p99 ms':>8}{'p50 ms':>8}{'p99 ms':>8}{'SQL':>9}"
    )
    for endpoint in results.runs["telcall"]:
        for server in results.runs:
            values = {name: results.median(server, endpoint, attrgetter(name)) for name in COLUMNS}
            print(
                f"{endpoint:<13}{server:<9}{values['per_cpu_s']:>9.0f}{values['cpu_us']:>6.0f}"
                f"{values['database_cpu_us']:>12.0f}{values['busy']:>5.2f}{values['per_s']:>8.0f}"
                f"{values['p50_ms']:>8.1f}{values['p99_ms']:>8.1f}{values['half_p50_ms']:>8.1f}"
                f"{values['half_p99_ms']:>8.1f}{_statements(results, server, endpoint):>9}"
            )
        print(f"{'':<13}{'ratio':<9}{results.ratio(endpoint):>9.2f}")
    print("SQL: statements of a request, and the BEGIN, COMMIT and ROLLBACK around them")
    print("memory, MB: " + ", ".join(f"{name} {value:.0f}" for name, value in results.memory_mb.items()))
    grew = f"{results.growth_mb:.1f} MB over {results.growth_requests:,} requests of all kinds"
    print(f"memory by which telcall grew: {grew}\n")


def _statements(results: Results, server: str, endpoint: str) -> str:
    counted = results.counted[server][endpoint]
    asked = results.counted_requests
    return f"{counted.statements / asked:.1f}+{counted.transactions / asked:.1f}"


def save(results: Results, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    document = {
        "benchmark": "rest",
        "at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "machine": machine(),
        "connections": CONNECTIONS,
        "settings": RAISED,
        **asdict(results),
        "goals": [{**asdict(goal), "met": goal.met} for goal in goals(results)],
    }
    path.write_text(json.dumps(document, indent=1) + "\n")
