"""What a run of the benchmark prints and keeps."""

from __future__ import annotations

import json
import platform
import statistics
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path

from benchmarks.forwarding.contest import Run
from benchmarks.goal import Goal

NOTE = """CPU microseconds per packet that reaches a subscriber; AES-128-GCM, 1,100 bytes of payload,
loopback. engine: the engine's thread with everything a packet makes it do: receiving, decrypting, reading,
rewriting, encrypting, keeping for retransmission, sending. The other rows: the sending thread, which neither
receives nor decrypts. Every row includes the receiving half of loopback and software segmentation, which run
inside the sender's system call; no row has a real network card."""


@dataclass(slots=True)
class Results:
    """frames: packets per frame -> subscribers -> runs. mix: subscribers -> runs, in microseconds per packet;
    reports likewise, per subscriber and second. Relayed and forwarded: microseconds per delivered frame."""

    frames: dict[int, dict[int, list[Run]]] = field(default_factory=dict)
    mix: dict[int, list[float]] = field(default_factory=dict)
    reports: dict[int, list[float]] = field(default_factory=dict)
    relayed: list[float] = field(default_factory=list)
    forwarded: list[float] = field(default_factory=list)
    clip_packets_per_frame: float = 0.0

    def goals(self) -> list[Goal]:
        """Ratios are taken inside one run, then their median."""
        bare = statistics.median(run["engine"] / run["protect_gso"] for run in self.frames[8][200])
        relay = statistics.median(
            relayed / forwarded for relayed, forwarded in zip(self.relayed, self.forwarded, strict=True)
        )
        return [
            Goal("forwarding_vs_bare_200", bare, "x", "<=", 1.3),
            Goal("mediarelay_cpu_ratio", relay, "x", ">=", 300),
        ]


def print_frames(frame: int, runs: dict[int, list[Run]]) -> None:
    names = list(next(iter(runs.values()))[0])
    print(f"\nframes of {frame}")
    print("subscribers" + "".join(f"{name:>14}" for name in names) + f"{'engine/bare':>14}", flush=True)
    for subscribers, each in runs.items():
        medians = [statistics.median(run[name] for run in each) for name in names]
        ratio = statistics.median(run["engine"] / run["protect_gso"] for run in each)
        print(f"{subscribers:>11}" + "".join(f"{value:14.2f}" for value in medians) + f"{ratio:14.2f}")


def print_rest(results: Results, viewers: int) -> None:
    print(
        "\n360p and Opus, engine: batches of 3 and 1; and its reports, microseconds per subscriber and second"
    )
    for subscribers, values in results.mix.items():
        reports = statistics.median(results.reports[subscribers])
        print(f"{subscribers:>11}{statistics.median(values):14.2f}{reports:14.0f}")
    relayed, forwarded = statistics.median(results.relayed), statistics.median(results.forwarded)
    print(
        f"\none 640x360 VP8 clip ({results.clip_packets_per_frame:.1f} packets a frame) to {viewers} viewers,"
        f" microseconds per delivered frame\nMediaRelay {relayed:.0f}, engine {forwarded:.1f}\n"
    )


def save(results: Results, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    document = {
        "unix_time": int(time.time()),
        "python": platform.python_version(),
        "kernel": platform.release(),
        "machine": platform.machine(),
        "unit": "CPU microseconds per packet",
        **asdict(results),
        "goals": [{**asdict(goal), "met": goal.met} for goal in results.goals()],
    }
    path.write_text(json.dumps(document, indent=1) + "\n")
