"""Real peers of the engine: a UDP socket and SRTP of their own, no browser."""

from __future__ import annotations

import asyncio
import itertools
import os
import socket
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field

import pytest
from pylibsrtp import Policy, Session

from sfu.core.rtcp.compound import RtcpPacket, parse_compound
from sfu.core.rtp.packet import RtpHeader, build_packet, parse_header
from sfu.dataplane.engine import (
    Event,
    ExtensionIds,
    LocalPort,
    ParticipantId,
    SeatStream,
    Source,
    SourceId,
    SrtpProfile,
)
from sfu.dataplane.python_engine import PythonEngine

GCM: SrtpProfile = "AEAD_AES_128_GCM"
_PROFILE = {
    "AEAD_AES_128_GCM": (Policy.SRTP_PROFILE_AEAD_AES_128_GCM, 28),
    "AES_CM_128_HMAC_SHA1_80": (Policy.SRTP_PROFILE_AES128_CM_SHA1_80, 30),
}


@dataclass
class Peer:
    """One participant's end. `id` is its participant id in the engine."""

    id: ParticipantId
    socket: socket.socket
    inbound: Session
    outbound: Session
    server: tuple[str, int]
    received: list[bytes] = field(default_factory=list)
    """Ciphertexts as they came."""

    @property
    def address(self) -> tuple[str, int]:
        return self.socket.getsockname()

    def send(self, data: bytes) -> None:
        self.socket.sendto(data, self.server)

    def send_rtp(self, **fields: object) -> None:
        self.send(self.outbound.protect(build_packet(**fields)))  # type: ignore[arg-type]

    def send_rtcp(self, *packets: RtcpPacket) -> None:
        self.send(self.outbound.protect_rtcp(b"".join(map(bytes, packets))))

    def datagrams(self) -> list[bytes]:
        """What has come since the last call."""
        found = []
        while True:
            try:
                found.append(self.socket.recv(2_048))
            except BlockingIOError:
                self.received += found
                return found

    def take(self) -> tuple[list[tuple[RtpHeader, bytes]], list[RtcpPacket]]:
        """RTP packets (header, payload) and RTCP packets that have come, decrypted."""
        rtp, rtcp = [], []
        for data in self.datagrams():
            if 192 <= data[1] <= 223:
                rtcp += parse_compound(self.inbound.unprotect_rtcp(data))
            else:
                plain = self.inbound.unprotect(data)
                header = parse_header(plain)
                rtp.append((header, plain[header.payload_offset :][: header.payload_size]))
        return rtp, rtcp


@dataclass
class Bench:
    """A running engine with helpers to fill it."""

    engine: PythonEngine
    port: LocalPort
    events: list[Event]
    profile: SrtpProfile = GCM
    _ids: itertools.count[int] = field(default_factory=lambda: itertools.count(1))

    def peer(self, *, media: bool = True) -> Peer:
        host = self.port.address[0]
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        opened = socket.socket(family, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
        opened.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_000_000)
        opened.bind((host, 0))
        number, size = _PROFILE[self.profile]
        to_engine, from_engine = os.urandom(size), os.urandom(size)
        inbound = Policy(from_engine, Policy.SSRC_ANY_INBOUND, srtp_profile=number)
        inbound.window_size = 1_024
        peer = Peer(
            ParticipantId(next(self._ids)),
            opened,
            Session(inbound),
            Session(Policy(to_engine, Policy.SSRC_ANY_OUTBOUND, srtp_profile=number)),
            self.port.address,
        )
        self.engine.add_participant(peer.id)
        self.engine.allow_address(peer.id, self.port.index, peer.address[:2])
        self.engine.set_keys(peer.id, self.profile, to_engine, from_engine)
        if media:
            self.engine.send_media_to(peer.id, self.port.index, peer.address[:2])
        return peer

    def source(
        self, peer: Peer, kind: str = "audio", *, ssrc: int | None = None, mid: str = "0", **changes: object
    ) -> SourceId:
        source_id = SourceId(next(self._ids))
        fields = {
            "id": source_id,
            "publisher": peer.id,
            "kind": kind,
            "codec": "opus" if kind == "audio" else "vp8",
            "mid": mid,
            "rid": None,
            "ssrc": ssrc,
            "payload_type": 111 if kind == "audio" else 96,
            "clock_rate": 48_000 if kind == "audio" else 90_000,
            "extensions": ExtensionIds(mid=4, transport_cc=3),
            "nack": kind == "video",
            "transport_cc": True,
        }
        self.engine.add_source(Source(**(fields | changes)))  # type: ignore[arg-type]
        return source_id

    def seat_stream(self, peer: Peer, kind: str = "audio", *, ssrc: int, **changes: object) -> None:
        fields = {
            "subscriber": peer.id,
            "ssrc": ssrc,
            "kind": kind,
            "codec": "opus" if kind == "audio" else "vp8",
            "mid": "7",
            "payload_type": 109 if kind == "audio" else 120,
            "clock_rate": 48_000 if kind == "audio" else 90_000,
            "extensions": ExtensionIds(mid=9),
            "nack": kind == "video",
            "first_seq": 1_000,
            "first_timestamp": 5_000,
            "first_picture_id": 300,
            "first_tl0_pic_idx": 20,
            "cname": "seat",
        }
        self.engine.add_seat_stream(SeatStream(**(fields | changes)))  # type: ignore[arg-type]

    async def until(self, true: Callable[[], object], timeout_s: float = 10.0) -> None:
        """Waits until something holds; fails the test when it does not."""
        async with asyncio.timeout(timeout_s):
            while not true():  # noqa: ASYNC110 - what is waited for comes by a real socket
                await asyncio.sleep(0.005)

    async def rtp(self, peer: Peer, count: int) -> list[tuple[RtpHeader, bytes]]:
        """The next `count` RTP packets of a peer."""
        found: list[tuple[RtpHeader, bytes]] = []

        def enough() -> bool:
            found.extend(peer.take()[0])
            return len(found) >= count

        await self.until(enough)
        return found

    async def settled(self) -> None:
        """All commands given so far have been carried out."""
        done = asyncio.Event()
        loop = asyncio.get_running_loop()
        self.engine._command(lambda: loop.call_soon_threadsafe(done.set))
        await asyncio.wait_for(done.wait(), 10)


@pytest.fixture(params=["127.0.0.1", "::1"])
def host(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture(params=[True, False], ids=["gso", "plain"])
def gso(request: pytest.FixtureRequest) -> bool:
    return request.param


async def _bench(host: str, gso: bool, profile: SrtpProfile = GCM) -> AsyncIterator[Bench]:
    engine = PythonEngine(gso=gso)
    events: list[Event] = []
    [port] = engine.open_ports([(host, 0)], events.extend)
    yield Bench(engine, port, events, profile)
    engine.close()


@pytest.fixture
async def bench() -> AsyncIterator[Bench]:
    async for each in _bench("127.0.0.1", True):
        yield each


@pytest.fixture
async def any_bench(host: str, gso: bool) -> AsyncIterator[Bench]:
    """On IPv4 and IPv6, with and without segmentation offload."""
    async for each in _bench(host, gso):
        yield each


@pytest.fixture
async def cm_bench() -> AsyncIterator[Bench]:
    async for each in _bench("127.0.0.1", True, "AES_CM_128_HMAC_SHA1_80"):
        yield each
