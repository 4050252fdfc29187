"""The WebSocket at `/ws/calls/{call_id}`: lets a connection in or refuses it, then reads from it.

Refusals come after the handshake, as an `error` and a close code of `refusals.py`: browsers tell a page
nothing of a refused handshake. The one exception are addresses that keep trying without a valid token; they
get a plain HTTP 429.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable
from datetime import UTC, datetime
from functools import cached_property

import structlog
from aiohttp import WSMessage, WSMsgType, web

from signaling.admission import Address, Admission, address_key
from signaling.bus import Bus, RoomUnreachable
from signaling.config import TELEGRAM_WEB_ORIGINS, SignalingConfig
from signaling.connection import Connection
from signaling.direct_socket import DirectSocket
from signaling.edge import RoomCall
from signaling.ice_servers import IceServers
from signaling.identity import Authenticate, Identity
from signaling.lifecycle import CallExpired, CallNotAvailable, CallNotFound, Lifecycle
from signaling.messages import Error, IceServer, Reconnect
from signaling.metrics import SignalingMetrics
from signaling.protocol import Decoder, Handshake, read_handshake
from signaling.refusals import (
    BROKEN_LIMITS_CLOSE_CODE,
    DATABASE_UNAVAILABLE,
    DRAINING,
    ENDED,
    ENGINE_UNAVAILABLE,
    EXPIRED,
    NOT_FOUND,
    ORIGIN,
    TOO_MANY_CONNECTIONS,
    UNAUTHORIZED,
    Refusal,
)
from store.errors import DatabaseUnavailable

log = structlog.get_logger(__name__)

RETRY_AFTER_S = 60
RECONNECT_WITHIN_MS = 2_000
MESSAGES_PER_TURN = 16
"""After so many messages in a row the other connections have their turn."""


class _Refused(Exception):
    def __init__(self, refusal: Refusal) -> None:
        self.refusal = refusal


class CallSocket:
    """Its `handle` is the route's handler. `client_address` sees through trusted proxies."""

    def __init__(
        self,
        config: SignalingConfig,
        authenticate: Authenticate,
        lifecycle: Lifecycle,
        bus: Bus,
        ice_servers: IceServers,
        metrics: SignalingMetrics,
        client_address: Callable[[web.Request], Address | None],
        *,
        utc: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._config, self._metrics, self._utc = config, metrics, utc
        self._authenticate, self._lifecycle, self._bus = authenticate, lifecycle, bus
        self._ice_servers, self._client_address = ice_servers, client_address
        self._admission = Admission(config, metrics.count_limit)
        self._origins = {origin.rstrip("/").lower() for origin in config.allowed_origins}
        self._origins |= set(TELEGRAM_WEB_ORIGINS)
        self._open: set[Connection] = set()
        self._all_closed = asyncio.Event()
        self._all_closed.set()
        self._draining = False

    async def handle(self, request: web.Request) -> web.StreamResponse:
        address = address_key(self._client_address(request))
        if not self._admission.may_try(address, self._now_us()):
            return web.json_response(
                {"detail": "Too many connections", "error": "Too many connections"},
                status=429,
                headers={"Retry-After": str(RETRY_AFTER_S)},
            )
        handshake = read_handshake(
            request.headers.get("Sec-WebSocket-Protocol"), request.headers.get("Authorization")
        )
        socket = DirectSocket(
            protocols=(handshake.subprotocol,) if handshake.subprotocol else (),
            timeout=self._config.close_timeout_s,
            max_msg_size=self._config.messages.hard_limit_bytes,
            compress=False,  # a message must not grow after it was measured
        )
        await socket.prepare(request)
        connection = Connection(socket, request.transport, self._config, v2=handshake.v2)
        self._open.add(connection)
        self._all_closed.clear()
        self._metrics.sockets_open.inc()
        try:
            async with connection:
                await self._serve(request, socket, connection, handshake, address)
        finally:
            self._open.discard(connection)
            if not self._open:
                self._all_closed.set()
            self._metrics.sockets_open.dec()
            self._metrics.sockets_closed.labels(str(socket.close_code or 1006)).inc()
        return socket

    async def drain(self) -> None:
        """Refuse newcomers, tell everybody to come back elsewhere, wait until all are closed."""
        self._draining = True
        for connection in self._open:
            if connection.v2:
                after_ms = random.randrange(RECONNECT_WITHIN_MS)  # not all at once
                connection.send(Reconnect(after_ms=after_ms, reason="draining"))
            connection.refuse(DRAINING)
        await self._all_closed.wait()

    # --- letting in -----------------------------------------------------------------------------------------

    async def _serve(
        self,
        request: web.Request,
        socket: DirectSocket,
        connection: Connection,
        handshake: Handshake,
        address: str,
    ) -> None:
        """From accepted to closed. What was counted is given back whatever happens."""
        user_id: int | None = None
        has_address = False
        try:
            self._check_origin(request)
            has_address = self._admission.open_address(address)
            if not has_address:
                raise _Refused(TOO_MANY_CONNECTIONS)
            identity = await self._identify(handshake, address)
            if not self._admission.open_user(identity.user_id, self._now_us()):
                raise _Refused(TOO_MANY_CONNECTIONS)
            user_id = identity.user_id
            call = await self._find(request.match_info["call_id"])
            ice_servers = self._ice_servers.for_user(user_id, int(self._utc().timestamp()))
            if self._draining:
                raise _Refused(DRAINING)
            if await self._join(connection, call, identity, ice_servers, handshake.resume_token):
                await self._read(socket, connection)
        except _Refused as refused:
            self._metrics.joins_refused.labels(refused.refusal.code).inc()
            connection.refuse(refused.refusal)
        finally:
            self._bus.disconnect(connection.session)
            if user_id is not None:
                self._admission.close_user(user_id)
            if has_address:
                self._admission.close_address(address)

    def _check_origin(self, request: web.Request) -> None:
        """No `Origin`: not a browser's page, which cannot leave it out."""
        origin = request.headers.get("Origin")
        if origin is None:
            return
        own = {f"{scheme}://{request.host}".lower() for scheme in ("http", "https")}
        if origin.lower() not in self._origins | own:
            raise _Refused(ORIGIN)

    async def _identify(self, handshake: Handshake, address: str) -> Identity:
        try:
            identity = await self._authenticate(handshake.token) if handshake.token else None
        except DatabaseUnavailable as error:
            raise _Refused(DATABASE_UNAVAILABLE) from error
        if identity is None:
            self._admission.failed(address, self._now_us())
            raise _Refused(UNAUTHORIZED)
        return identity

    async def _find(self, call_id: str) -> RoomCall:
        try:
            return await self._lifecycle.joinable(call_id)
        except CallNotFound as error:
            raise _Refused(NOT_FOUND) from error
        except CallExpired as error:
            raise _Refused(EXPIRED) from error
        except CallNotAvailable as error:
            raise _Refused(ENDED) from error
        except DatabaseUnavailable as error:
            raise _Refused(DATABASE_UNAVAILABLE) from error

    async def _join(
        self,
        connection: Connection,
        call: RoomCall,
        identity: Identity,
        ice_servers: list[IceServer],
        resume_token: str | None,
    ) -> bool:
        try:
            return await self._bus.join(connection, call, identity, ice_servers, resume_token)
        except RoomUnreachable as error:
            raise _Refused(ENGINE_UNAVAILABLE) from error

    # --- reading --------------------------------------------------------------------------------------------

    async def _read(self, socket: DirectSocket, connection: Connection) -> None:
        """Hand messages to the room until either side closes."""
        decoder = Decoder(
            v2=connection.v2,
            limits=self._config.messages,
            rates=self._config.rates,
            now_us=self._now_us(),
            on_limit=self._metrics.count_limit,
        )

        def receive(frame: WSMessage) -> None:
            if connection.is_closing:
                return
            if frame.type is WSMsgType.TEXT:
                message = decoder.receive_text(frame.data, self._now_us())
            else:
                message = decoder.receive_binary(frame.data, self._now_us())
            if isinstance(message, Error):
                self._refuse_message(connection, decoder, message)
            else:
                self._bus.receive(connection.session, message)

        async with connection.reading():
            socket.receive_directly(receive)
            while not connection.is_closing:
                for _ in range(MESSAGES_PER_TURN):
                    frame = await socket.receive()
                    if frame.type not in (WSMsgType.TEXT, WSMsgType.BINARY):
                        return  # closed by the client, or broken
                    receive(frame)
                await asyncio.sleep(0)

    def _refuse_message(self, connection: Connection, decoder: Decoder, error: Error) -> None:
        connection.send(error)
        if decoder.violation(self._now_us()):
            log.info("client_broke_limits", session=connection.session, code=error.code)
            connection.close(BROKEN_LIMITS_CLOSE_CODE)

    def _now_us(self) -> int:
        return round(self._loop.time() * 1e6)

    @cached_property
    def _loop(self) -> asyncio.AbstractEventLoop:
        return asyncio.get_running_loop()  # asks the kernel for the process id, each time
