"""The real coturn with the deployed configuration: allocations for our credentials, no relay to inside."""

from __future__ import annotations

import asyncio
import os
import stat
import subprocess
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import aiohttp
import pytest
from aioice import stun
from aioice.stun import TransactionFailed
from aioice.turn import TurnClientUdpProtocol
from prometheus_client import CollectorRegistry

from signaling.config import IceConfig
from signaling.ice_health import IceHealth
from signaling.ice_probe import ProbeFailed, probe_turn
from signaling.ice_servers import IceServers, turn_credentials
from signaling.ice_uri import parse_ice_uri
from tests.infra.backend import serving, sign_in
from tests.infra.coturn import SECRET, TURN, Coturn

pytestmark = pytest.mark.infra


@pytest.fixture(scope="module")
def coturn(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Coturn]:
    with Coturn(tmp_path_factory.mktemp("coturn"), TURN_SECRET=SECRET) as running:
        yield running


@pytest.fixture(scope="module")
def coturn_of_ipv6(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Coturn]:
    with Coturn(tmp_path_factory.mktemp("coturn6"), ("127.0.0.1", "::1"), TURN_SECRET=SECRET) as running:
        yield running


class SixClient(TurnClientUdpProtocol):
    """Asks for an IPv6 relay (RFC 8656 section 18.8), which aioice has no word for."""

    async def request(self, request: stun.Message) -> tuple[stun.Message, tuple[str, int]]:
        if request.message_method == stun.Method.ALLOCATE:
            request.attributes["REQUESTED-ADDRESS-FAMILY"] = 0x0200_0000
        return await super().request(request)


@pytest.fixture(autouse=True)
def address_family(monkeypatch: pytest.MonkeyPatch) -> None:
    attribute = (0x0017, "REQUESTED-ADDRESS-FAMILY", stun.pack_unsigned, stun.unpack_unsigned)
    monkeypatch.setitem(stun.ATTRIBUTES_BY_NAME, attribute[1], attribute)


def config(coturn: Coturn, secret: str = SECRET, **more: str) -> IceConfig:
    ask = (f"stun:127.0.0.1:{coturn.port}", f"stuns:127.0.0.1:{coturn.tls_port}")
    return IceConfig(stun_servers=ask, turn_servers=coturn.urls, turn_secret=secret or None, **more)  # type: ignore[arg-type]


def health_of(coturn: Coturn, ice: IceConfig, registry: CollectorRegistry | None = None) -> IceHealth:
    tls = coturn.certificate.trusting_client()
    return IceHealth(ice, registry or CollectorRegistry(), timeout_s=20, tls=tls)


@asynccontextmanager
async def allocation(
    coturn: Coturn, credentials: tuple[str, str], kind: type[TurnClientUdpProtocol] = TurnClientUdpProtocol
) -> AsyncIterator[TurnClientUdpProtocol]:
    server = ("127.0.0.1", coturn.port)
    transport, client = await asyncio.get_running_loop().create_datagram_endpoint(
        lambda: kind(server, *credentials, lifetime=60, channel_refresh_time=60),
        remote_addr=server,
    )
    try:
        await client.connect()
        yield client
        await client.delete()
    finally:
        transport.close()


def credentials_of(name: str, at_s: float | None = None) -> tuple[str, str]:
    made = turn_credentials(IceConfig(turn_secret=SECRET), name, int(time.time() if at_s is None else at_s))
    assert made is not None
    return made


async def test_all_its_ways_are_healthy_and_handed_out(coturn: Coturn) -> None:
    ice, registry = config(coturn), CollectorRegistry()
    health = health_of(coturn, ice, registry)
    await health.check_all()
    servers = IceServers(ice, health.is_healthy).for_user(7, int(time.time()))
    assert [server.urls for server in servers] == [[url] for url in (*ice.stun_servers, *coturn.urls)]
    for url in (*ice.stun_servers, *ice.turn_servers):
        assert registry.get_sample_value("telcall_ice_server_up", {"url": url}) == 1


async def test_what_a_person_is_handed_gives_them_an_allocation(coturn: Coturn) -> None:
    tls = coturn.certificate.trusting_client()
    for server in IceServers(config(coturn)).for_user(7, int(time.time()))[2:]:
        uri = parse_ice_uri(server.urls[0])
        assert uri is not None
        assert server.username is not None
        assert server.credential is not None
        await probe_turn(uri, (server.username, server.credential), tls)


async def test_credentials_of_another_secret_are_refused(coturn: Coturn) -> None:
    health = health_of(coturn, config(coturn, "another secret"))
    await health.check_all()
    assert [health.is_healthy(url) for url in coturn.urls] == [False] * 3
    assert health.is_healthy(f"stun:127.0.0.1:{coturn.port}")


async def test_credentials_run_out(coturn: Coturn) -> None:
    uri = parse_ice_uri(coturn.urls[0])
    assert uri is not None
    with pytest.raises(ProbeFailed, match="401"):
        await probe_turn(uri, credentials_of("8", time.time() - 7_200))


async def test_certificate_that_nobody_vouches_for_is_not_trusted(coturn: Coturn) -> None:
    health = IceHealth(config(coturn), CollectorRegistry(), timeout_s=20)
    await health.check_all()
    assert [health.is_healthy(url) for url in coturn.urls] == [True, True, False]


@pytest.mark.parametrize(
    "peer", ["127.0.0.1", "0.0.0.0", "10.0.0.1", "100.64.0.1", "169.254.169.254", "172.16.0.1", "192.168.1.1"]
)
async def test_relay_to_an_inner_address_is_refused(coturn: Coturn, peer: str) -> None:
    async with allocation(coturn, credentials_of("9")) as client:
        with pytest.raises(TransactionFailed) as refused:
            await client.channel_bind(0x4000, (peer, 9))
    assert refused.value.response.error_code == 403


@pytest.mark.parametrize(
    "peer",
    [
        *("::", "::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:8.8.8.8", "64:ff9b::a00:1"),
        *("fc00::1", "fd00::1", "fe80::1", "ff02::1", "2002:a00:1::1"),
    ],
)
async def test_ipv6_relay_to_an_inner_address_is_refused(coturn_of_ipv6: Coturn, peer: str) -> None:
    async with allocation(coturn_of_ipv6, credentials_of("9"), SixClient) as client:
        with pytest.raises(TransactionFailed) as refused:
            await client.channel_bind(0x4000, (peer, 9))
    assert refused.value.response.error_code == 403


async def test_ipv6_relay_to_a_public_address_is_granted(coturn_of_ipv6: Coturn) -> None:
    async with allocation(coturn_of_ipv6, credentials_of("10"), SixClient) as client:
        await client.channel_bind(0x4000, ("2001:503:ba3e::2:30", 9))


async def test_relay_to_a_public_address_is_granted(coturn: Coturn) -> None:
    async with allocation(coturn, credentials_of("10")) as client:
        await client.channel_bind(0x4000, ("198.41.0.4", 9))


async def test_one_person_gets_so_many_allocations(coturn: Coturn) -> None:
    async with AsyncExitStack() as stack:
        for _ in range(12):
            await stack.enter_async_context(allocation(coturn, credentials_of("11")))
        with pytest.raises(TransactionFailed) as refused:
            await stack.enter_async_context(allocation(coturn, credentials_of("11")))
        assert refused.value.response.error_code == 486
        await stack.enter_async_context(allocation(coturn, credentials_of("12")))


async def test_one_that_dies_is_left_out_until_it_is_back(tmp_path: Path) -> None:
    with Coturn(tmp_path, TURN_SECRET=SECRET) as coturn:
        ice = config(coturn)
        tls = coturn.certificate.trusting_client()
        health = IceHealth(ice, CollectorRegistry(), timeout_s=1, tls=tls)
        servers = IceServers(ice, health.is_healthy)
        await health.check_all()
        assert len(servers.for_user(1, 0)) == 5
        coturn.kill()
        await health.check_all()
        assert servers.for_user(1, 0) == []
        coturn.start()
        await health.check_all()
        assert len(servers.for_user(1, 0)) == 5


async def test_server_hands_out_what_works_and_tells_in_its_metrics(coturn: Coturn, tmp_path: Path) -> None:
    udp, _, tls = coturn.urls  # nobody vouches for the certificate
    settings = {
        "STUN_SERVERS": f"stun:127.0.0.1:{coturn.port},stun:127.0.0.1:1",
        "TURN_SERVERS": f"{udp},{tls}",
        "TURN_SECRET": SECRET,
    }
    with serving(tmp_path, settings) as url:
        headers = {"Authorization": f"Bearer {await sign_in(url, 'Anna')}"}
        async with aiohttp.ClientSession(url, headers=headers) as http:
            for _ in range(200):
                async with http.get("/api/config/webrtc") as answer:
                    found = await answer.json()
                if len(found["turn_servers"]) == len(found["stun_servers"]) == 1:
                    break
                await asyncio.sleep(0.1)
            async with http.get("/metrics") as scraped:
                metrics = (await scraped.text()).splitlines()
    assert found["stun_servers"] == [f"stun:127.0.0.1:{coturn.port}"]
    [turn] = found["turn_servers"]
    assert turn["url"] == udp
    assert [server["urls"] for server in found["ice_servers"]] == [*found["stun_servers"], udp]
    uri = parse_ice_uri(udp)
    assert uri is not None
    await probe_turn(uri, (turn["username"], turn["credential"]))
    up = [line.removeprefix("telcall_ice_server_up") for line in metrics if "ice_server_up{" in line]
    assert sorted(up) == sorted(
        [
            f'{{url="stun:127.0.0.1:{coturn.port}"}} 1.0',
            '{url="stun:127.0.0.1:1"} 0.0',
            f'{{url="{udp}"}} 1.0',
            f'{{url="{tls}"}} 0.0',
        ]
    )


async def test_fixed_credentials_work_without_a_secret(tmp_path: Path) -> None:
    login = {"turn_username": "user", "turn_password": "p@ss:word"}
    with Coturn(tmp_path, TURN_USERNAME="user", TURN_PASSWORD="p@ss:word") as coturn:
        health = health_of(coturn, config(coturn, "", **login))
        await health.check_all()
        assert [health.is_healthy(url) for url in coturn.urls] == [True] * 3
        wrong = health_of(coturn, config(coturn, "", **login | {"turn_password": "word"}))
        await wrong.check_all()
        assert [wrong.is_healthy(url) for url in coturn.urls] == [False] * 3


def test_secrets_are_neither_in_the_command_line_nor_in_the_log(coturn: Coturn) -> None:
    command = Path("/proc", str(coturn.pid), "cmdline").read_bytes()
    assert b"turnserver" in command
    assert SECRET.encode() not in command
    assert SECRET not in coturn.log()
    assert stat.S_IMODE((coturn.folder / "conf").stat().st_mode) == 0o600


@pytest.mark.parametrize("given", [{}, {"TURN_REALM": "x"}, {"TURN_REALM": "x", "TURN_USERNAME": "only"}])
def test_start_without_credentials_is_refused(given: dict[str, str], tmp_path: Path) -> None:
    done = subprocess.run(
        ["sh", str(TURN / "start.sh")],
        env={"PATH": os.environ["PATH"], "TURN_CONF": str(tmp_path / "conf")} | given,
        capture_output=True,
        text=True,
        timeout=20,
    )
    assert done.returncode != 0
    assert "TURN_" in done.stderr
