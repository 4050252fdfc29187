"""What forwarding costs: `python -m benchmarks.forwarding`. Prints a table, writes JSON."""

from __future__ import annotations

import argparse
import asyncio
import json
import platform
import statistics
import time
from collections.abc import Callable
from pathlib import Path

from benchmarks.forwarding import floors
from benchmarks.forwarding.engine_load import Burst, open_run
from benchmarks.forwarding.media_relay import make_clip, relay
from benchmarks.forwarding.sinks import Sinks

RESULTS = Path(__file__).resolve().parents[1] / "results"
SUBSCRIBERS = (1, 10, 50, 200)
VIEWERS = 4
WARM_UP_FRAMES = 32
"""Frames of 8 that fill every ring of stored packets once: after that its pages are there."""
FORWARDING_LIMIT = 1.3
RELAY_LIMIT = 300

# A VP8 descriptor with a 15-bit picture id and TL0PICIDX, then the start of a key frame (RFC 7741 §4.2-4.3).
_KEY = bytes.fromhex("90e08001000010020d9d012a80026801")
_DELTA = bytes.fromhex("80e0800100001102")
FIRST = _KEY.ljust(floors.PAYLOAD_BYTES, b"k")
REST = _DELTA.ljust(floors.PAYLOAD_BYTES, b"d")
OPUS = bytes(80)

_NOTE = """CPU microseconds per packet that reaches a subscriber, median of {runs} runs; AES-128-GCM.
engine: the engine's thread, waking at a gate in place of poll, receiving, decrypting, rewriting, keeping and
sending. The other rows: the sending thread; they neither receive nor decrypt. Every row includes the
receiving half of loopback and software segmentation, which run inside the sender's system call; no row has
a real network card. The mix is three 360p frames of 3 packets and five Opus packets of 80 bytes, each sent
when the one before is through: small batches, so that the wake-up weighs most."""


def _floors(frame: int) -> dict[str, Callable[[Sinks, int], float]]:
    return {
        "sendto": lambda sinks, rounds: floors.sendto(sinks, frame, rounds),
        "sendmmsg": lambda sinks, rounds: floors.batched(sinks, frame, rounds, gso=False),
        "gso": lambda sinks, rounds: floors.batched(sinks, frame, rounds, gso=True),
        "protect_gso": lambda sinks, rounds: floors.protect_and_gso(sinks, frame, rounds),
        "aiortc_style": lambda sinks, rounds: floors.aiortc_style(sinks, frame, rounds),
    }


async def _engine(sinks: Sinks, bursts: list[Burst], *, rounds: int) -> float:
    run = await open_run(sinks)
    try:
        run.run([Burst(True, [FIRST, REST]), Burst(False, [OPUS])])
        run.run([Burst(True, [REST] * 8)] * WARM_UP_FRAMES)
        packets = sum(len(burst.payloads) for burst in bursts) * rounds * len(sinks.sockets)
        run.run(bursts)
        spent = run.run(bursts * rounds)
        run.verify(FIRST)
        return spent / packets * 1e6
    finally:
        run.close()


async def _compare(subscribers: int, frame: int, *, runs: int) -> dict[str, list[float]]:
    """Everything in turn, run after run, so that a slow spell of the machine meets all of them."""
    rounds = max(10, min(200, 6_000 // (subscribers * frame)))
    bursts = [Burst(True, [REST] * frame)]
    results: dict[str, list[float]] = {}
    with Sinks(subscribers) as sinks:
        for _ in range(runs):
            for name, measure in _floors(frame).items():
                results.setdefault(name, []).append(measure(sinks, rounds))
            results.setdefault("engine", []).append(await _engine(sinks, bursts, rounds=rounds))
    return results


async def _mix(subscribers: int, *, runs: int) -> list[float]:
    bursts = [Burst(True, [REST] * 3), Burst(False, [OPUS]), Burst(False, [OPUS])] * 2
    bursts += [Burst(True, [REST] * 3), Burst(False, [OPUS])]
    rounds = max(2, min(20, 3_000 // (subscribers * 14)))
    with Sinks(subscribers) as sinks:
        return [await _engine(sinks, bursts, rounds=rounds) for _ in range(runs)]


async def _media_relay(*, runs: int, frames: int) -> tuple[list[float], list[float]]:
    """CPU microseconds per delivered frame: MediaRelay's, the engine's."""
    clip = make_clip(frames)
    bursts = [Burst(True, payloads) for payloads in clip]
    relayed, forwarded = [], []
    with Sinks(VIEWERS) as sinks:
        for _ in range(runs):
            relayed.append(await relay(clip, VIEWERS))
            run = await open_run(sinks)
            try:
                forwarded.append(run.run(bursts) / (len(clip) * VIEWERS) * 1e6)
            finally:
                run.close()
    return relayed, forwarded


def _goal(name: str, value: float, unit: str, relation: str, limit: float) -> str:
    met = value <= limit if relation == "<=" else value >= limit
    return f"goal {name} {value:.2f} {unit} {relation} {limit:g} {'met' if met else 'missed'}"


async def _main(runs: int, frames: int, results: Path) -> None:
    tables: dict[str, dict[int, dict[str, list[float]]]] = {}
    print(_NOTE.format(runs=runs))
    for frame in (8, 1):
        table = tables[f"frame_{frame}"] = {}
        print(f"\nframes of {frame}, 1,100 bytes")
        for subscribers in SUBSCRIBERS:
            table[subscribers] = await _compare(subscribers, frame, runs=runs)
            medians = {name: statistics.median(values) for name, values in table[subscribers].items()}
            print(f"{subscribers:5}  " + "  ".join(f"{name} {value:6.2f}" for name, value in medians.items()))
    mix = {subscribers: await _mix(subscribers, runs=runs) for subscribers in SUBSCRIBERS}
    print("\n360p and Opus, engine")
    for subscribers, values in mix.items():
        print(f"{subscribers:5}  {statistics.median(values):6.2f}")
    relayed, forwarded = await _media_relay(runs=runs, frames=frames)
    print(f"\none 640x360 VP8 clip to {VIEWERS} viewers, CPU microseconds per delivered frame")
    print(f"MediaRelay {statistics.median(relayed):.0f}  engine {statistics.median(forwarded):.1f}\n")

    at_200 = tables["frame_8"][200]
    ratio = statistics.median(a / b for a, b in zip(at_200["engine"], at_200["protect_gso"], strict=True))
    relay_ratio = statistics.median(a / b for a, b in zip(relayed, forwarded, strict=True))
    goals = [
        _goal("forwarding_vs_bare_200", ratio, "x", "<=", FORWARDING_LIMIT),
        _goal("mediarelay_cpu_ratio", relay_ratio, "x", ">=", RELAY_LIMIT),
    ]
    document = {
        "unix_time": int(time.time()),
        "python": platform.python_version(),
        "kernel": platform.release(),
        "runs": runs,
        "unit": "CPU microseconds per packet",
        "tables": tables,
        "mix_360p_opus": mix,
        "media_relay_us_per_frame": relayed,
        "engine_us_per_frame": forwarded,
        "goals": goals,
    }
    _write(results, document)
    print("\n".join(goals))


def _write(results: Path, document: dict[str, object]) -> None:
    results.mkdir(parents=True, exist_ok=True)
    (results / "forwarding.json").write_text(json.dumps(document, indent=1) + "\n")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.forwarding")
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--frames", type=int, default=120, help="frames of the clip")
    parser.add_argument("--results", type=Path, default=RESULTS)
    return parser.parse_args()


if __name__ == "__main__":
    given = _arguments()
    asyncio.run(_main(given.runs, given.frames, given.results))
