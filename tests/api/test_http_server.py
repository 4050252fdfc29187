"""Bounds of the HTTP server, over real sockets."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from ipaddress import ip_network
from typing import TYPE_CHECKING

import pytest
import structlog
from aiohttp import WSMsgType, web

from api.http_server import BoundedRunner, HttpLimits

if TYPE_CHECKING:
    from tests.api.conftest import Client, StartApi

SHORT_S = 0.05
LONGER_S = 4 * SHORT_S
SECRET = b"a-secret-of-somebody"
HEALTH = b"GET /health HTTP/1.1\r\nHost: x\r\n\r\n"


class Connection:
    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer

    def send(self, data: bytes) -> None:
        self.writer.write(data)

    async def answer(self) -> tuple[int, dict[str, str], bytes]:
        """Status, headers and body."""
        async with asyncio.timeout(10):
            head = (await self.reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
            headers = dict(line.split(": ", 1) for line in head[1:] if line)
            body = await self.reader.readexactly(int(headers["Content-Length"]))
        return int(head[0].split()[1]), headers, body

    async def is_closed(self) -> bool:
        """By the server, without a word."""
        async with asyncio.timeout(10):
            try:
                return await self.reader.read() == b""
            except ConnectionResetError:
                return True

    async def is_open_after(self, seconds: float) -> bool:
        try:
            async with asyncio.timeout(seconds):
                await self.reader.read(1)
        except TimeoutError:
            return True
        return False


@asynccontextmanager
async def connected(api: Client) -> AsyncIterator[Connection]:
    host, port = api.url.removeprefix("http://").split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    try:
        yield Connection(reader, writer)
    finally:
        writer.close()


def test_private_parts_of_aiohttp_that_we_need_are_there() -> None:
    assert callable(web.AppRunner._make_server)
    known = {
        "_request_count",
        "_waiter",
        "_force_close",
        "_messages",
        "_payload_parser",
        "_upgraded",
        "_close",
    }
    slots = {name for kind in web.RequestHandler.__mro__ for name in getattr(kind, "__slots__", ())}
    assert known <= slots
    assert issubclass(BoundedRunner, web.AppRunner)


# --- sizes -----------------------------------------------------------------------


def fields(count: int) -> bytes:
    return b"".join(b"A%d: x\r\n" % number for number in range(count))


@pytest.mark.parametrize(
    ("head", "status"),
    [
        (b"GET /health?q=%b HTTP/1.1\r\nHost: x\r\n" % (b"x" * 400), 200),
        (b"GET /health?q=%b HTTP/1.1\r\nHost: x\r\n" % (b"x" * 600), 400),
        (b"GET /health HTTP/1.1\r\nHost: x\r\nA: %b\r\n" % (b"x" * 400), 200),
        (b"GET /health HTTP/1.1\r\nHost: x\r\nA: %b\r\n" % (b"x" * 600), 400),
        (b"GET /health HTTP/1.1\r\nHost: x\r\n" + fields(7), 200),
        (b"GET /health HTTP/1.1\r\nHost: x\r\n" + fields(9), 400),
    ],
)
async def test_headers_are_bounded_in_bytes_and_number(start_api: StartApi, head: bytes, status: int) -> None:
    api = await start_api(http=HttpLimits(header_bytes=512, header_fields=8))
    async with connected(api) as connection:
        connection.send(head + b"\r\n")
        assert (await connection.answer())[0] == status


async def test_a_header_without_end_is_not_kept_reading(start_api: StartApi) -> None:
    api = await start_api(http=HttpLimits(header_bytes=512))
    async with connected(api) as connection:
        connection.send(b"GET /health HTTP/1.1\r\nHost: x\r\nA: " + b"x" * 10_000)
        assert (await connection.answer())[0] == 400
        assert await connection.is_closed()


async def test_little_is_kept_of_a_header_that_does_not_end(start_api: StartApi) -> None:
    api = await start_api(http=HttpLimits(header_bytes=512))
    async with connected(api) as connection:
        connection.send(b"GET /health HTTP/1.1\r\n" + fields(3))
        for _ in range(20):  # each of a size that is fine
            connection.send(b"A: " + b"x" * 200 + b"\r\n")
            if not await connection.is_open_after(SHORT_S / 10):
                break
        assert await connection.is_closed()
    assert api.limits_hit == ["http_header_bytes"]


async def test_no_more_is_kept_of_one_that_comes_behind_another_request(start_api: StartApi) -> None:
    api = await start_api(http=HttpLimits(header_bytes=512))
    async with connected(api) as connection:
        connection.send(HEALTH + b"GET /health HTTP/1.1\r\n" + fields(3))
        assert (await connection.answer())[0] == 200
        for _ in range(20):
            connection.send(b"A: " + b"x" * 200 + b"\r\n")
            if not await connection.is_open_after(SHORT_S / 10):
                break
        assert await connection.is_closed()
    assert api.limits_hit == ["http_header_bytes"]


async def test_no_more_is_kept_of_one_that_comes_while_another_request_is_answered(
    start_api: StartApi,
) -> None:
    going_on = asyncio.Event()

    async def slow(_request: web.Request) -> web.Response:
        await going_on.wait()
        return web.Response(text="slow")

    api = await start_api(
        http=HttpLimits(header_bytes=512), routes=lambda app: app.router.add_get("/slow", slow)
    )
    async with connected(api) as connection:
        connection.send(HEALTH.replace(b"/health", b"/slow"))
        await connection.is_open_after(SHORT_S)
        connection.send(b"GET /health HTTP/1.1\r\n")
        for _ in range(20):
            await connection.is_open_after(SHORT_S / 10)
            connection.send(b"A: " + b"x" * 200 + b"\r\n")
        assert api.limits_hit == ["http_header_bytes"]
        going_on.set()
        assert (await connection.answer())[::2] == (200, b"slow")
        assert await connection.is_closed()


async def test_requests_that_come_at_once_are_all_answered(start_api: StartApi) -> None:
    api = await start_api(http=HttpLimits(header_bytes=512, header_read_s=SHORT_S))
    post = b"POST /auth/telegram HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{}"
    async with connected(api) as connection:
        connection.send(HEALTH + HEALTH + post + HEALTH)
        assert [(await connection.answer())[0] for _ in range(4)] == [200, 200, 422, 200]
        assert await connection.is_open_after(LONGER_S)
    assert api.limits_hit == []


# --- what is malformed -----------------------------------------------------------------------

MALFORMED = (
    b"GET /health HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %b\0\r\n\r\n" % SECRET,
    b"GET /health HTTP/1.1\r\nHost: x\r\nCookie access_token=%b\r\n\r\n" % SECRET,
    b"GET /health HTTP/1.1\r\nHost: x\r\nContent-Length: -%b\r\n\r\n" % SECRET,
    b"%b /health\r\n\r\n" % SECRET,
    b"GET /health HTTP/1.1\r\nHost: x\r\n%b: %b\r\n\r\n" % (SECRET * 500, SECRET),
    b"\x16\x03\x01" + SECRET + b"\r\n\r\n",
)


@pytest.mark.parametrize("request_bytes", MALFORMED)
async def test_malformed_requests_are_told_so_as_everybody_and_never_repeated(
    api: Client, request_bytes: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    with structlog.testing.capture_logs() as logged:
        async with connected(api) as connection:
            connection.send(request_bytes)
            status, headers, body = await connection.answer()
            assert await connection.is_closed()
    assert (status, json.loads(body)) == (400, {"detail": "Bad Request"})
    assert (headers["Content-Type"], headers["Server"]) == ("application/json; charset=utf-8", "telcall")
    (line,) = logged
    assert (line["event"], line["request_id"]) == ("request_malformed", headers["X-Request-ID"])
    assert SECRET.decode() not in repr(logged) + repr(headers) + caplog.text
    assert caplog.records == []


# --- times -----------------------------------------------------------------------


@pytest.mark.parametrize("begun", [b"", b"GET /health HT", HEALTH[:-2]])
async def test_a_header_that_does_not_come_to_its_end_closes_the_connection(
    start_api: StartApi, begun: bytes
) -> None:
    api = await start_api(http=HttpLimits(header_read_s=SHORT_S))
    async with connected(api) as connection:
        connection.send(begun)
        assert await connection.is_closed()
    assert api.limits_hit == ["http_read_s"]


async def test_bytes_that_drip_do_not_make_it_longer(start_api: StartApi) -> None:
    api = await start_api(http=HttpLimits(header_read_s=SHORT_S))
    async with connected(api) as connection, asyncio.timeout(10):
        connection.send(b"GET /health HTTP/1.1\r\nA: ")
        while await connection.is_open_after(SHORT_S / 10):
            connection.send(b"x")
    assert api.limits_hit == ["http_read_s"]


async def test_later_requests_have_the_same_time(start_api: StartApi) -> None:
    api = await start_api(http=HttpLimits(header_read_s=SHORT_S))
    async with connected(api) as connection:
        connection.send(HEALTH)
        assert (await connection.answer())[0] == 200
        assert await connection.is_open_after(LONGER_S)  # nothing has begun
        connection.send(HEALTH)
        assert (await connection.answer())[0] == 200
        connection.send(HEALTH[:20])
        assert await connection.is_closed()


async def test_a_body_has_its_own_time(start_api: StartApi) -> None:
    api = await start_api(http=HttpLimits(header_read_s=SHORT_S))
    async with connected(api) as connection:
        connection.send(b"POST /auth/telegram HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{")
        assert await connection.is_open_after(LONGER_S)
        connection.send(b"}")
        assert (await connection.answer())[0] == 422
        assert await connection.is_open_after(LONGER_S)
    assert api.limits_hit == []


async def test_the_end_of_a_body_is_no_header(start_api: StartApi) -> None:
    api = await start_api(http=HttpLimits(header_bytes=512, header_read_s=SHORT_S))
    body = b" " * 40_000 + b"{}"
    async with connected(api) as connection:
        for _ in range(2):
            head = b"POST /auth/telegram HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n"
            connection.send(head % len(body))
            await connection.is_open_after(SHORT_S / 5)
            connection.send(body)
            assert (await connection.answer())[0] == 422
        assert await connection.is_open_after(LONGER_S)
    assert api.limits_hit == []


async def test_an_idle_connection_is_closed(start_api: StartApi) -> None:
    api = await start_api(http=HttpLimits(keep_alive_s=SHORT_S))
    async with connected(api) as connection:
        connection.send(HEALTH)
        assert (await connection.answer())[0] == 200
        assert await connection.is_closed()
    assert api.limits_hit == []


async def test_a_socket_stays_open(start_api: StartApi) -> None:
    async def echo(request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        await socket.send_str((await socket.receive()).data)
        return socket

    limits = HttpLimits(header_read_s=SHORT_S, keep_alive_s=SHORT_S)
    api = await start_api(http=limits, routes=lambda app: app.router.add_get("/echo", echo))
    async with api.session.ws_connect(f"{api.url}/echo") as socket:
        with pytest.raises(TimeoutError):
            await socket.receive(LONGER_S)
    assert api.limits_hit == []
    async with api.session.ws_connect(f"{api.url}/echo") as socket:
        await socket.send_str("heard")
        heard = await socket.receive(10)
        assert (heard.type, heard.data) == (WSMsgType.TEXT, "heard")


# --- connections -----------------------------------------------------------------------


async def is_answered(api: Client) -> bool:
    async with connected(api) as connection:
        connection.send(HEALTH)
        try:
            return (await connection.answer())[0] == 200
        except (asyncio.IncompleteReadError, ConnectionResetError):
            return False


async def test_connections_of_one_address_are_counted(start_api: StartApi) -> None:
    api = await start_api(http=HttpLimits(connections_per_address=2))
    async with connected(api) as first, connected(api) as second:
        for connection in (first, second):
            connection.send(HEALTH)
            assert (await connection.answer())[0] == 200
        assert not await is_answered(api)
        assert api.limits_hit == ["http_per_address"]
        first.writer.close()
        async with asyncio.timeout(10):
            while not await is_answered(api):
                pass
        second.send(HEALTH)
        assert (await second.answer())[0] == 200


async def test_a_trusted_proxy_brings_everybody(start_api: StartApi) -> None:
    limits = HttpLimits(connections_per_address=1)
    api = await start_api(http=limits, trusted_proxies=(ip_network("127.0.0.0/8"),))
    async with connected(api) as first, connected(api) as second:
        for connection in (first, second):
            connection.send(HEALTH)
            assert (await connection.answer())[0] == 200
    assert api.limits_hit == []
