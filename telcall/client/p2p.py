"""The direct path, as documented: one peer connection for each other participant, the lower user id offers.

aiortc cannot take back an offer (RFC 8829 §4.1.8.2, rollback), so an offer of the other side that crosses
ours is left unanswered: theirs is the polite part. Candidates are in our descriptions; those that browsers
send one by one are taken up.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from typing import Any, Literal

import structlog
from aiortc import (
    RTCBundlePolicy,
    RTCConfiguration,
    RTCIceServer,
    RTCPeerConnection,
    RTCSessionDescription,
)
from aiortc.mediastreams import MediaStreamTrack
from aiortc.sdp import candidate_from_sdp

from signaling.messages import (
    Answer,
    AnyClientMessage,
    Offer,
    RelayedAnswer,
    RelayedIceCandidate,
    RelayedOffer,
)
from telcall.client.closing import close_connection
from telcall.client.media import Feed, Kind, Outlet
from telcall.client.perception import Senses
from telcall.client.tasks import Tasks

log = structlog.get_logger(__name__)

Send = Callable[[AnyClientMessage], Awaitable[None]]
P2pState = Literal["connected", "failed"]
OnState = Callable[[int, P2pState], Coroutine[Any, Any, None]]
Incoming = RelayedOffer | RelayedAnswer | RelayedIceCandidate
_QUEUED_MESSAGES = 256
_KINDS: tuple[Kind, ...] = ("audio", "video")


class Peer:
    """The peer connection to one other participant. What comes from them is worked off in its order."""

    def __init__(
        self,
        user_id: int,
        feeds: dict[Kind, Feed],
        ice_servers: Sequence[RTCIceServer],
        send: Send,
        senses: Senses,
        on_state: OnState,
    ) -> None:
        self._user_id, self._feeds = user_id, feeds
        self._send, self._senses, self._on_state = send, senses, on_state
        self._connection = RTCPeerConnection(
            RTCConfiguration(iceServers=list(ice_servers), bundlePolicy=RTCBundlePolicy.MAX_BUNDLE)
        )
        self._connection.on("connectionstatechange", self._changed)
        self._connection.on("track", self._hear)
        self._outlets: dict[Kind, Outlet] = {}
        self._incoming: asyncio.Queue[Incoming | None] = asyncio.Queue(_QUEUED_MESSAGES)
        self._early_candidates: list[Any] = []
        self._fingerprint: str | None = None
        self._tasks = Tasks()
        self._tasks.start(self._run(), f"peer-{user_id}")

    @property
    def is_connected(self) -> bool:
        return self._connection.connectionState == "connected"

    def offer(self) -> None:
        """Sound and picture from the start, whether or not there is any."""
        self._put(None)

    def receive(self, message: Incoming) -> None:
        self._put(message)

    def is_another(self, message: RelayedOffer) -> bool:
        """Whether this offer is of a new connection of theirs, and not about the one that we know."""
        fingerprint = _fingerprint(_sdp(message.payload))
        return None not in (self._fingerprint, fingerprint) and fingerprint != self._fingerprint

    async def close(self) -> None:
        for kind, outlet in self._outlets.items():
            self._feeds[kind].remove_outlet(outlet)
        self._outlets.clear()
        await self._tasks.close()
        await close_connection(self._connection)

    def _put(self, message: Incoming | None) -> None:
        if self._incoming.full():
            log.warning("peer_too_talkative", user_id=self._user_id)
            return
        self._incoming.put_nowait(message)

    async def _run(self) -> None:
        while True:
            message = await self._incoming.get()
            try:
                match message:
                    case None:
                        await self._make_offer()
                    case RelayedOffer():
                        await self._answer(_sdp(message.payload))
                    case RelayedAnswer():
                        await self._accept(_sdp(message.payload))
                    case RelayedIceCandidate():
                        await self._add_candidate(message.payload)
            except Exception:  # whatever they sent, and whatever aiortc makes of it: the call goes on
                log.warning("peer_message_failed", user_id=self._user_id, exc_info=True)

    async def _make_offer(self) -> None:
        self._add_own(_KINDS)
        connection = self._connection
        await connection.setLocalDescription(await connection.createOffer())
        await self._send(Offer(to_user_id=self._user_id, payload=_payload(connection)))

    async def _answer(self, sdp: str) -> None:
        connection = self._connection
        if connection.signalingState != "stable":
            log.debug("crossing_offer_ignored", user_id=self._user_id)
            return
        # Ours stand in the order of their m-lines: aiortc takes the first one's transport for the bundle.
        offered: list[Kind] = ["audio" if kind == "audio" else "video" for kind in _OFFERED.findall(sdp)]
        self._add_own(offered)
        await connection.setRemoteDescription(RTCSessionDescription(sdp, "offer"))
        self._fingerprint = _fingerprint(sdp)
        await connection.setLocalDescription(await connection.createAnswer())
        await self._send(Answer(to_user_id=self._user_id, payload=_payload(connection)))
        await self._add_early_candidates()
        if not set(_KINDS) <= set(self._outlets):  # they left out an m-line that ours needs
            await self._make_offer()

    async def _accept(self, sdp: str) -> None:
        if self._connection.signalingState != "have-local-offer":
            return
        await self._connection.setRemoteDescription(RTCSessionDescription(sdp, "answer"))
        self._fingerprint = _fingerprint(sdp)
        await self._add_early_candidates()

    async def _add_candidate(self, payload: Any) -> None:
        if self._connection.remoteDescription is None:
            if len(self._early_candidates) < _QUEUED_MESSAGES:
                self._early_candidates.append(payload)
            return
        text = payload.get("candidate")
        if not text:  # the end of their candidates; more may come after an ICE restart
            return
        candidate = candidate_from_sdp(text.removeprefix("candidate:"))
        candidate.sdpMid, candidate.sdpMLineIndex = payload.get("sdpMid"), payload.get("sdpMLineIndex")
        await self._connection.addIceCandidate(candidate)

    async def _add_early_candidates(self) -> None:
        early, self._early_candidates = self._early_candidates, []
        for payload in early:
            await self._add_candidate(payload)

    def _add_own(self, kinds: Sequence[Kind]) -> None:
        for kind in kinds:
            if kind not in self._outlets:
                outlet = self._outlets[kind] = self._feeds[kind].add_outlet()
                outlet.is_open = True
                self._connection.addTransceiver(outlet, direction="sendrecv")

    def _hear(self, track: MediaStreamTrack) -> None:
        self._tasks.start(
            self._senses.listen(track, "p2p", lambda: (self._user_id, "camera")),
            f"{track.kind}-of-{self._user_id}",
        )

    def _changed(self) -> None:
        state = self._connection.connectionState
        log.debug("peer_connection_changed", user_id=self._user_id, state=state)
        if state in ("connected", "failed"):
            told: P2pState = "connected" if state == "connected" else "failed"
            self._tasks.start(self._on_state(self._user_id, told), f"peer-state-{self._user_id}")


class Mesh:
    """All peers of one participant, by user id."""

    def __init__(
        self,
        own_id: int,
        microphone: Feed,
        camera: Feed,
        ice_servers: Sequence[RTCIceServer],
        send: Send,
        senses: Senses,
        on_state: OnState,
    ) -> None:
        self._own_id = own_id
        self._feeds: dict[Kind, Feed] = {"audio": microphone, "video": camera}
        self._ice_servers = ice_servers
        self._send, self._senses, self._on_state = send, senses, on_state
        self._peers: dict[int, Peer] = {}

    @property
    def is_connected(self) -> bool:
        """With everybody; with nobody there is nothing to connect."""
        return all(peer.is_connected for peer in self._peers.values())

    async def meet(self, user_id: int) -> None:
        """Connect to somebody: the lower user id offers, the other one waits for that."""
        await self.part(user_id)
        peer = self._peers[user_id] = self._peer(user_id)
        if self._own_id < user_id:
            peer.offer()

    async def part(self, user_id: int) -> None:
        if (peer := self._peers.pop(user_id, None)) is not None:
            await peer.close()

    async def receive(self, message: Incoming) -> None:
        """From one whom we have not met: nothing, but for an offer, which brings them in."""
        user_id = message.from_user.id
        peer = self._peers.get(user_id)
        if isinstance(message, RelayedOffer) and (peer is None or peer.is_another(message)):
            await self.part(user_id)
            peer = self._peers[user_id] = self._peer(user_id)
        if peer is not None:
            peer.receive(message)

    async def close(self) -> None:
        for user_id in tuple(self._peers):
            await self.part(user_id)

    def _peer(self, user_id: int) -> Peer:
        return Peer(user_id, self._feeds, self._ice_servers, self._send, self._senses, self._on_state)


_OFFERED = re.compile(r"^m=(audio|video) ", re.MULTILINE)
_FINGERPRINT = re.compile(r"^a=fingerprint:(\S+ \S+)", re.MULTILINE)


def _sdp(payload: Any) -> str:
    """Of `RTCSessionDescriptionInit`; empty where there is none."""
    sdp = payload.get("sdp") if isinstance(payload, dict) else None
    return sdp if isinstance(sdp, str) else ""


def _fingerprint(sdp: str) -> str | None:
    """Of the certificate (RFC 8122 §5), which every peer connection has for itself."""
    found = _FINGERPRINT.search(sdp)
    return found.group(1).upper() if found else None


def _payload(connection: RTCPeerConnection) -> dict[str, str]:
    description = connection.localDescription
    return {"type": description.type, "sdp": description.sdp}
