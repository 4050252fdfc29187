"""Drives `PythonEngine` as it runs: own thread, real sockets, real SRTP both ways.

What is measured is the CPU time of the engine's thread: waking up, receiving, decrypting, parsing, rewriting,
encrypting, keeping for retransmission, sending (with the receiving half of loopback, which runs inside the
sender's system call), and reports that fall due. Making the source's packets and emptying the sinks is not.

A burst is put into the receiving socket while the engine's thread waits at a `_Gate`, and nobody touches
the sinks before it waits there again. So a burst is one batch, whatever the scheduler does, nothing else
competes for the interpreter's lock, and the engine does nothing while others are measured. Waiting at the
gate stands for waiting in poll, and costs as much.
"""

from __future__ import annotations

import os
import socket
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass

from pylibsrtp import Policy, Session

from benchmarks.forwarding.sinks import Sinks
from sfu.core.rtp.packet import build_packet, parse_header
from sfu.dataplane.engine import ExtensionIds, ParticipantId, SeatStream, Source, SourceId
from sfu.dataplane.python_engine import PythonEngine

_PROFILE = Policy.SRTP_PROFILE_AEAD_AES_128_GCM
_PUBLISHER = ParticipantId(1)
_VIDEO, _AUDIO = SourceId(1), SourceId(2)
_VIDEO_SSRC, _AUDIO_SSRC = 11, 12
TIMEOUT_S = 20.0


@dataclass(frozen=True, slots=True)
class Burst:
    """Packets that are sent at once: a video frame, or an audio packet."""

    video: bool
    payloads: Sequence[bytes]


class _Gate:
    """A command that keeps the engine's thread waiting. cpu_ns: what the thread had used when it came."""

    def __init__(self) -> None:
        self.cpu_ns = 0
        self._reached, self._open = threading.Lock(), threading.Lock()
        self._reached.acquire()
        self._open.acquire()

    def stop(self) -> None:
        self.cpu_ns = time.thread_time_ns()
        self._reached.release()
        self._open.acquire()

    def wait(self) -> None:
        if not self._reached.acquire(timeout=TIMEOUT_S):
            raise RuntimeError("the engine stands still")

    def open(self) -> None:
        self._open.release()


class EngineLoad:
    """An engine with one publisher (audio and video) and a video and an audio seat for each sink.

    Wants a running event loop, as the engine does. Between calls the engine's thread waits.
    """

    def __init__(self, sinks: Sinks) -> None:
        self._sinks = sinks
        self._engine = PythonEngine()
        [self._port] = self._engine.open_ports([("127.0.0.1", 0)], lambda events: None)
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 0))
        self._socket.settimeout(0)
        key_in, self._keys_out = os.urandom(28), [os.urandom(28) for _ in sinks.addresses]
        self._outbound = Session(Policy(key_in, Policy.SSRC_ANY_OUTBOUND, srtp_profile=_PROFILE))
        self._seq = {True: 0, False: 0}
        self._timestamp = {True: 0, False: 0}
        self._forwarded = 0
        engine = self._engine
        engine.add_participant(_PUBLISHER)
        engine.allow_address(_PUBLISHER, self._port.index, self._socket.getsockname())
        engine.send_media_to(_PUBLISHER, self._port.index, self._socket.getsockname())
        engine.set_keys(_PUBLISHER, "AEAD_AES_128_GCM", key_in, os.urandom(28))
        engine.add_source(_source(_VIDEO, video=True, ssrc=_VIDEO_SSRC))
        engine.add_source(_source(_AUDIO, video=False, ssrc=_AUDIO_SSRC))
        for i, address in enumerate(sinks.addresses):
            subscriber = ParticipantId(100 + i)
            engine.add_participant(subscriber)
            engine.allow_address(subscriber, self._port.index, address)
            engine.send_media_to(subscriber, self._port.index, address)
            engine.set_keys(subscriber, "AEAD_AES_128_GCM", os.urandom(28), self._keys_out[i])
            for video in (True, False):
                stream = _seat_stream(subscriber, video=video)
                engine.add_seat_stream(stream)
                engine.seat(subscriber, stream.ssrc, _VIDEO if video else _AUDIO)
        self._gate = self._new_gate()

    def run(self, bursts: Sequence[Burst]) -> float:
        """CPU seconds of the engine's thread for these bursts, each forwarded whole before the next one."""
        spent_ns = 0
        gate = self._gate
        for burst in bursts:
            packets = self._packets(burst)
            gate = self._gate_after(gate)  # what the clock says is due is done before
            for packet in packets:
                self._socket.sendto(packet, self._port.address)
            following = self._gate_after(gate)
            spent_ns += following.cpu_ns - gate.cpu_ns
            gate = following
            self._sinks.drain()
            self._forwarded += len(packets) * len(self._sinks.sockets)
        self._gate = gate
        stats = self._engine.stats()
        if stats.packets_forwarded != self._forwarded or stats.dropped or stats.srtp_failures:
            raise RuntimeError(f"{self._forwarded} packets should have been forwarded: {stats}")
        return spent_ns / 1e9

    def _new_gate(self) -> _Gate:
        gate = _Gate()
        self._engine._command(gate.stop)
        gate.wait()
        return gate

    def _gate_after(self, gate: _Gate) -> _Gate:
        """Lets the engine run from this gate to another one, a turn later."""
        following = _Gate()
        self._engine._command(following.stop)  # not in the gate's turn: that one's commands are counted
        gate.open()
        following.wait()
        return following

    def measure_clockwork(self) -> float:
        """CPU seconds of the engine's thread in a second without a packet: reports, waking up."""
        before_ns = self._gate.cpu_ns
        self._gate.open()
        time.sleep(1)
        self._gate = self._new_gate()
        self._sinks.drain()
        return (self._gate.cpu_ns - before_ns) / 1e9

    def _packets(self, burst: Burst) -> list[bytes]:
        self._timestamp[burst.video] += 3_000 if burst.video else 960
        packets = []
        for i, payload in enumerate(burst.payloads):
            packet = build_packet(
                payload_type=96 if burst.video else 111,
                seq16=self._seq[burst.video] & 0xFFFF,
                timestamp=self._timestamp[burst.video],
                ssrc=_VIDEO_SSRC if burst.video else _AUDIO_SSRC,
                payload=payload,
                marker=burst.video and i == len(burst.payloads) - 1,
            )
            self._seq[burst.video] += 1
            packets.append(self._outbound.protect(packet))
        return packets

    def verify(self, payload: bytes) -> None:
        """One more video packet: every sink decrypts it to this payload, save its numbers."""
        self.run([Burst(True, [payload])])
        for key, data in zip(self._keys_out, self._sinks.last, strict=True):
            session = Session(Policy(key, Policy.SSRC_ANY_INBOUND, srtp_profile=_PROFILE))
            plain = session.unprotect(data)
            header = parse_header(plain)
            if plain[header.payload_offset :][6:] != payload[6:]:
                raise RuntimeError("a subscriber received something else than was sent")

    def close(self) -> None:
        self._gate.open()
        self._engine.close()
        self._socket.close()


def _source(identifier: SourceId, *, video: bool, ssrc: int) -> Source:
    return Source(
        id=identifier,
        publisher=_PUBLISHER,
        kind="video" if video else "audio",
        codec="vp8" if video else "opus",
        mid="1" if video else "0",
        rid=None,
        ssrc=ssrc,
        payload_type=96 if video else 111,
        clock_rate=90_000 if video else 48_000,
        extensions=ExtensionIds(),
        nack=video,
        transport_cc=False,
    )


def _seat_stream(subscriber: ParticipantId, *, video: bool) -> SeatStream:
    return SeatStream(
        subscriber=subscriber,
        ssrc=subscriber * 2 + video,
        kind="video" if video else "audio",
        codec="vp8" if video else "opus",
        mid="3" if video else "2",
        payload_type=97 if video else 109,
        clock_rate=90_000 if video else 48_000,
        extensions=ExtensionIds(mid=9),
        nack=video,
        first_seq=1_000,
        first_timestamp=5_000,
        first_picture_id=300,
        first_tl0_pic_idx=20,
        cname="seat",
    )
