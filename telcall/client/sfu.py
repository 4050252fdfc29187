"""The connection to the SFU: microphone, camera and seats in one peer connection, offered once.

aiortc routes by SSRC, and the answer names one for each seat; so a seat's receiver stays, and the `seats`
message says whose sound and picture it gives at the moment.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence

import structlog
from aiortc import (
    RTCBundlePolicy,
    RTCConfiguration,
    RTCIceServer,
    RTCPeerConnection,
    RTCSessionDescription,
)
from aiortc.mediastreams import MediaStreamTrack

from signaling.messages import (
    AnyClientMessage,
    Error,
    LayersWanted,
    Seat,
    SeatOffer,
    Seats,
    SessionDescription,
    SfuAnswer,
    SfuOffer,
)
from telcall.client.closing import close_connection
from telcall.client.media import Feed, Outlet
from telcall.client.perception import Senses, Whose
from telcall.client.tasks import Tasks

log = structlog.get_logger(__name__)

Send = Callable[[AnyClientMessage], Awaitable[None]]
_ANSWER_TIMEOUT_S = 10
_MAX_TRIES = 5
_AGAIN_AFTER_S = 1.0


class SfuFailed(Exception):
    """The SFU refused the offer, or did not answer it."""


class SfuConnection:
    """Kept up from `run` on, also while nothing goes through it, so that a third participant never waits.

    `is_connected`: ICE and DTLS are up. `seating`: who sits where, as last told.
    """

    def __init__(
        self,
        microphone: Feed,
        camera: Feed,
        seats: int,
        ice_servers: Sequence[RTCIceServer],
        send: Send,
        senses: Senses,
    ) -> None:
        self._feeds = (microphone, camera)
        self._seats, self._ice_servers = seats, list(ice_servers)
        self._send, self._senses = send, senses
        self._is_open = False
        self._is_watched = True
        self._outlets: list[Outlet] = []  # of the microphone, of the camera
        self._offer_id = self._failed = 0
        self._answer: asyncio.Future[str] | None = None
        self._revision = -1
        self._owner_of_mid: dict[str, Whose] = {}
        self.seating: list[Seat] = []
        self.connected = asyncio.Event()

    @property
    def is_connected(self) -> bool:
        return self.connected.is_set()

    def open(self, on: bool) -> None:
        """Whether own media goes this way."""
        self._is_open = on
        self._set_outlets()

    def _set_outlets(self) -> None:
        """A picture that nobody is shown is not encoded."""
        for outlet in self._outlets:
            outlet.is_open = self._is_open and (self._is_watched or outlet.kind == "audio")

    def receive(self, message: SfuAnswer | Seats | LayersWanted | Error) -> None:
        match message:
            case LayersWanted():
                if message.source == "camera":
                    self._is_watched = message.max_layer != "off"
                    self._set_outlets()
            case SfuAnswer():
                if message.offer_id == self._offer_id and self._answer and not self._answer.done():
                    self._answer.set_result(message.payload.sdp)
            case Error():
                if message.ref == self._ref and self._answer and not self._answer.done():
                    self._answer.set_exception(SfuFailed(message.detail))
            case Seats():
                self._seat(message)

    async def run(self) -> None:
        """Until cancelled, or the SFU cannot be reached for good."""
        while self._failed < _MAX_TRIES:
            try:
                await self._connect_once()
            except (SfuFailed, TimeoutError) as error:
                log.warning("sfu_connection_failed", error=str(error), failed=self._failed)
            await asyncio.sleep(_AGAIN_AFTER_S * 2**self._failed)
            self._failed += 1

    @property
    def _ref(self) -> str:
        return f"sfu-{self._offer_id}"

    async def _connect_once(self) -> None:
        """One peer connection, from its offer to its failure."""
        connection = RTCPeerConnection(
            RTCConfiguration(iceServers=self._ice_servers, bundlePolicy=RTCBundlePolicy.MAX_BUNDLE)
        )
        over = asyncio.Event()

        @connection.on("connectionstatechange")
        def changed() -> None:
            state = connection.connectionState
            log.debug("sfu_connection_changed", state=state)
            if state == "connected":
                self._failed = 0
                self.connected.set()
            elif state in ("failed", "closed"):
                over.set()

        self._outlets = [feed.add_outlet() for feed in self._feeds]
        self._set_outlets()
        listening = Tasks()
        try:
            for mid, track in await self._negotiate(connection):
                listening.start(
                    self._senses.listen(track, "sfu", lambda mid=mid: self._owner_of_mid.get(mid)),  # type: ignore[misc]
                    f"seat-{mid}",
                )
            await over.wait()
            raise SfuFailed("the connection broke")
        finally:
            self.connected.clear()
            self._answer = None
            for feed, outlet in zip(self._feeds, self._outlets, strict=True):
                feed.remove_outlet(outlet)
            self._outlets = []
            await close_connection(connection)
            await listening.close()

    async def _negotiate(self, connection: RTCPeerConnection) -> list[tuple[str, MediaStreamTrack]]:
        """Offer and answer; what can be listened to, by mid."""
        microphone, camera = (
            connection.addTransceiver(outlet, direction="sendonly") for outlet in self._outlets
        )
        pairs = [
            (
                connection.addTransceiver("audio", direction="recvonly"),
                connection.addTransceiver("video", direction="recvonly"),
            )
            for _ in range(self._seats)
        ]
        await connection.setLocalDescription(await connection.createOffer())
        self._offer_id += 1
        self._answer = asyncio.get_running_loop().create_future()
        await self._send(
            SfuOffer(
                id=self._ref,
                offer_id=self._offer_id,
                payload=SessionDescription(type="offer", sdp=connection.localDescription.sdp),
                tracks={microphone.mid: "microphone", camera.mid: "camera"},
                seats=[
                    SeatOffer(seat=number, audio_mid=audio.mid, video_mid=video.mid)
                    for number, (audio, video) in enumerate(pairs)
                ],
            )
        )
        async with asyncio.timeout(_ANSWER_TIMEOUT_S):
            answer = await self._answer
        await connection.setRemoteDescription(RTCSessionDescription(answer, "answer"))
        return [
            (str(transceiver.mid), transceiver.receiver.track)
            for pair in pairs
            for transceiver in pair
            if transceiver.receiver.track is not None
        ]

    def _seat(self, message: Seats) -> None:
        if message.revision <= self._revision:
            return
        self._revision, self.seating = message.revision, message.seats
        self._owner_of_mid = {
            mid: (seat.user_id, seat.source)
            for seat in message.seats
            if seat.user_id is not None
            for mid in (seat.audio_mid, seat.video_mid)
            if mid is not None
        }
