"""What is heard and seen while a call changes its path: `python -m benchmarks.switch`.

Pages of Chromium, a process each, on this machine with the server. One plays a sound that never repeats,
another records all that its tab plays, a third comes and goes. Then the same between network namespaces,
where each packet is 100 ms late and one of 50 is lost; then a server that is killed under a call of four.
Prints tables and goals, writes JSON.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import math
import os
import shutil
import statistics
import tempfile
import time
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from benchmarks.goal import Goal, machine
from benchmarks.switch.killed import kills
from benchmarks.switch.party import LISTENER, SENDER, THIRD, Spot
from benchmarks.switch.switches import Party, Switch, gathered
from tests.e2e.fake_media import Look
from tests.e2e.network import network
from tests.e2e.serving import serving

RESULTS = Path(__file__).resolve().parents[1] / "results" / "switch.json"
DELAY_MS, LOSS = 100, 0.02
HOLE_LIMIT_MS, DOUBLE_LIMIT_MS = 60, 250
RETURN_LIMIT_S = 8
JOIN_LIMIT_MS = 500
PARTS = ("plain", "impaired", "killed")


def percentile(values: Sequence[float], share: float) -> float:
    """Nearest rank."""
    return sorted(values)[math.ceil(share * len(values)) - 1]


async def plain(count: int) -> list[Switch]:
    with serving() as server, tempfile.TemporaryDirectory() as folder:
        async with gathered(server.url, Path(folder), lambda _: Spot()) as party:
            return await _run(party, count)


async def impaired(count: int) -> list[Switch]:
    chromium = shutil.which("chromium")
    assert chromium, "needs Debian's chromium"
    places = {SENDER: "sender", LISTENER: "listener", THIRD: "third"}
    with (
        network("server", *places.values()) as net,
        serving(net["server"]) as server,
        tempfile.TemporaryDirectory() as folder,
    ):

        def where(look: Look) -> Spot:
            return Spot(net[places[look]].program(chromium), server.browser_flags)

        async with gathered(server.url, Path(folder), where) as party:
            net.impair(delay_ms=DELAY_MS, loss=LOSS)
            return await _run(party, count)


async def _run(party: Party, count: int) -> list[Switch]:
    """count: of each direction; some recordings without a change come before."""
    done = []

    def keep(switch: Switch) -> None:
        print(switch, flush=True)
        done.append(switch)

    for _ in range(max(1, count // 2)):
        keep(await party.stay())
    for _ in range(count):
        await party.invite()
        keep(await party.to_server())
        keep(await party.to_direct())
    return done


async def killed(count: int) -> list[float]:
    returned = []
    with serving() as server, tempfile.TemporaryDirectory() as folder:
        async for seconds in kills(server, Path(folder), count):
            print(f"killed: all hear all after {seconds:.2f} s", flush=True)
            returned.append(seconds)
    return returned


def _table(name: str, switches: list[Switch]) -> None:
    columns = ("hole ms", "at the change", "double ms")
    print(f"\n{name:<9}{'':<6}" + "".join(f"{column:>20}" for column in columns) + f"{'black':>8}")
    print(f"{'':<9}{'to':<6}" + f"{'p50   p95   max':>20}" * len(columns))
    for to in ("none", "sfu", "p2p"):
        chosen = [switch.recording for switch in switches if switch.to == to]
        heard = [recording.heard for recording in chosen]
        spreads = [
            _spread([each.hole for each in heard]),
            _spread([each.hole_at_change for each in heard]) if to != "none" else "",
            _spread([each.double for each in heard]),
        ]
        black = sum(each.black for each in chosen)
        print(f"{'':<9}{to:<6}" + "".join(f"{spread:>20}" for spread in spreads) + f"{black:>8}")


def _spread(values: Sequence[float]) -> str:
    return f"{statistics.median(values):.0f}{percentile(values, 0.95):>6.0f}{max(values):>6.0f}"


def _goals(name: str, switches: list[Switch]) -> list[Goal]:
    changes = [switch for switch in switches if switch.to != "none"]
    heard = [switch.recording.heard for switch in changes]
    end = "" if name == "plain" else f"_{name}"
    black = float(sum(switch.recording.black for switch in changes))
    joins = [switch.third_heard_ms for switch in changes if switch.third_heard_ms is not None]
    hole_ms = percentile([each.hole for each in heard], 0.95)
    double_ms = percentile([each.double for each in heard], 0.95)
    goals = [
        Goal(f"switch_hole_p95{end}", hole_ms, "ms", "<=", HOLE_LIMIT_MS),
        Goal(f"switch_double_p95{end}", double_ms, "ms", "<=", DOUBLE_LIMIT_MS),
        Goal(f"switch_black_frames{end}", black, "frames", "<=", 0),
    ]
    if name == "plain":  # with 100 ms each way the handshakes alone take longer
        goals.append(Goal("third_join_to_audio_p50", statistics.median(joins), "ms", "<=", JOIN_LIMIT_MS))
    return goals


def main() -> None:
    arguments = argparse.ArgumentParser(prog="python -m benchmarks.switch")
    arguments.add_argument("--switches", type=int, default=20, help="of each direction")
    arguments.add_argument("--kills", type=int, default=10)
    arguments.add_argument("--only", choices=PARTS, action="append", help="keeps what is known of the others")
    given = arguments.parse_args()
    known: dict[str, Any] = (
        json.loads(RESULTS.read_text())["parts"] if given.only and RESULTS.exists() else {}
    )
    for part in given.only or PARTS:
        load_before = os.getloadavg()[0]
        at = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
        if part == "killed":
            returned = asyncio.run(killed(given.kills))
            found: list[Any] = returned
            goals = [
                Goal("killed_server_to_audio_p95", percentile(returned, 0.95), "s", "<=", RETURN_LIMIT_S)
            ]
        else:
            switches = asyncio.run((plain if part == "plain" else impaired)(given.switches))
            _table(part, switches)
            joins = [each.third_heard_ms for each in switches if each.third_heard_ms is not None]
            print(f"third hears somebody after {_spread(joins)} ms (p50, p95, max)")
            found, goals = [asdict(switch) for switch in switches], _goals(part, switches)
        known[part] = {
            "at": at,
            "load_before": load_before,
            "machine": machine(),
            "measured": found,
            "goals": [str(goal) for goal in goals],
        }
        RESULTS.parent.mkdir(exist_ok=True)
        RESULTS.write_text(json.dumps({"benchmark": "switch", "parts": known}, indent=1) + "\n")
    print(*(goal for part in PARTS if part in known for goal in known[part]["goals"]), sep="\n")


if __name__ == "__main__":
    main()
