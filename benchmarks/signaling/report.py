"""What a run of the benchmark prints and keeps."""

from __future__ import annotations

import json
import statistics
import time
from dataclasses import asdict, fields
from pathlib import Path

from benchmarks.goal import Goal, machine
from benchmarks.signaling.contestants import RAISED
from benchmarks.signaling.load import Run

Results = dict[str, list[Run]]

ROWS = {
    "join_p50_ms": "join to first message, ms, p50",
    "join_p99_ms": "join to first message, ms, p99",
    "max_per_s": "most messages a second",
    "cpu_at_max_us": "CPU us per message at that",
    "relay_p50_ms": "relay at half of it, ms, p50",
    "relay_p99_ms": "relay at half of it, ms, p99",
    "cpu_us": "CPU us per message at half of it",
    "socket_kb": "memory, kB per socket",
    "socket_after_load_kb": "same, after the load",
}


def goals(results: Results) -> list[Goal]:
    """Ratios are taken inside one run, then their median; the worse of both loads counts."""
    pairs = list(zip(results["telcall"], results["yardstick"], strict=True))
    ratio = min(
        statistics.median(yardstick.cpu_us / ours.cpu_us for ours, yardstick in pairs),
        statistics.median(yardstick.cpu_at_max_us / ours.cpu_at_max_us for ours, yardstick in pairs),
    )
    ours = results["telcall"]
    memory_kb = max(
        statistics.median(run.socket_kb for run in ours),
        statistics.median(run.socket_after_load_kb for run in ours),
    )
    return [
        Goal("signaling_messages_per_cpu_second", ratio, "x", ">=", 1.2),
        Goal("signaling_relay_p99", statistics.median(run.relay_p99_ms for run in ours), "ms", "<=", 10),
        Goal("signaling_socket_memory", memory_kb, "kB", "<=", 40),
    ]


def print_run(number: int, results: Results) -> None:
    parts = [
        f"{name} {runs[-1].max_per_s:.0f}/s, {runs[-1].cpu_us:.1f} us, p99 {runs[-1].relay_p99_ms:.1f} ms"
        for name, runs in results.items()
    ]
    print(f"run {number + 1}: {'; '.join(parts)}", flush=True)


def print_table(results: Results, sockets: int, rooms: int) -> None:
    print(
        f"\n{sockets} sockets in {rooms} rooms, offers of 1,500 bytes; medians of {len(results['telcall'])}"
        f" runs\nraised for the load: {', '.join(name for name in RAISED if '_WS_' in name)}"
    )
    print(f"{'':<36}" + "".join(f"{name:>12}" for name in results))
    for field in fields(Run):
        values = [statistics.median(getattr(run, field.name) for run in runs) for runs in results.values()]
        print(f"{ROWS[field.name]:<36}" + "".join(f"{value:>12.1f}" for value in values))
    print()


def save(results: Results, sockets: int, rooms: int, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    document = {
        "benchmark": "signaling",
        "at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "machine": machine(),
        "sockets": sockets,
        "rooms": rooms,
        "settings": RAISED,
        "runs": {name: [asdict(run) for run in runs] for name, runs in results.items()},
        "goals": [{**asdict(goal), "met": goal.met} for goal in goals(results)],
    }
    path.write_text(json.dumps(document, indent=1) + "\n")
