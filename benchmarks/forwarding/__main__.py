"""What forwarding costs: `python -m benchmarks.forwarding`. Prints tables and goals, writes JSON."""

from __future__ import annotations

import argparse
import asyncio
import os
import time
from pathlib import Path

from benchmarks.forwarding import contest, report
from benchmarks.forwarding.media_relay import make_clip, relay

RESULTS = Path(__file__).resolve().parents[1] / "results" / "forwarding.json"
SUBSCRIBERS = (1, 10, 50, 200)
FRAMES = (8, 1)
VIEWERS = 4
MIN_RUNS = 3
BUDGET_S = 150.0
"""After that nothing is run more often than `MIN_RUNS` times: a busy machine takes long."""


async def _main(runs: int, clip_frames: int, path: Path) -> None:
    print(report.NOTE)
    began = time.monotonic()
    results = report.Results()

    def more(done: int) -> bool:
        return done < MIN_RUNS or (done < runs and time.monotonic() - began < BUDGET_S)

    # Everything on one processor: a floor that sends and empties its sinks on the same one finds the kernel's
    # buffers in its caches, and the engine's thread must not be measured without.
    processors = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {max(processors)})
    for frame in FRAMES:
        table = results.frames[frame] = {}
        for subscribers in SUBSCRIBERS:
            rounds = max(10, min(100, 2_000 // (subscribers * frame)))
            cell = table[subscribers] = []
            while more(len(cell)):
                cell.append(contest.run(subscribers, frame, rounds))
                await asyncio.sleep(0)  # the engine's events are taken
        report.print_frames(frame, table)

    clip = make_clip(clip_frames)
    results.clip_packets_per_frame = sum(map(len, clip)) / len(clip)
    while more(len(results.relayed)):
        results.relayed.append(await relay(clip, VIEWERS))
        results.forwarded.append(contest.forward_clip(clip, VIEWERS))
        await asyncio.sleep(0)

    for subscribers in SUBSCRIBERS:
        mix = results.mix[subscribers] = []
        reports = results.reports[subscribers] = []
        while more(len(mix)):
            packet_us, report_us = contest.mix(subscribers, max(3, 50 // subscribers))
            mix.append(packet_us)
            reports.append(report_us)
            await asyncio.sleep(0)
    report.print_rest(results, VIEWERS)
    report.save(results, path)
    for goal in results.goals():
        print(goal)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.forwarding")
    parser.add_argument("--runs", type=int, default=5, help="of everything; the medians count")
    parser.add_argument("--frames", type=int, default=120, help="frames of the clip")
    parser.add_argument("--results", type=Path, default=RESULTS, help="the JSON file to write")
    return parser.parse_args()


if __name__ == "__main__":
    given = _arguments()
    asyncio.run(_main(given.runs, given.frames, given.results))
