"""Answers to what goes wrong."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from ipaddress import ip_network
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from aiohttp.test_utils import TestClient, TestServer
from hypothesis import given, settings
from hypothesis import strategies as st

from api.app import ApiParts, build_app
from api.authenticator import Authenticator
from api.config import ApiConfig
from api.tokens import Tokens
from signaling.config import IceConfig, SignalingConfig
from signaling.ice_servers import IceServers
from signaling.lifecycle import Lifecycle
from signaling.ratings import Ratings
from store.config import StoreConfig
from store.database import Database

if TYPE_CHECKING:
    from tests.api.conftest import Client, StartApi

hostile_bodies = st.one_of(
    st.binary(max_size=200),
    st.text(max_size=100).map(lambda text: text.encode("utf-8", "surrogatepass")),
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(
                    ["initData", "title", "is_video_enabled", "call_code", "language_code", "name"]
                ),
                inner,
                max_size=4,
            )
        ),
        max_leaves=6,
    ),
)
POSTS = ("/auth/telegram", "/auth/dev", "/api/calls", "/api/calls/join_by_code", "/api/calls/x/end")


def test_any_body_is_answered_without_a_500(hostile: Callable[[str, Any], int]) -> None:
    @settings(deadline=None, max_examples=60)
    @given(body=hostile_bodies, path=st.sampled_from(POSTS))
    def check(body: Any, path: str) -> None:
        assert hostile(path, body) in (200, 201, 400, 401, 403, 404, 422)

    check()


@pytest.fixture
async def hostile(start_api: StartApi) -> Callable[[str, Any], int]:
    """Posts, from a test that is no coroutine: Hypothesis calls it many times."""
    api = await start_api(dev_sign_in="always")
    anna = await api.signed_in()
    loop = asyncio.get_running_loop()

    def post(path: str, body: Any) -> int:
        return loop.run_until_complete(anna.post(path, body)).status

    return post


async def test_absent_database_is_a_503_and_health_is_well() -> None:
    async with Database(StoreConfig(url="postgresql://telcall@127.0.0.1:1/telcall")) as database:
        authenticator, rooms = Authenticator(database, Tokens("k" * 32)), NoRooms()
        parts = ApiParts(
            database=database,
            bus=rooms,
            lifecycle=Lifecycle(database, rooms, SignalingConfig()),
            ratings=Ratings(database, NoJournal()),
            authenticator=authenticator,
            ice_servers=IceServers(IceConfig()),
        )
        app = build_app(ApiConfig(secret_key="k" * 32), parts)
        async with TestClient(TestServer(app)) as client:
            token = authenticator.issue(1, "api", 60)
            answer = await client.get("/api/me", headers={"Authorization": f"Bearer {token}"})
            assert (answer.status, await answer.json()) == (503, {"detail": "Database unavailable"})
            assert answer.headers["Retry-After"] == "2"
            assert await (await client.get("/health")).text() == '{"status":"ok"}'


class NoJournal:
    def rated(self, *facts: object) -> None:
        raise AssertionError(facts)


class NoRooms:
    on_call_over = None

    def end(self, call_id: str, reason: str) -> None:
        raise AssertionError((call_id, reason))


async def test_wrong_method_names_the_right_ones(api: Client) -> None:
    answer = await api.request("DELETE", "/api/calls")
    allowed = "GET,HEAD,POST"
    assert (answer.status, answer.detail, answer.headers["Allow"]) == (405, "Method Not Allowed", allowed)


async def test_both_forms_of_every_path_are_answered(api: Client) -> None:
    anna = await api.signed_in()
    for path in ("/health", "/api/me", "/auth/ws-token", "/api/config/webrtc", "/metrics"):
        for form in (path, f"{path}/"):
            assert (await anna.get(form)).status == 200
            assert (await anna.request("HEAD", form)).status == 200


async def test_body_that_does_not_come_is_not_waited_for(start_api: StartApi) -> None:
    api = await start_api(body_read_s=0.05)
    host, port = api.url.removeprefix("http://").split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    try:
        writer.write(b"POST /auth/telegram HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n{")
        assert (await reader.readline()) == b"HTTP/1.1 408 Request Timeout\r\n"
        await reader.read()  # and the connection is closed
    finally:
        writer.close()


header_bytes = st.binary(max_size=60).map(lambda raw: bytes(b for b in raw if b >= 32 and b != 127))
HEADERS = (
    b"Host",
    b"Origin",
    b"Cookie",
    b"Authorization",
    b"X-Forwarded-For",
    b"X-Forwarded-Proto",
    b"Accept",
)
PREFIXES = (b"", b"Bearer ", b"access_token=", b"https://", b"[", b"10.0.0.1, ", b"localhost:")
TARGETS = (b"/", b"/auth/dev", b"/api/me", b"/api/calls/x", b"/metrics", b"/x")


def test_any_headers_and_path_are_answered_without_a_500(raw: Callable[[bytes], int]) -> None:
    header = st.tuples(st.sampled_from(HEADERS), st.sampled_from(PREFIXES), header_bytes)

    @settings(deadline=None, max_examples=150)
    @given(
        headers=st.lists(header, max_size=4),
        target=st.sampled_from(TARGETS),
        tail=st.binary(max_size=12).map(lambda b: bytes(x for x in b if x > 32)),
        method=st.sampled_from([b"GET", b"POST", b"OPTIONS", b"PUT"]),
    )
    def check(headers: list[tuple[bytes, bytes, bytes]], target: bytes, tail: bytes, method: bytes) -> None:
        lines = [b"%s %s%s HTTP/1.1" % (method, target, tail), b"Connection: close"]
        lines += [name + b": " + prefix + value for name, prefix, value in headers]
        status = raw(b"\r\n".join(lines) + b"\r\n\r\n")
        assert 200 <= status < 500

    check()


@pytest.fixture
async def raw(start_api: StartApi, tmp_path: Path) -> Callable[[bytes], int]:
    """Sends bytes over a connection of their own and gives the status of the answer."""
    (tmp_path / "index.html").write_text("<!doctype html>")
    api = await start_api(
        dev_sign_in="loopback",
        cors_origins=("https://app.example",),
        allow_localhost_origins=True,
        trusted_proxies=(ip_network("127.0.0.0/8"),),
        web_root=tmp_path,
    )
    host, port = api.url.removeprefix("http://").split(":")
    loop = asyncio.get_running_loop()

    async def exchange(request: bytes) -> int:
        reader, writer = await asyncio.open_connection(host, int(port))
        try:
            writer.write(request)
            return int((await reader.readline()).split()[1])
        finally:
            writer.close()

    return lambda request: loop.run_until_complete(exchange(request))
