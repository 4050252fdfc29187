"""From the tap on Join to the first sound and the first picture: `python -m benchmarks.call`.

Five pages of Chromium, a process each, on this machine with the server: four are in a call, the fifth joins
it again and again. Prints a table and goals, writes JSON.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import platform
import statistics
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from playwright.async_api import async_playwright

from tests.e2e.fake_media import LOOKS
from tests.e2e.person import Person, launch
from tests.e2e.serving import serving
from tests.e2e.waiting import eventually, perceive_each_other

RESULTS = Path(__file__).resolve().parents[1] / "results"
TIMEOUT_MS = 30_000
AUDIO_LIMIT_MS = 500
PICTURE_LIMIT_MS = 1_000


@dataclass(frozen=True)
class Join:
    """Milliseconds from the tap: until somebody, and until everybody, was heard and seen."""

    first_audio: float
    first_picture: float
    all_audio: float
    all_pictures: float

    def __str__(self) -> str:
        return (
            f"audio {self.first_audio:.0f} ms (all {self.all_audio:.0f}), "
            f"picture {self.first_picture:.0f} ms (all {self.all_pictures:.0f})"
        )


async def measure(runs: int) -> list[Join]:
    with serving() as server, tempfile.TemporaryDirectory() as folder:
        async with async_playwright() as playwright:
            people = []
            for look in LOOKS:
                browser = await launch(playwright, look, Path(folder))
                people.append(await Person.arrive(browser, look, server.url))
            *present, newcomer = people
            call_id = await present[0].create_call()
            for person in present:
                await person.enter(call_id)
            await perceive_each_other(present)
            joins = []
            for run in range(runs + 1):
                join = await _join(newcomer, call_id, present)
                print(f"{f'run {run}' if run else 'warm-up'}: {join}", flush=True)
                if run:  # the first one loads the page's code
                    joins.append(join)
            for person in people:
                assert person.context.browser is not None
                await person.context.browser.close()
    return joins


async def _join(newcomer: Person, call_id: str, present: list[Person]) -> Join:
    await newcomer.prepare(call_id)
    await asyncio.sleep(1)
    came = await newcomer.page.evaluate(
        "([ids, timeout]) => telcallListening.joinAndPerceive(ids, timeout)",
        [[person.id for person in present], TIMEOUT_MS],
    )
    heard, seen = list(came["heard"].values()), list(came["seen"].values())
    if len(heard) < len(present) or len(seen) < len(present):
        raise RuntimeError(f"not everybody came within {TIMEOUT_MS} ms: {came}")
    await newcomer.leave()
    ids = {person.id: [other.id for other in present if other is not person] for person in present}
    for person in present:
        await eventually(lambda p=person: p.sees_tiles_of(ids[p.id]), "the newcomer has left")  # type: ignore[misc]
    return Join(min(heard), min(seen), max(heard), max(seen))


def _percentile(values: list[float], share: float) -> float:
    """Nearest rank."""
    return sorted(values)[min(round(share * len(values) + 0.5) - 1, len(values) - 1)]


def _goal(name: str, value: float, limit: float) -> str:
    return f"goal {name} {value:.0f} ms <= {limit:.0f} {'met' if value <= limit else 'missed'}"


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--runs", type=int, default=10)
    load_before = os.getloadavg()[0]
    joins = asyncio.run(measure(arguments.parse_args().runs))
    rows = {
        name: [getattr(join, name) for join in joins]
        for name in ("first_audio", "first_picture", "all_audio", "all_pictures")
    }
    load_after = os.getloadavg()[0]
    print(f"\n{os.cpu_count()} CPUs, load {load_before:.1f} before and {load_after:.1f} after")
    print(f"{'ms from the tap':<16} {'p50':>6} {'p95':>6} {'min':>6} {'max':>6}")
    for name, values in rows.items():
        p50, p95 = statistics.median(values), _percentile(values, 0.95)
        print(f"{name:<16} {p50:>6.0f} {p95:>6.0f} {min(values):>6.0f} {max(values):>6.0f}")
    goals = [
        _goal("join_first_audio", statistics.median(rows["first_audio"]), AUDIO_LIMIT_MS),
        _goal("join_first_picture", statistics.median(rows["first_picture"]), PICTURE_LIMIT_MS),
    ]
    RESULTS.mkdir(exist_ok=True)
    result = {
        "benchmark": "call",
        "at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "machine": {
            "cpus": os.cpu_count(),
            "python": platform.python_version(),
            "system": platform.platform(),
            "load_before": load_before,
            "load_after": load_after,
        },
        "milliseconds": rows,
        "goals": goals,
    }
    (RESULTS / "call.json").write_text(json.dumps(result, indent=2) + "\n")
    print("\n".join(goals))


if __name__ == "__main__":
    main()
