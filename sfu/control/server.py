"""The media server: ports, rooms, and the way of each event to the connection that it concerns."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Sequence
from types import TracebackType
from typing import Self

import structlog

from sfu.client import ConnectionChanged, Listener, MediaFlags, Offer, SeatWishes
from sfu.config import SfuConfig
from sfu.control.addresses import candidates, interface_addresses, plan_addresses
from sfu.control.discovery import AddressDiscovery
from sfu.control.dtls import DtlsCertificate
from sfu.control.keyframe_timer import KeyframeTimer
from sfu.control.router import Member, Room
from sfu.control.transport import Connection
from sfu.core.ice.lite_agent import Path, parse_for_agent
from sfu.core.sdp.answer import Agreement, SeatLines, agree
from sfu.core.sdp.parse import parse
from sfu.core.sdp.write import LocalTransport, write_answer
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
    SourceId,
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
        self._certificate: DtlsCertificate | None = None
        self._keyframes: KeyframeTimer | None = None
        self._rooms: dict[str, Room] = {}
        self._by_ufrag: dict[str, Connection] = {}
        self._by_path: dict[Path, Connection] = {}
        self._by_id: dict[ParticipantId, Connection] = {}
        self._video_sources: set[SourceId] = set()
        self._participant_ids = itertools.count(1)
        self._source_ids = itertools.count(1)
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
        self._certificate = DtlsCertificate.generateCertificate()
        engine = self._make_engine(self._config)
        ports = engine.open_ports([(host, self._config.media_port) for host in plan.bind], self._on_events)
        self._engine = engine
        self._keyframes = KeyframeTimer(engine.request_keyframe)
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
                await self._end(room, member)
        self._rooms.clear()
        if self._keyframes is not None:
            self._keyframes.close()
            self._keyframes = None
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
        """Raises `UnknownParticipant`."""
        return self._running().participant_stats(self._member(room, participant)[1].id)

    # --- sfu.client.Sfu ---------------------------------------------------------------------------------

    async def join(self, room: str, participant: int, session: str, listener: Listener) -> None:
        engine = self._running()
        here = self._rooms.get(room)
        if here is None:
            here = self._rooms[room] = Room(engine, self._next_source, self._want_keyframe)
        before = here.members.pop(participant, None)
        here.join(Member(participant, session, listener, ParticipantId(next(self._participant_ids))))
        if before is not None:
            await self._end(here, before)

    async def leave(self, room: str, participant: int, session: str) -> None:
        here = self._rooms.get(room)
        member = here.members.get(participant) if here else None
        if here is None or member is None or member.session != session:
            return
        await self._end(here, member)
        if not here.members and self._rooms.get(room) is here:
            del self._rooms[room]

    async def answer(self, room: str, participant: int, offer: Offer) -> str:
        here, member = self._member(room, participant)
        if offer.offer_id < member.newest_offer:
            raise SdpRejected("invalid_sdp", "A newer offer was answered already")
        lines = [SeatLines(seat.seat, seat.audio_mid, seat.video_mid) for seat in offer.seats]
        agreement = agree(parse(offer.sdp), offer.tracks, lines)
        here.check(member, agreement)
        member.newest_offer = offer.offer_id
        self._connect(here, member, agreement)
        before = {each.source for each in member.published.values()}
        names = here.negotiated(member, agreement, offer.seats)
        after = {each.source: each.upload.kind for each in member.published.values()}
        self._forget_sources(before - after.keys())
        self._video_sources |= {source for source, kind in after.items() if kind == "video"}
        assert member.connection is not None
        assert self._certificate is not None
        credentials = member.connection.local
        member.version += 1
        return write_answer(
            agreement,
            LocalTransport(
                credentials.ufrag, credentials.password, self._certificate.fingerprint, self._candidates
            ),
            names,
            session_id=member.session_id,
            version=member.version,
        )

    def set_forwarding(self, room: str, on: bool) -> None:
        here = self._rooms.get(room)
        if here is None:
            raise UnknownParticipant(room)
        here.set_forwarding(on)

    def set_wishes(self, room: str, participant: int, wishes: SeatWishes) -> None:
        here, member = self._member(room, participant)
        member.wishes = wishes
        here.reseat()

    def set_media(self, room: str, participant: int, media: MediaFlags) -> None:
        here, member = self._member(room, participant)
        member.media = media
        here.reseat()

    # --- events of the engine ---------------------------------------------------------------------------

    def _on_events(self, events: Sequence[Event]) -> None:
        for event in events:
            try:
                self._on_event(event)
            except Exception:
                log.exception("engine_event_failed", kind=type(event).__name__)

    def _on_event(self, event: Event) -> None:
        match event:
            case StunReceived(port, remote, data):
                self._on_stun(Path(port, remote), data)
            case DtlsReceived(participant, port, remote, data):
                if (connection := self._by_id.get(participant)) is not None:
                    connection.receive_dtls(Path(port, remote), data)
            case KeyframeWanted(source):
                self._want_keyframe(source)
            case SourceStarted(source, _):
                self._want_keyframe(source)
            case SeatStarted():
                pass

    def _on_stun(self, path: Path, data: bytes) -> None:
        """A request names our fragment; an answer to a request of ours is known by where it comes from."""
        parsed = parse_for_agent(data)
        if parsed is None:
            return
        message, ufrag = parsed
        if not ufrag and self._discovery is not None and self._discovery.receive(message, path.port):
            return
        connection = self._by_ufrag.get(ufrag) if ufrag else self._by_path.get(path)
        if connection is None:
            return
        if self._by_path.get(path, connection) is connection:
            connection.receive_stun(message, path, len(data))

    # --- paths (`sfu.control.transport.PathOwners`) -----------------------------------------------------

    def claim_path(self, connection: Connection, path: Path) -> bool:
        return self._by_path.setdefault(path, connection) is connection

    def release_path(self, connection: Connection, path: Path) -> None:
        if self._by_path.get(path) is connection:
            del self._by_path[path]

    # --- pieces -----------------------------------------------------------------------------------------

    def _connect(self, room: Room, member: Member, agreement: Agreement) -> None:
        """The connection of the first offer, or what a further one changes of it."""
        if member.connection is not None:
            old = member.connection.local.ufrag
            member.connection.renegotiate(agreement.transport)
            self._by_ufrag.pop(old, None)
        else:
            assert self._certificate is not None

            def on_change(event: ConnectionChanged) -> None:
                if room.members.get(member.user) is member:
                    member.listener(event)

            member.connection = Connection(
                member.id,
                self._running(),
                self._certificate,
                self,
                agreement.transport,
                consent_timeout_s=self._config.consent_timeout_s,
                handshake_timeout_s=self._config.handshake_timeout_s,
                on_change=on_change,
            )
            self._by_id[member.id] = member.connection
        self._by_ufrag[member.connection.local.ufrag] = member.connection

    async def _end(self, room: Room, member: Member) -> None:
        """Nothing of the member stays: neither here nor in the engine."""
        if room.members.get(member.user) is member:
            del room.members[member.user]
        connection = member.connection
        if connection is not None:
            self._by_ufrag.pop(connection.local.ufrag, None)
            await connection.close()
            self._by_id.pop(member.id, None)
        self._forget_sources(room.leave(member))

    def _forget_sources(self, sources: Iterable[SourceId]) -> None:
        for source in sources:
            self._video_sources.discard(source)
            if self._keyframes is not None:
                self._keyframes.forget(source)

    def _want_keyframe(self, source: SourceId) -> None:
        """Of a source that is still there: events of one that has gone may come late."""
        if self._keyframes is not None and source in self._video_sources:
            self._keyframes.want(source)

    def _next_source(self) -> SourceId:
        return SourceId(next(self._source_ids))

    def _member(self, room: str, participant: int) -> tuple[Room, Member]:
        here = self._rooms.get(room)
        member = here.members.get(participant) if here else None
        if here is None or member is None:
            raise UnknownParticipant(f"{participant} in {room}")
        return here, member

    def _running(self) -> Engine:
        if self._engine is None:
            raise EngineUnavailable("the media server is not running")
        return self._engine


def _shown(address: Address) -> str:
    host, port = address
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
