"""One way to the SFU, tried with a tone: connected or not, and what was measured."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Literal
from urllib.parse import urlsplit

from aiohttp import ClientSession, ClientTimeout, ClientWebSocketResponse, WSMsgType, WSServerHandshakeError
from aiortc import (
    RTCBundlePolicy,
    RTCConfiguration,
    RTCIceTransportPolicy,
    RTCPeerConnection,
    RTCSessionDescription,
)
from aiortc.mediastreams import MediaStreamError
from pydantic import ValidationError

from signaling.check_messages import (
    CHECK_SERVER_MESSAGE,
    AnyCheckMessage,
    AnyCheckServerMessage,
    CheckConnected,
    CheckOffer,
    CheckReady,
    CheckResult,
)
from signaling.messages import Error, IceServer, Leave, SeatOffer, SessionDescription, SfuAnswer
from telcall.client.closing import close_connection
from telcall.client.errors import JoinRefused
from telcall.client.ice import rtc_ice_server
from telcall.client.media import Tone

SUBPROTOCOL = "telcall.check"
TONE_HZ = 440
MEASURE_S = 4.0
_TIMEOUT_S = 60.0
"""Longer than the server lets a check last."""


@dataclass(frozen=True, slots=True)
class Way:
    """turn None: directly, over UDP. Else by that relay alone."""

    turn: IceServer | None = None

    @property
    def name(self) -> str:
        return "direct UDP" if self.turn is None else self.turn.urls[0]


@dataclass(frozen=True, slots=True)
class Found:
    """What became of a way. failure None: it works. frames: of sound that came back."""

    way: Way
    failure: Literal["no_path", "lost", "no_echo", "no_relay"] | None
    result: CheckResult | None
    ice_servers: tuple[IceServer, ...]
    frames: int


def ways(servers: tuple[IceServer, ...]) -> list[Way]:
    """The direct one, and each TURN server by itself."""
    turns = [
        (server, url) for server in servers for url in server.urls if url.startswith(("turn:", "turns:"))
    ]
    return [Way(), *(Way(server.model_copy(update={"urls": [url]})) for server, url in turns)]


async def check_way(url: str, token: str, way: Way, measure_s: float = MEASURE_S) -> Found:
    """Tries one. Raises `JoinRefused` where the server lets nobody check, `aiohttp.ClientError` and
    `TimeoutError` where it does not answer."""
    parts = urlsplit(url)
    scheme = {"http": "ws", "https": "wss"}.get(parts.scheme, parts.scheme)
    address = f"{scheme}://{parts.netloc}{parts.path.rstrip('/')}/ws/check"
    async with asyncio.timeout(_TIMEOUT_S), ClientSession(timeout=ClientTimeout(total=None)) as http:
        try:
            socket = await http.ws_connect(address, protocols=[SUBPROTOCOL, f"token.{token}"])
        except WSServerHandshakeError as error:
            detail = f"the handshake was refused with HTTP {error.status}"
            raise JoinRefused("unauthorized" if error.status == 429 else "unsupported", detail) from None
        async with socket:
            return await _Try(socket, way, measure_s).run()


class _Try:
    def __init__(self, socket: ClientWebSocketResponse, way: Way, measure_s: float) -> None:
        self._socket, self._way, self._measure_s = socket, way, measure_s
        servers = [] if way.turn is None else [rtc_ice_server(way.turn)]
        policy = RTCIceTransportPolicy.ALL if way.turn is None else RTCIceTransportPolicy.RELAY
        self._peer = RTCPeerConnection(
            RTCConfiguration(
                iceServers=servers, iceTransportPolicy=policy, bundlePolicy=RTCBundlePolicy.MAX_BUNDLE
            )
        )
        self._ice_servers: tuple[IceServer, ...] = ()
        self._frames = 0
        self._tasks: list[asyncio.Task[None]] = []

    async def run(self) -> Found:
        try:
            while True:
                message = await self._hear()
                match message:
                    case CheckReady():
                        self._ice_servers = tuple(message.ice_servers)
                        if not await self._offer():
                            return self._found("no_relay", None)
                    case SfuAnswer():
                        description = RTCSessionDescription(message.payload.sdp, "answer")
                        await self._peer.setRemoteDescription(description)
                        self._tasks.append(asyncio.create_task(self._listen(), name="echo"))
                    case CheckConnected():
                        self._tasks.append(asyncio.create_task(self._leave_soon(), name="check_end"))
                    case CheckResult():
                        return self._found(self._failure(message), message)
                    case Error():
                        raise JoinRefused(message.code, message.detail)
                    case _:
                        pass
        finally:
            for task in self._tasks:
                task.cancel()
            if self._tasks:
                await asyncio.wait(self._tasks)
            await close_connection(self._peer)

    def _found(
        self, failure: Literal["no_path", "lost", "no_echo", "no_relay"] | None, result: CheckResult | None
    ) -> Found:
        return Found(self._way, failure, result, self._ice_servers, self._frames)

    def _failure(self, result: CheckResult) -> Literal["no_path", "lost", "no_echo"] | None:
        if result.reason in ("finished", "time_limit"):
            return None if self._frames else "no_echo"
        return "no_path" if result.reason in ("no_path", "failed") else "lost"

    async def _hear(self) -> AnyCheckServerMessage:
        while True:
            frame = await self._socket.receive()
            if frame.type is not WSMsgType.TEXT:
                raise JoinRefused("internal", f"the connection was closed with {self._socket.close_code}")
            try:
                return CHECK_SERVER_MESSAGE.validate_json(frame.data)
            except ValidationError:
                continue  # of a later version

    async def _offer(self) -> bool:
        """False: the relay has given us no address, and there is nothing to offer."""
        up = self._peer.addTransceiver(Tone(TONE_HZ), direction="sendonly")
        down = self._peer.addTransceiver("audio", direction="recvonly")
        await self._peer.setLocalDescription(await self._peer.createOffer())
        if self._way.turn is not None and " typ relay" not in self._peer.localDescription.sdp:
            return False
        offer = CheckOffer(
            offer_id=1,
            payload=SessionDescription(type="offer", sdp=self._peer.localDescription.sdp),
            tracks={up.mid: "microphone"},
            seats=[SeatOffer(seat=0, audio_mid=down.mid)],
        )
        await self._send(offer)
        return True

    async def _send(self, message: AnyCheckMessage) -> None:
        await self._socket.send_str(message.model_dump_json(exclude_none=True))

    async def _listen(self) -> None:
        track = self._peer.getTransceivers()[1].receiver.track
        try:
            while True:
                await track.recv()
                self._frames += 1
        except MediaStreamError:
            pass  # it is over

    async def _leave_soon(self) -> None:
        await asyncio.sleep(self._measure_s)
        await self._send(Leave())
