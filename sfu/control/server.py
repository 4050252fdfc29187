"""The media server: ports, rooms, and the way of each event to the connection that it concerns."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from types import TracebackType
from typing import Self

import structlog

from sfu.client import Description, Listener, Measured, MediaFlags, Offer, SeatWishes
from sfu.config import SfuConfig
from sfu.control.addresses import candidates, interface_addresses, plan_addresses
from sfu.control.connections import Connections
from sfu.control.discovery import AddressDiscovery
from sfu.control.dtls import DtlsCertificate
from sfu.control.member import Member
from sfu.control.mesh import MeshMember
from sfu.control.room import Room
from sfu.control.rounds import Rounds
from sfu.control.seated import SeatedMember
from sfu.control.sources import Sources
from sfu.core.ice.lite_agent import Credentials, Path, parse_for_agent
from sfu.core.sdp.write import LocalTransport
from sfu.dataplane.engine import (
    Address,
    DtlsReceived,
    Engine,
    EngineStats,
    Event,
    KeyframeWanted,
    ParticipantId,
    ParticipantStats,
    SeatStarted,
    SourceStarted,
    StunReceived,
)
from sfu.dataplane.selection import select_engine
from sfu.errors import EngineUnavailable, SdpRejected, UnknownParticipant

log = structlog.get_logger(__name__)

MAX_CANDIDATES = 16
"""Browsers check each; an answer stays small."""


class Server:
    """Implements `sfu.client.Sfu`. An async context manager: inside it the ports are open."""

    def __init__(self, config: SfuConfig, make_engine: Callable[[SfuConfig], Engine] | None = None) -> None:
        self._config = config
        self._make_engine = make_engine or (lambda config: select_engine(config.dataplane))
        self._engine: Engine | None = None
        self._certificate = DtlsCertificate.generateCertificate()
        self._connections: Connections | None = None
        self._sources: Sources | None = None
        self._rounds: Rounds | None = None
        self._rooms: dict[str, Room] = {}
        self._participant_ids = itertools.count(1)
        self._bound: list[Address] = []
        self._candidates: list[Address] = []
        self._discovery: AddressDiscovery | None = None

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.close()

    async def start(self) -> None:
        """Opens the media port on each address. Raises `EngineUnavailable`."""
        plan = plan_addresses(
            self._config.public_addresses,
            interface_addresses(),
            offer_loopback=self._config.offer_loopback,
        )
        engine = self._make_engine(self._config)
        ports = engine.open_ports([(host, self._config.media_port) for host in plan.bind], self._on_events)
        self._engine = engine
        self._connections = Connections(self._config, engine, self._certificate)
        self._sources = Sources(engine)
        self._rounds = Rounds(engine, self._rooms)
        self._bound = [port.address for port in ports]
        self._candidates = candidates(plan, ports)
        log.info("media_ports_opened", engine=engine.name, bound=self.listens, advertised=self.advertised)
        if self._config.stun_servers and not self._config.public_addresses:
            self._discovery = AddressDiscovery(
                self._config.stun_servers, ports, engine.send_datagram, self._found_address
            )

    def _found_address(self, address: Address) -> None:
        """Told in every answer from now on, after our own addresses."""
        if address not in self._candidates and len(self._candidates) < MAX_CANDIDATES:
            self._candidates = [*self._candidates, address]
            log.info("public_address_found", advertised=self.advertised)

    async def close(self) -> None:
        """Closes every connection, then the ports. Idempotent."""
        if self._discovery is not None:
            await self._discovery.close()
            self._discovery = None
        for room in list(self._rooms.values()):
            for member in list(room.members.values()):
                room.leave(member)
                await member.close()
        self._rooms.clear()
        if self._rounds is not None:
            await self._rounds.close()
        if self._connections is not None:
            await self._connections.wait()
        if self._sources is not None:
            self._sources.close()
        if self._engine is not None:
            self._engine.close()
            self._engine = None

    # --- facts ------------------------------------------------------------------------------------------

    @property
    def engine_name(self) -> str:
        return self._running().name

    @property
    def listens(self) -> list[str]:
        return [_shown(address) for address in self._bound]

    @property
    def advertised(self) -> list[str]:
        return [_shown(address) for address in self._candidates]

    def stats(self) -> EngineStats:
        return self._running().stats()

    def participant_stats(self, room: str, participant: int) -> ParticipantStats | None:
        """Of a client with seats. Raises `UnknownParticipant`."""
        return self._running().participant_stats(self._seated(room, participant)[1].participant)

    # --- sfu.client.Sfu ---------------------------------------------------------------------------------

    async def join(
        self,
        room: str,
        participant: int,
        session: str,
        listener: Listener,
        *,
        mesh: bool = False,
        echo: bool = False,
    ) -> None:
        engine = self._running()
        assert self._connections is not None
        assert self._sources is not None
        here = self._rooms.get(room)
        if here is None:
            here = self._rooms[room] = Room(echo=echo)
        member: Member
        if mesh:
            member = MeshMember(
                participant,
                session,
                listener,
                self._next_participant,
                engine,
                self._connections,
                self._sources,
                self._local_transport,
                here.reseat,
                here.look,
            )
        else:
            member = SeatedMember(
                participant,
                session,
                listener,
                self._next_participant(),
                engine,
                self._connections,
                self._sources,
            )
        if (before := here.join(member)) is not None:
            await before.close()

    async def leave(self, room: str, participant: int, session: str) -> None:
        here = self._rooms.get(room)
        member = here.members.get(participant) if here else None
        if here is None or member is None or member.session != session:
            return
        here.leave(member)
        await member.close()
        if not here.members and self._rooms.get(room) is here:
            del self._rooms[room]

    async def answer(self, room: str, participant: int, offer: Offer) -> str:
        here, member = self._seated(room, participant)
        sdp = member.answer(offer, self._local_transport)
        here.reseat()
        return sdp

    async def describe(self, room: str, participant: int, peer: int, description: Description) -> None:
        _, member = self._member(room, participant)
        if not isinstance(member, MeshMember):
            raise SdpRejected("unsupported", "This participant has one connection to all others")
        member.describe(peer, description)

    def set_forwarding(self, room: str, on: bool) -> None:
        here = self._rooms.get(room)
        if here is None:
            raise UnknownParticipant(room)
        here.set_forwarding(on)

    def set_wishes(self, room: str, participant: int, wishes: SeatWishes) -> None:
        here, member = self._seated(room, participant)
        member.set_wishes(wishes)
        here.reseat()

    def set_media(self, room: str, participant: int, media: MediaFlags) -> None:
        here, member = self._member(room, participant)
        member.media = media
        here.reseat()

    async def measure(self, room: str, participant: int) -> Measured:
        member = self._seated(room, participant)[1]
        stats = self._running().participant_stats(member.participant)
        if stats is None:
            raise UnknownParticipant(f"{participant} in {room}")
        received, reported = stats.received.values(), stats.reported.values()
        return Measured(
            packets_in=stats.packets_in,
            bytes_in=stats.bytes_in,
            lost_in=sum(max(0, each.lost) for each in received),
            jitter_in_us=max((each.jitter_us for each in received), default=0),
            packets_out=stats.packets_out,
            bytes_out=stats.bytes_out,
            lost_out=sum(max(0, each.lost) for each in reported),
            reported_out=sum(max(0, each.expected) for each in reported),
            jitter_out_us=max((each.jitter_us for each in reported), default=0),
            rtt_us=stats.rtt_us,
        )

    # --- events of the engine ---------------------------------------------------------------------------

    def _on_events(self, events: Sequence[Event]) -> None:
        for event in events:
            try:
                self._on_event(event)
            except Exception:
                log.exception("engine_event_failed", kind=type(event).__name__)

    def _on_event(self, event: Event) -> None:
        assert self._connections is not None
        assert self._sources is not None
        match event:
            case StunReceived(port, remote, data):
                self._on_stun(Path(port, remote), data)
            case DtlsReceived(participant, port, remote, data):
                self._connections.receive_dtls(participant, Path(port, remote), data)
            case KeyframeWanted(source):
                self._sources.want_keyframe(source)
            case SourceStarted(source, _):
                self._sources.want_keyframe(source)
            case SeatStarted():
                pass

    def _on_stun(self, path: Path, data: bytes) -> None:
        assert self._connections is not None
        parsed = parse_for_agent(data)
        if parsed is None:
            return
        message, ufrag = parsed
        if not ufrag and self._discovery is not None and self._discovery.receive(message, path.port):
            return
        self._connections.receive_stun(message, ufrag, path, len(data))

    # --- pieces -----------------------------------------------------------------------------------------

    def _local_transport(self, local: Credentials) -> LocalTransport:
        """How the server is reached with those credentials."""
        return LocalTransport(local.ufrag, local.password, self._certificate.fingerprint, self._candidates)

    def _next_participant(self) -> ParticipantId:
        return ParticipantId(next(self._participant_ids))

    def _member(self, room: str, participant: int) -> tuple[Room, Member]:
        here = self._rooms.get(room)
        member = here.members.get(participant) if here else None
        if here is None or member is None:
            raise UnknownParticipant(f"{participant} in {room}")
        return here, member

    def _seated(self, room: str, participant: int) -> tuple[Room, SeatedMember]:
        here, member = self._member(room, participant)
        if not isinstance(member, SeatedMember):
            raise UnknownParticipant(f"{participant} has no seats in {room}")
        return here, member

    def _running(self) -> Engine:
        if self._engine is None:
            raise EngineUnavailable("the media server is not running")
        return self._engine


def _shown(address: Address) -> str:
    host, port = address
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
