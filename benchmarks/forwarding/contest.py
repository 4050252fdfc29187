"""Floors and engine side by side: one frame each, in turn, so that a slow spell of the machine meets all."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Sequence
from functools import partial
from random import Random

from benchmarks.forwarding.engine_load import Burst, EngineLoad
from benchmarks.forwarding.floors import PAYLOAD_BYTES, AiortcStyle, Batched, ProtectAndGso, Sendto
from benchmarks.forwarding.sinks import Sinks
from sfu.dataplane import udp
from sfu.dataplane.seat_output import RING_BYTES

# A VP8 descriptor with a 15-bit picture id and TL0PICIDX, then the start of a frame (RFC 7741 §4.2-4.3).
_KEY = bytes.fromhex("90e08001000010020d9d012a80026801")
_DELTA = bytes.fromhex("80e0800100001102")
KEY = _KEY.ljust(PAYLOAD_BYTES, b"k")
DELTA = _DELTA.ljust(PAYLOAD_BYTES, b"d")
OPUS = bytes(80)
MIX = [Burst(True, [DELTA] * 3), Burst(False, [OPUS]), Burst(False, [OPUS])] * 2
MIX += [Burst(True, [DELTA] * 3), Burst(False, [OPUS])]
"""A tenth of a second of a 360p camera and a microphone."""

Run = dict[str, float]
"""CPU microseconds per packet that reached a subscriber."""


def run(subscribers: int, frame: int, rounds: int) -> Run:
    """The median of `rounds` frames for each."""
    with Sinks(subscribers) as sinks, udp.open_socket(("127.0.0.1", 0)) as opened:
        floors: dict[str, Callable[[], None]] = {
            "sendto": Sendto(opened, sinks, frame),
            "sendmmsg": Batched(opened, sinks, frame, gso=False),
            "gso": Batched(opened, sinks, frame, gso=True),
            "protect_gso": ProtectAndGso(opened, sinks, frame),
            "aiortc_style": AiortcStyle(opened, sinks, frame),
        }
        load = EngineLoad(sinks)
        contestants = {name: partial(_measure, send, sinks, frame) for name, send in floors.items()}
        contestants["engine"] = partial(load.run, [Burst(True, [DELTA] * frame)])
        samples: dict[str, list[float]] = {name: [] for name in contestants}
        order, random = list(contestants), Random(frame)
        try:
            _warm_up(load)
            for measure in contestants.values():  # memory is touched, streams are made
                measure()
            for _ in range(rounds):
                random.shuffle(order)  # what came before leaves the caches to the next
                for name in order:
                    samples[name].append(contestants[name]())
            load.verify(KEY)
        finally:
            load.close()
    packets = subscribers * frame
    return {name: statistics.median(values) / packets * 1e6 for name, values in samples.items()}


def mix(subscribers: int, rounds: int) -> tuple[float, float]:
    """The engine with 360p and Opus: CPU microseconds per packet; per subscriber and second for reports."""
    with Sinks(subscribers) as sinks:
        load = EngineLoad(sinks)
        try:
            _warm_up(load)
            packets = sum(len(burst.payloads) for burst in MIX) * subscribers
            spent = statistics.median(load.run(MIX) for _ in range(rounds))
            clockwork = load.measure_clockwork()
            load.verify(KEY)
        finally:
            load.close()
    return spent / packets * 1e6, clockwork / subscribers * 1e6


def forward_clip(clip: Sequence[Sequence[bytes]], viewers: int) -> float:
    """The engine with the frames of a clip: CPU microseconds per frame that reached a viewer."""
    with Sinks(viewers) as sinks:
        load = EngineLoad(sinks)
        try:
            _warm_up(load)
            spent = load.run([Burst(True, payloads) for payloads in clip])
            load.verify(KEY)
        finally:
            load.close()
    return spent / (len(clip) * viewers) * 1e6


def _warm_up(load: EngineLoad) -> None:
    """Sitters begin, and what is kept for retransmission has come round once, as after a few seconds of a
    call: else every packet would be written to memory that the kernel has yet to provide."""
    load.run([Burst(True, [KEY, DELTA]), Burst(False, [OPUS])])
    load.run([Burst(True, [DELTA] * 8)] * (RING_BYTES // (8 * PAYLOAD_BYTES) + 1))


def _measure(send: Callable[[], None], sinks: Sinks, frame: int) -> float:
    sinks.drain()
    begin = time.thread_time_ns()
    send()
    spent = time.thread_time_ns() - begin
    if (arrived := sinks.drain()) != frame * len(sinks.sockets):
        raise RuntimeError(f"{arrived} of {frame * len(sinks.sockets)} datagrams arrived")
    return spent / 1e9
