"""What a mesh client uploads in a group: `python -m benchmarks.upload`. Prints a table and goals.

Pages of Chromium, a process each, that know the documented protocol alone and believe to be connected to each
other. Counted is what leaves one of them by RTP, over all its connections, against what leaves the same page
when it talks to one other. Only that page has a camera: six that encode and decode each other's pictures
starve on a small machine, and then send less than one copy.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import shutil
import statistics
import time
from contextlib import AsyncExitStack
from pathlib import Path

from playwright.async_api import async_playwright

from benchmarks.goal import Goal, machine
from tests.e2e.fake_media import LOOKS
from tests.e2e.gatherings import new_call
from tests.e2e.mesh_person import MeshPerson
from tests.e2e.person import FLAGS
from tests.e2e.serving import serving

RESULTS = Path(__file__).resolve().parents[1] / "results" / "upload.json"
ONE_COPY, *GROUPS = (2, 3, 6)
COPIES_LIMIT = 1.1
SETTLE_S = 20.0
"""Until Chromium's estimate of the bandwidth has stopped rising."""
_BYTES_SENT = """async () => {
  let bytes = 0;
  for (const peer of telcallListening.peers) {
    if (peer.connectionState === "closed") continue;
    for (const each of (await peer.getStats()).values()) {
      if (each.type === "outbound-rtp") bytes += each.bytesSent + each.headerBytesSent;
    }
  }
  return bytes;
}"""


async def measure(runs: int, seconds: float) -> dict[int, list[float]]:
    """Kilobits per second of the first page, by the size of the call."""
    rates: dict[int, list[float]] = {size: [] for size in (ONE_COPY, *GROUPS)}
    chromium = shutil.which("chromium")
    async with AsyncExitStack() as stack:
        server = stack.enter_context(serving())
        playwright = await stack.enter_async_context(async_playwright())
        everybody = []
        for look in LOOKS[: max(rates)]:
            # Chromium's own moving picture: one that stands still costs almost nothing to send.
            browser = await playwright.chromium.launch(executable_path=chromium, args=FLAGS)
            stack.push_async_callback(browser.close)
            everybody.append(await MeshPerson.arrive(browser, look, server.url))
        for run in range(runs):
            for size, measured in rates.items():
                rate = await _rate(everybody[:size], seconds)
                print(f"run {run + 1}, {size} people: {rate:.0f} kbit/s", flush=True)
                measured.append(rate)
    return rates


async def _rate(people: list[MeshPerson], seconds: float) -> float:
    call_id = await new_call(people[0])
    for person in people:
        await person.enter(call_id, camera=person is people[0])
    await asyncio.sleep(SETTLE_S)
    before, began_s = await people[0].page.evaluate(_BYTES_SENT), time.monotonic()
    await asyncio.sleep(seconds)
    sent, took_s = await people[0].page.evaluate(_BYTES_SENT) - before, time.monotonic() - began_s
    for person in people:
        await person.leave()
    return float(sent / took_s * 8 / 1_000)


def main() -> None:
    arguments = argparse.ArgumentParser(prog="python -m benchmarks.upload")
    arguments.add_argument("--runs", type=int, default=3)
    arguments.add_argument("--seconds", type=float, default=15, help="how long each call is measured")
    given = arguments.parse_args()
    rates = asyncio.run(measure(given.runs, given.seconds))
    medians = {size: statistics.median(measured) for size, measured in rates.items()}
    print(f"\n{os.cpu_count()} CPUs\n{'people':<8}{'kbit/s':>8}{'copies':>8}")
    for size, rate in medians.items():
        print(f"{size:<8}{rate:>8.0f}{rate / medians[ONE_COPY]:>8.2f}")
    goals = [
        Goal(f"upload_copies_{size}", medians[size] / medians[ONE_COPY], "x", "<=", COPIES_LIMIT)
        for size in GROUPS
    ]
    result = {
        "benchmark": "upload",
        "at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "machine": machine(),
        "kilobits_per_second": rates,
        "goals": [str(goal) for goal in goals],
    }
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(json.dumps(result, indent=2) + "\n")
    print(*goals, sep="\n")


if __name__ == "__main__":
    main()
