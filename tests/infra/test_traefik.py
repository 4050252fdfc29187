"""The server behind the real Traefik with the deployed configuration: HTTPS, WebSockets, headers."""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp.abc import AbstractResolver, ResolveResult

from tests.infra.backend import serving, sign_in
from tests.infra.certificates import Certificate
from tests.infra.traefik import API_HOST, APP_HOST, Traefik

pytestmark = pytest.mark.infra


@pytest.fixture(scope="module")
def backend(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """`telcall serve`, as its settings in docker-compose.yml make it trust the proxy."""
    settings = {
        "TELCALL_PUBLIC_URL": f"https://{APP_HOST}",
        "TELCALL_TRUSTED_PROXIES": "127.0.0.1",
        "CORS_ALLOW_ORIGINS": f"https://{APP_HOST}",
        "STUN_SERVERS": "",
    }
    with serving(tmp_path_factory.mktemp("backend"), settings) as url:
        yield url


@pytest.fixture(scope="module")
def traefik(tmp_path_factory: pytest.TempPathFactory, backend: str) -> Iterator[Traefik]:
    with Traefik(tmp_path_factory.mktemp("traefik"), backend) as running:
        yield running


class EverythingHere(AbstractResolver):
    """Every name is this machine."""

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        return [
            ResolveResult(hostname=host, host="127.0.0.1", port=port, family=socket.AF_INET, proto=0, flags=0)
        ]

    async def close(self) -> None:
        pass


@dataclass
class Visitor:
    """A client that reaches the proxy by its names."""

    traefik: Traefik
    session: aiohttp.ClientSession

    def url(self, path: str, host: str = API_HOST, scheme: str = "https") -> str:
        secure = scheme in ("https", "wss")
        return f"{scheme}://{host}:{self.traefik.https_port if secure else self.traefik.http_port}{path}"

    async def get(self, path: str, **options: Any) -> aiohttp.ClientResponse:
        where = {name: options.pop(name) for name in ("host", "scheme") if name in options}
        answer = await self.session.get(self.url(path, **where), allow_redirects=False, **options)
        await answer.read()
        return answer


@pytest.fixture
async def visitor(traefik: Traefik) -> AsyncIterator[Visitor]:
    connector = aiohttp.TCPConnector(
        resolver=EverythingHere(), ssl=traefik.certificate.trusting_client(), force_close=True
    )
    async with aiohttp.ClientSession(connector=connector) as session:
        visitor = Visitor(traefik, session)
        await _is_served(traefik, traefik.certificate)  # its files are read a moment after its ports open
        yield visitor


@pytest.mark.parametrize("host", [API_HOST, APP_HOST])
async def test_request_goes_through_tls_to_the_server(visitor: Visitor, host: str) -> None:
    answer = await visitor.get("/health", host=host)
    assert (answer.status, await answer.json()) == (200, {"status": "ok"})


@pytest.mark.parametrize("host", [API_HOST, APP_HOST])
async def test_http_is_sent_to_https(visitor: Visitor, host: str) -> None:
    answer = await visitor.get("/call/abc?x=1", host=host, scheme="http")
    assert answer.status in (301, 308)
    assert answer.headers["Location"] == visitor.url("/call/abc?x=1", host=host)


async def test_answers_carry_security_headers(visitor: Visitor) -> None:
    headers = (await visitor.get("/health")).headers
    assert headers["Strict-Transport-Security"] == "max-age=31536000"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "strict-origin-when-cross-origin"
    assert "camera=(self)" in headers["Permissions-Policy"]
    assert "https://web.telegram.org" in headers["Content-Security-Policy"]  # the server's own
    assert "Server" not in headers
    assert "X-Frame-Options" not in headers  # Telegram's web clients show it in a frame


async def test_app_on_the_other_name_may_call_the_api(visitor: Visitor) -> None:
    answer = await visitor.get("/health", headers={"Origin": f"https://{APP_HOST}"})
    assert answer.headers.getall("Access-Control-Allow-Origin") == [f"https://{APP_HOST}"]
    assert answer.headers["Access-Control-Allow-Credentials"] == "true"


async def test_websocket_goes_through_tls(visitor: Visitor, backend: str) -> None:
    token = await sign_in(backend, "Anna")
    headers = {"Authorization": f"Bearer {token}"}
    async with visitor.session.post(visitor.url("/api/calls"), json={}, headers=headers) as made:
        call_id = (await made.json())["call_id"]
    url = visitor.url(f"/ws/calls/{call_id}", scheme="wss")
    async with visitor.session.ws_connect(
        url, protocols=("token", f"token.{token}"), origin=f"https://{APP_HOST}"
    ) as socket_:
        kinds = [(await socket_.receive_json(timeout=20))["type"] for _ in range(2)]
        await socket_.send_json({"type": "offer", "to_user_id": 10**6, "payload": {}})
        answer = await socket_.receive_json(timeout=20)
    assert kinds == ["call_metadata", "participants_snapshot"]
    assert answer["type"] == "error"


async def test_other_names_lead_nowhere(visitor: Visitor) -> None:
    assert (await visitor.get("/health", host="other.test", ssl=False)).status == 404


async def test_server_hears_who_asks_and_believes_nobody_else(visitor: Visitor) -> None:
    """Sign-in is limited by address: a made-up one must not give a new bucket."""
    statuses = []
    for number in range(8):
        async with visitor.session.post(
            visitor.url("/auth/telegram"),
            json={"initData": "hash=00"},
            headers={"X-Forwarded-For": f"198.51.100.{number}"},
        ) as answer:
            statuses.append(answer.status)
    assert 429 in statuses


async def test_metrics_and_dashboard_are_not_for_the_world(visitor: Visitor) -> None:
    for path in ("/metrics", "/dashboard/", "/api/rawdata"):
        assert (await visitor.get(path)).status in (401, 403, 404), path


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion")
@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1])
async def test_old_tls_is_refused(traefik: Traefik, version: ssl.TLSVersion) -> None:
    client = traefik.certificate.trusting_client()
    client.set_ciphers("ALL:@SECLEVEL=0")
    client.minimum_version = ssl.TLSVersion.TLSv1
    client.maximum_version = version
    with pytest.raises((ssl.SSLError, ConnectionError)):
        await asyncio.open_connection("127.0.0.1", traefik.https_port, ssl=client, server_hostname=API_HOST)


async def test_renewed_certificate_is_served_after_a_touch(tmp_path: Path, backend: str) -> None:
    with Traefik(tmp_path, backend) as traefik:
        await _is_served(traefik, traefik.certificate)
        renewed = traefik.renew_certificate()
        tls = traefik.configuration / "dynamic" / "tls.yml"
        tls.write_text(tls.read_text())
        await _is_served(traefik, renewed)


async def _is_served(traefik: Traefik, certificate: Certificate) -> None:
    """It takes Traefik a moment to read its files."""
    wanted = ssl.PEM_cert_to_DER_cert(certificate.crt.read_text())
    unverified = ssl.create_default_context()
    unverified.check_hostname, unverified.verify_mode = False, ssl.CERT_NONE
    for _ in range(600):
        if await _served_certificate(traefik.https_port, unverified) == wanted:
            return
        await asyncio.sleep(0.1)
    raise AssertionError("another certificate is served")


async def _served_certificate(port: int, client: ssl.SSLContext) -> bytes | None:
    """None: nothing yet."""
    try:
        _, writer = await asyncio.open_connection("127.0.0.1", port, ssl=client, server_hostname=API_HOST)
    except OSError:
        return None
    found: bytes | None = writer.get_extra_info("ssl_object").getpeercert(binary_form=True)
    writer.close()
    return found
