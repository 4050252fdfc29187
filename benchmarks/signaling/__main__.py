"""What signaling costs, beside a plain relay: `python -m benchmarks.signaling`. Prints a table and goals.

2,000 sockets in 400 rooms of 5. The servers take turns, on one processor; the load comes from another.
"""

from __future__ import annotations

import argparse
import gc
import os
import resource
import tempfile
from pathlib import Path

import uvloop

from benchmarks.signaling import report
from benchmarks.signaling.contestants import create_calls, sign_in, telcall, yardstick
from benchmarks.signaling.load import Person, Run, measure

RESULTS = Path(__file__).resolve().parents[1] / "results" / "signaling.json"
ROOM = 5


def run(runs: int, rooms: int, duration_s: float, path: Path) -> None:
    first, *others = sorted(os.sched_getaffinity(0))
    if not others:
        raise SystemExit("needs two processors: one for the server, one for the load")
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    os.sched_setaffinity(0, {others[-1]})
    gc.disable()  # the load must not pause
    results: dict[str, list[Run]] = {"telcall": [], "yardstick": []}
    with tempfile.TemporaryDirectory(prefix="telcall-bench-", dir="/tmp") as folder:
        Path(folder).chmod(0o711)  # the embedded database's account passes through
        people = _meet(Path(folder) / "data", first, rooms)
        for number in range(runs):
            with telcall(Path(folder) / "data", first) as (server, _):
                results["telcall"].append(uvloop.run(measure(server, people, duration_s)))
            with yardstick(first) as server:
                results["yardstick"].append(uvloop.run(measure(server, people, duration_s)))
            report.print_run(number, results)
    report.print_table(results, len(people), rooms)
    report.save(results, len(people), rooms, path)
    for goal in report.goals(results):
        print(goal)


def _meet(data_dir: Path, processor: int, rooms: int) -> list[Person]:
    """People and calls of theirs, in the database that all runs use."""
    with telcall(data_dir, processor) as (_, server):
        signed_in = sign_in(server, [f"Person {number}" for number in range(rooms * ROOM)])
        call_ids = create_calls(server, [token for token, _ in signed_in[::ROOM]])
    people = []
    for room, call_id in enumerate(call_ids):
        members = signed_in[room * ROOM : (room + 1) * ROOM]
        for token, user_id in members:
            others = tuple(other for _, other in members if other != user_id)
            people.append(Person(user_id, token, call_id, others))
    return people


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.signaling")
    parser.add_argument("--runs", type=int, default=3, help="of both servers; the medians count")
    parser.add_argument("--rooms", type=int, default=400, help=f"of {ROOM} people")
    parser.add_argument("--seconds", type=float, default=6, help="how long each load lasts")
    parser.add_argument("--results", type=Path, default=RESULTS, help="the JSON file to write")
    return parser.parse_args()


if __name__ == "__main__":
    given = _arguments()
    run(given.runs, given.rooms, given.seconds, given.results)
