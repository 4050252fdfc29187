"""How a WebSocket comes in and goes out, whatever it is for: addresses, origins, tokens, people, the close.

Refusals come after the handshake, as an `error` and a close code of `refusals.py`: browsers tell a page
nothing of a refused handshake. The one exception are addresses that keep trying without a valid token; they
get a plain HTTP 429.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

from aiohttp import web

from signaling.admission import Address, Admission, address_key
from signaling.config import TELEGRAM_WEB_ORIGINS, SignalingConfig
from signaling.connection import Connection
from signaling.direct_socket import DirectSocket
from signaling.identity import Authenticate, Identity
from signaling.messages import Reconnect
from signaling.metrics import SignalingMetrics
from signaling.protocol import Handshake, read_handshake
from signaling.refusals import (
    DATABASE_UNAVAILABLE,
    DRAINING,
    ORIGIN,
    TOO_MANY_CONNECTIONS,
    UNAUTHORIZED,
    Refusal,
)
from store.errors import DatabaseUnavailable

RETRY_AFTER_S = 60
RECONNECT_WITHIN_MS = 2_000


class Refused(Exception):
    """Of a connection that is open already; `Entrance.accepted` says why and closes it."""

    def __init__(self, refusal: Refusal) -> None:
        self.refusal = refusal


@dataclass(frozen=True, slots=True)
class Accepted:
    """A WebSocket after its handshake; nobody knows yet whose it is."""

    request: web.Request
    socket: DirectSocket
    connection: Connection
    handshake: Handshake
    address: str
    """What connections of this client are counted under."""


class Entrance:
    """One for all WebSockets of a process, because its limits are. `client_address` sees through trusted
    proxies."""

    def __init__(
        self,
        config: SignalingConfig,
        authenticate: Authenticate,
        metrics: SignalingMetrics,
        client_address: Callable[[web.Request], Address | None],
    ) -> None:
        self._config, self._authenticate, self._metrics = config, authenticate, metrics
        self._client_address = client_address
        self._admission = Admission(config, metrics.count_limit)
        self._origins = {origin.rstrip("/").lower() for origin in config.allowed_origins}
        self._origins |= set(TELEGRAM_WEB_ORIGINS)
        self._open: set[Connection] = set()
        self._whose: dict[Connection, Identity] = {}
        self._all_closed = asyncio.Event()
        self._all_closed.set()
        self.is_draining = False

    async def drain(self) -> None:
        """Refuse newcomers, tell everybody to come back elsewhere, wait until all are closed."""
        self.is_draining = True
        for connection in self._open:
            if connection.v2:
                after_ms = random.randrange(RECONNECT_WITHIN_MS)  # not all at once
                connection.send(Reconnect(after_ms=after_ms, reason="draining"))
            connection.refuse(DRAINING)
        await self._all_closed.wait()

    def revoked(self, user_id: int, session: str | None) -> None:
        """Close what the person has open by that session; None: by any."""
        for connection, identity in list(self._whose.items()):
            if identity.user_id == user_id and session in (None, identity.session):
                connection.refuse(UNAUTHORIZED)

    def turned_away(self, request: web.Request) -> web.Response | None:
        """The answer for an address that may not even open a connection now."""
        address = address_key(self._client_address(request))
        if self._admission.may_try(address, _now_us()):
            return None
        return web.json_response(
            {"detail": "Too many connections", "error": "Too many connections"},
            status=429,
            headers={"Retry-After": str(RETRY_AFTER_S)},
        )

    @asynccontextmanager
    async def accepted(self, request: web.Request) -> AsyncIterator[Accepted]:
        """From the handshake to the close; a `Refused` of the block is told to the client."""
        handshake = read_handshake(
            request.headers.get("Sec-WebSocket-Protocol"), request.headers.get("Authorization")
        )
        socket = DirectSocket(
            protocols=(handshake.subprotocol,) if handshake.subprotocol else (),
            timeout=self._config.close_timeout_s,
            max_msg_size=self._config.messages.hard_limit_bytes,
            compress=False,  # a message must not grow after it was measured
        )
        try:
            await socket.prepare(request)
        except ConnectionResetError:
            # Gone while it waited for us, as when all come back at once to a server that has just started.
            raise web.HTTPBadRequest from None
        connection = Connection(socket, request.transport, self._config, v2=handshake.v2)
        address = address_key(self._client_address(request))
        self._open.add(connection)
        self._all_closed.clear()
        self._metrics.sockets_open.inc()
        try:
            async with connection:
                try:
                    yield Accepted(request, socket, connection, handshake, address)
                except Refused as refused:
                    self._metrics.joins_refused.labels(refused.refusal.code).inc()
                    connection.refuse(refused.refusal)
        finally:
            self._open.discard(connection)
            if not self._open:
                self._all_closed.set()
            self._metrics.sockets_open.dec()
            self._metrics.sockets_closed.labels(str(socket.close_code or 1006)).inc()

    @asynccontextmanager
    async def admitted(self, accepted: Accepted) -> AsyncIterator[Identity]:
        """Whose connection it is; they and their address are counted for as long as the block lasts.

        Raises `Refused`.
        """
        self._check_origin(accepted.request)
        if not self._admission.open_address(accepted.address):
            raise Refused(TOO_MANY_CONNECTIONS)
        try:
            identity = await self._identify(accepted)
            if not self._admission.open_user(identity.user_id, _now_us()):
                raise Refused(TOO_MANY_CONNECTIONS)
            self._whose[accepted.connection] = identity
            try:
                yield identity
            finally:
                del self._whose[accepted.connection]
                self._admission.close_user(identity.user_id)
        finally:
            self._admission.close_address(accepted.address)

    def _check_origin(self, request: web.Request) -> None:
        """No `Origin`: not a browser's page, which cannot leave it out."""
        origin = request.headers.get("Origin")
        if origin is None:
            return
        own = {f"{scheme}://{request.host}".lower() for scheme in ("http", "https")}
        if origin.lower() not in self._origins | own:
            raise Refused(ORIGIN)

    async def _identify(self, accepted: Accepted) -> Identity:
        token = accepted.handshake.token
        try:
            identity = await self._authenticate(token) if token else None
        except DatabaseUnavailable as error:
            raise Refused(DATABASE_UNAVAILABLE) from error
        if identity is None:
            self._admission.failed(accepted.address, _now_us())
            raise Refused(UNAUTHORIZED)
        return identity


def _now_us() -> int:
    return round(asyncio.get_running_loop().time() * 1e6)
