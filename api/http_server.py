"""aiohttp's HTTP server with bounds: of headers in bytes, number and time, and of connections of one address.

Sizes, and the time of an idle connection, are aiohttp's own settings. It knows no time for headers, counts no
connections, and tells of malformed requests by a traceback and in plain text, both with the header that was
wrong, such as `Authorization`. What is private of aiohttp's server is touched here alone, its test names it.
"""

from __future__ import annotations

import asyncio
import secrets
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

import structlog
from aiohttp import EMPTY_PAYLOAD, StreamReader, web

from api.client_address import Network, client_key, is_trusted, parse_address
from api.errors import ApiError, api_error, response
from api.request_log import REQUEST_ID

log = structlog.get_logger(__name__)

PER_ADDRESS = "http_per_address"
HEADER_TIME = "http_read_s"
HEADER_SIZE = "http_header_bytes"
END_OF_HEADER = b"\r\n\r\n"
UNFINISHED_HEADERS = 4
"""Times `header_bytes`: so much of a header that has not come to its end is kept."""


@dataclass(frozen=True, slots=True)
class HttpLimits:
    """Beyond sizes: 400; beyond times and counts: the connection is closed."""

    header_bytes: int = 8_190
    """Of the request line, and of each header field."""
    header_fields: int = 64
    header_read_s: float = 10.0
    """From the connection, or from the first byte of a later request, to the end of its header."""
    keep_alive_s: float = 75.0
    """How long a connection may wait for its next request."""
    connections_per_address: int = 1_000
    """Trusted proxies have no limit: everybody comes through them."""


class BoundedRunner(web.AppRunner):
    """`on_limit` is told the name of each limit that closed a connection."""

    def __init__(
        self,
        app: web.Application,
        limits: HttpLimits,
        *,
        trusted_proxies: Sequence[Network] = (),
        on_limit: Callable[[str], None] = lambda _name: None,
        shutdown_timeout_s: float = 1.0,
    ) -> None:
        super().__init__(app, shutdown_timeout=shutdown_timeout_s)
        self._limits, self._trusted_proxies, self._on_limit = limits, trusted_proxies, on_limit

    async def _make_server(self) -> web.Server:
        made = await super()._make_server()
        return _Server(made, self._limits, self._trusted_proxies, self._on_limit)


def _told_alike(
    handler: Callable[[web.BaseRequest], Awaitable[web.StreamResponse]],
) -> Callable[[web.BaseRequest], Awaitable[web.StreamResponse]]:
    """Errors that come before every middleware (an `Expect` that nobody knows) look as all others."""

    async def handle(request: web.BaseRequest) -> web.StreamResponse:
        try:
            return await handler(request)
        except web.HTTPException as error:
            if (known := api_error(error)) is None:
                raise
            return response(known)

    return handle


class _Server(web.Server):
    def __init__(
        self,
        made: web.Server,
        limits: HttpLimits,
        trusted_proxies: Sequence[Network],
        on_limit: Callable[[str], None],
    ) -> None:
        super().__init__(
            _told_alike(made.request_handler),
            request_factory=made.request_factory,
            access_log=None,
            auto_decompress=False,
            keepalive_timeout=limits.keep_alive_s,
            max_line_size=limits.header_bytes,
            max_field_size=limits.header_bytes,
            max_headers=limits.header_fields,
        )
        self.limits, self.on_limit = limits, on_limit
        self._trusted_proxies = trusted_proxies
        self._open: Counter[str] = Counter()

    def __call__(self) -> web.RequestHandler:
        return _Connection(self, loop=self._loop, **self._kwargs)

    def admit(self, peer: Any) -> str | None:
        """What the connection is counted under; None: there are too many. `peer`: as `peername` has it."""
        address = parse_address(peer[0]) if isinstance(peer, tuple) else None
        if is_trusted(address, self._trusted_proxies):
            return ""
        key = client_key(address)
        if self._open[key] >= self.limits.connections_per_address:
            self.on_limit(PER_ADDRESS)
            return None
        self._open[key] += 1
        return key

    def leave(self, key: str) -> None:
        if key:
            self._open[key] -= 1
            if not self._open[key]:
                del self._open[key]


class _Connection(web.RequestHandler):
    __slots__ = ("_body", "_header_size", "_header_timer", "_key", "_server")

    def __init__(self, server: _Server, **options: Any) -> None:
        super().__init__(server, **options)
        self._server = server
        self._key: str | None = None
        self._header_timer: asyncio.TimerHandle | None = None
        self._header_size = 0
        self._body: StreamReader = EMPTY_PAYLOAD
        """Of the newest request."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._key = self._server.admit(transport.get_extra_info("peername"))
        if self._key is None:
            self._force_close = True  # nothing is read any more
            transport.close()
            return
        super().connection_made(transport)
        self._expect_header()

    def data_received(self, data: bytes) -> None:
        if self._close or self._force_close:
            return
        seen, is_http = self._request_count, self._payload_parser is None and not self._upgraded
        had_body = self._body.is_eof()
        super().data_received(data)
        is_whole = self._request_count != seen
        if is_whole:
            self._forget_timer()
            self._header_size = 0
            self._body = self._messages[-1][1]
        if not is_http or self._upgraded:
            return
        if not is_whole:
            self._header_came(len(data) if had_body else 0)
        elif self._body is EMPTY_PAYLOAD and END_OF_HEADER in data:
            # What stands behind it begins the next header.
            self._header_came(len(data.rpartition(END_OF_HEADER)[2]))

    def _header_came(self, size: int) -> None:
        """So many bytes more of a header that is not whole."""
        if size <= 0:
            return
        if self._header_timer is None:
            self._expect_header()
        self._header_size += size
        if self._header_size > UNFINISHED_HEADERS * self._server.limits.header_bytes:
            self._server.on_limit(HEADER_SIZE)
            self._end()

    def connection_lost(self, exc: BaseException | None) -> None:
        self._forget_timer()
        if self._key is not None:
            self._server.leave(self._key)
            self._key = None
        super().connection_lost(exc)

    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,
    ) -> web.StreamResponse:
        """What aiohttp itself could not read, or what went wrong on the way out, as all our errors."""
        if request.writer.output_size > 0:
            log.warning("answer_broken_off", kind=type(exc).__name__)
            raise ConnectionError("an answer is under way")
        request_id = secrets.token_hex(8)
        if status == HTTPStatus.BAD_REQUEST:
            # The kind alone: the message repeats what was sent.
            log.info("request_malformed", kind=type(exc).__name__, request_id=request_id)
        else:
            log.error("request_failed", exc_info=exc, request_id=request_id)
        answer = response(ApiError(status, HTTPStatus(status).phrase))
        answer.headers.update(
            {REQUEST_ID: request_id, "Server": "telcall", "X-Content-Type-Options": "nosniff"}
        )
        answer.force_close()
        return answer

    def _expect_header(self) -> None:
        self._header_timer = self._loop.call_later(self._server.limits.header_read_s, self._header_is_late)

    def _header_is_late(self) -> None:
        self._header_timer = None
        self._server.on_limit(HEADER_TIME)
        self._end()

    def _end(self) -> None:
        """At once; a request that is being answered is answered first."""
        self._forget_timer()
        if self._waiter is None or self._waiter.done():
            self.close()
        else:
            self.force_close()

    def _forget_timer(self) -> None:
        if self._header_timer is not None:
            self._header_timer.cancel()
            self._header_timer = None
