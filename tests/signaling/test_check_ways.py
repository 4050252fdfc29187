"""The Python client's check against the whole of signaling, directly and by the real coturn."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from sfu.config import SfuConfig
from sfu.control.server import Server as SfuServer
from signaling.config import IceConfig, SignalingConfig
from telcall.client.check import check_way, ways
from telcall.client.errors import JoinRefused
from tests.infra.coturn import SECRET, Coturn
from tests.signaling.sockets import MakeServer


@pytest.fixture
async def sfu() -> AsyncIterator[SfuServer]:
    async with SfuServer(SfuConfig(dataplane="python")) as server:
        yield server


async def test_the_direct_way(make_server: MakeServer, sfu: SfuServer) -> None:
    server = await make_server(sfu=sfu)
    user = await server.user("Anna")
    (direct,) = ways(())
    found = await check_way(f"http://127.0.0.1:{server.port}", f"t{user.id}", direct, 1.5)
    assert found.failure is None
    assert found.frames > 0
    assert found.result is not None
    assert found.result.reason == "finished"
    with pytest.raises(JoinRefused, match="unauthorized"):
        await check_way(f"http://127.0.0.1:{server.port}", "a token of nobody", direct)


@pytest.mark.infra
async def test_a_relay_alone_works_and_one_with_another_secret_does_not(
    make_server: MakeServer, sfu: SfuServer, tmp_path: Path
) -> None:
    with Coturn(tmp_path, allowed_peers=("127.0.0.1",), TURN_SECRET=SECRET) as coturn:
        ice = IceConfig(turn_servers=coturn.urls[:2], turn_secret=SECRET)
        server = await make_server(SignalingConfig(ice=ice, check_connect_s=20), sfu)
        url, token = f"http://127.0.0.1:{server.port}", f"t{(await server.user('Anna')).id}"
        direct, *_ = ways(())
        found = await check_way(url, token, direct, 0.5)
        udp, tcp = ways(found.ice_servers)[1:]
        assert (udp.name, tcp.name) == coturn.urls[:2]
        for way in (udp, tcp):
            relayed = await check_way(url, token, way, 1.5)
            assert relayed.failure is None, coturn.log()
            assert relayed.frames > 0
        assert udp.turn is not None
        wrong = ways((udp.turn.model_copy(update={"credential": "wrong"}),))[1]
        assert (await check_way(url, token, wrong, 0.5)).failure == "no_relay"
