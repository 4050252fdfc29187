"""`/ws/check` with the real SFU behind it, and aiortc as the client's media side."""

from __future__ import annotations

import asyncio
import json
import random
import re
from array import array
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from typing import Any

import pytest
from aiortc import RTCConfiguration, RTCPeerConnection, RTCSessionDescription

from sfu.config import SfuConfig
from sfu.control.server import Server as SfuServer
from signaling.config import Rate, RateLimits, SignalingConfig
from telcall.client.measure import loudest
from telcall.client.media import Tone
from tests.signaling import mutations
from tests.signaling.sockets import MakeServer, Until

TONE_HZ = 440
Make = Callable[..., Awaitable[Any]]


@pytest.fixture
async def sfu() -> AsyncIterator[SfuServer]:
    async with SfuServer(SfuConfig(dataplane="python")) as server:
        yield server


@pytest.fixture
async def connections() -> AsyncIterator[AsyncExitStack]:
    async with AsyncExitStack() as stack:
        yield stack


async def offer(client: Any, connections: AsyncExitStack) -> RTCPeerConnection:
    """A tone up, one seat down."""
    peer = RTCPeerConnection(RTCConfiguration(iceServers=[]))
    connections.push_async_callback(peer.close)
    peer.addTransceiver(Tone(TONE_HZ), direction="sendonly")
    peer.addTransceiver("audio", direction="recvonly")
    await peer.setLocalDescription(await peer.createOffer())
    up, down = (transceiver.mid for transceiver in peer.getTransceivers())
    await client.send(
        type="sfu_offer",
        offer_id=1,
        payload={"type": "offer", "sdp": peer.localDescription.sdp},
        tracks={up: "microphone"},
        seats=[{"seat": 0, "audio_mid": down}],
    )
    return peer


async def accept(
    client: Any, peer: RTCPeerConnection, change: Callable[[str], str] = lambda sdp: sdp
) -> None:
    answer = await client.hear("sfu_answer")
    await peer.setRemoteDescription(RTCSessionDescription(change(answer["payload"]["sdp"]), "answer"))


def keeps_nothing(server: Any, sfu: SfuServer) -> bool:
    return (
        sfu.stats().participants == 0
        and sfu._rooms == {}
        and server.counted("telcall_checks_running") == 0
        and server.counted("telcall_ws_open") == 0
    )


async def test_the_own_sound_comes_back_and_the_numbers_are_true(
    make_server: MakeServer, sfu: SfuServer, connections: AsyncExitStack, until: Until
) -> None:
    server = await make_server(sfu=sfu)
    client = await server.check(await server.user("Anna"))
    ready = await client.hear()
    assert (ready["type"], ready["connect_s"], ready["echo_s"]) == ("check_ready", 8, 20)
    peer = await offer(client, connections)
    await accept(client, peer)
    connected = await client.hear("connected")
    assert connected["transport"] == "udp"
    seat = peer.getTransceivers()[1].receiver
    heard: int | float | None = None
    async with asyncio.timeout(30):
        while heard != TONE_HZ:
            frame = await seat.track.recv()
            samples = frame.to_ndarray()[0][:: len(frame.layout.channels)]
            heard = loudest(array("h", samples.tolist()), [220, TONE_HZ, 880])
    async with asyncio.timeout(30):
        while (stats := await client.hear("check_stats"))["downlink"]["rtt_ms"] is None:
            pass
    sent = next(each for each in (await peer.getStats()).values() if each.type == "outbound-rtp")
    up, down = stats["uplink"], stats["downlink"]
    assert 0 < up["packets"] <= sent.packetsSent
    assert up["lost"] == 0
    assert down["fraction_lost"] == 0
    assert 0 < down["packets"] < 2 * up["packets"]  # reports are counted with them
    assert up["kbps"] > 5
    assert 0 <= down["rtt_ms"] < 1_000
    await client.send(type="leave")
    code, messages = await client.close_code()
    result = messages[-1]
    assert (code, result["type"], result["reason"]) == (1000, "check_result", "finished")
    assert result["uplink"]["packets"] >= up["packets"]
    assert result["uplink"]["kbps"] > 5
    assert result["connected_after_ms"] == connected["after_ms"]
    await until(lambda: keeps_nothing(server, sfu))
    assert server.counted("telcall_checks_total", reason="finished") == 1


async def test_it_ends_by_itself(
    make_server: MakeServer, sfu: SfuServer, connections: AsyncExitStack, until: Until
) -> None:
    server = await make_server(SignalingConfig(check_echo_s=1.5), sfu)
    client = await server.check(await server.user("Anna"))
    await accept(client, await offer(client, connections))
    await client.hear("connected")
    code, messages = await client.close_code()
    assert (code, messages[-1]["reason"]) == (1000, "time_limit")
    assert messages[-1]["uplink"]["packets"] > 0
    await until(lambda: keeps_nothing(server, sfu))


async def test_a_media_port_that_nothing_reaches_is_told(
    make_server: MakeServer, sfu: SfuServer, connections: AsyncExitStack, until: Until
) -> None:
    server = await make_server(SignalingConfig(check_connect_s=1.0), sfu)
    client = await server.check(await server.user("Anna"))
    # As behind a firewall: the client sends to where nobody hears it.
    await accept(
        client,
        await offer(client, connections),
        lambda sdp: re.sub(r"(a=candidate:\S+ 1 udp \d+ \S+) \d+", r"\1 9", sdp),
    )
    code, messages = await client.close_code()
    assert (code, messages[-1]["reason"]) == (1000, "no_path")
    assert messages[-1]["connected_after_ms"] is None
    await until(lambda: keeps_nothing(server, sfu))


async def test_without_an_offer_it_ends(make_server: MakeServer, sfu: SfuServer, until: Until) -> None:
    server = await make_server(SignalingConfig(check_connect_s=0.2), sfu)
    client = await server.check(await server.user("Anna"))
    assert (await client.close_code())[1][-1]["reason"] == "no_offer"
    await until(lambda: keeps_nothing(server, sfu))


async def test_a_socket_that_goes_takes_all_with_it(
    make_server: MakeServer, sfu: SfuServer, connections: AsyncExitStack, until: Until
) -> None:
    server = await make_server(sfu=sfu)
    client = await server.check(await server.user("Anna"))
    await accept(client, await offer(client, connections))
    await client.hear("connected")
    client.socket._response.connection.transport.abort()
    await until(lambda: keeps_nothing(server, sfu))
    assert server.counted("telcall_checks_total", reason="gone") == 1


@pytest.mark.parametrize(
    ("headers", "is_signed_in", "refused"),
    [
        ({}, False, (4401, "unauthorized")),
        ({"Origin": "https://evil.example"}, True, (4403, "origin")),
    ],
)
async def test_strangers_are_turned_away(
    make_server: MakeServer,
    sfu: SfuServer,
    headers: dict[str, str],
    is_signed_in: bool,
    refused: tuple[int, str],
) -> None:
    server = await make_server(sfu=sfu)
    user = await server.user("Anna")
    client = await server.check(user if is_signed_in else None, headers=headers)
    code, messages = await client.close_code()
    assert (code, messages[-1]["code"]) == refused
    assert sfu._rooms == {}


async def test_so_many_a_minute_and_no_more(make_server: MakeServer, sfu: SfuServer) -> None:
    server = await make_server(SignalingConfig(checks_per_user=Rate(0.001, 2)), sfu)
    anna, boris = [await server.user(name) for name in ("Anna", "Boris")]
    for _ in range(2):
        client = await server.check(anna)
        await client.send(type="leave")
        assert (await client.close_code())[0] == 1000
    code, messages = await (await server.check(anna)).close_code()
    assert (code, messages[-1]["code"]) == (4429, "rate_limited")
    assert server.limits == ["checks_per_user"]
    assert (await (await server.check(boris)).hear())["type"] == "check_ready"


async def test_so_many_at_once_and_no_more(make_server: MakeServer, sfu: SfuServer, until: Until) -> None:
    server = await make_server(SignalingConfig(checks_at_once=1), sfu)
    anna, boris = [await server.user(name) for name in ("Anna", "Boris")]
    first = await server.check(anna)
    await first.hear("check_ready")
    code, messages = await (await server.check(boris)).close_code()
    assert (code, messages[-1]["code"]) == (4429, "too_many_connections")
    assert server.limits == ["checks_at_once"]
    await first.socket.close()
    await until(lambda: server.counted("telcall_checks_running") == 0)
    assert (await (await server.check(boris)).hear())["type"] == "check_ready"


async def test_what_is_no_microphone_is_refused_and_the_check_goes_on(
    make_server: MakeServer, sfu: SfuServer, connections: AsyncExitStack
) -> None:
    server = await make_server(sfu=sfu)
    client = await server.check(await server.user("Anna"))
    message = {"type": "sfu_offer", "id": 3, "offer_id": 1, "payload": {"type": "offer", "sdp": "hello"}}
    seats = [{"seat": 0, "audio_mid": "1"}]
    for tracks, code in (({"0": "camera"}, "invalid"), ({"0": "microphone"}, "invalid_sdp")):
        await client.send(**message, tracks=tracks, seats=seats)
        error = await client.hear("error")
        assert (error["code"], error["ref"]) == (code, 3)
    await client.send(type="chat", text="hello")
    assert (await client.hear("error"))["code"] == "unsupported"
    await accept(client, await offer(client, connections))
    await client.hear("connected")


@pytest.mark.fuzz
@pytest.mark.timeout(300)
async def test_hostile_messages_leave_nothing_behind(
    make_server: MakeServer, sfu: SfuServer, until: Until
) -> None:
    wide = Rate(1e6, 1e6)
    rates = RateLimits(sdp=wide, other=wide, bytes=Rate(1e9, 1e9), violations=1_000_000)
    config = SignalingConfig(rates=rates, check_connect_s=60, checks_per_user=wide)
    server = await make_server(config, sfu)
    user = await server.user("Mallory")
    for seed in range(3):
        rng = random.Random(seed)
        client = await server.check(user)
        await client.hear("check_ready")
        for number in range(400):
            if number % 2:
                frame = mutations.frame(rng, [user.id])
                if isinstance(frame, str) and '"leave"' not in frame:
                    await client.socket.send_str(frame)
            else:
                sdp = mutations.description(rng, "offer")
                message = {
                    "type": "sfu_offer",
                    "offer_id": number,
                    "payload": {"type": "offer", "sdp": sdp},
                    "tracks": {rng.choice("0123"): "microphone"},
                    "seats": [{"seat": 0, "audio_mid": rng.choice("0123"), "video_mid": "2"}],
                }
                await client.socket.send_str(json.dumps(message))
            if number % 20 == 19:
                await client.send(type="ping", t=number)
                async with asyncio.timeout(60):
                    while (await client.hear("pong"))["t"] != number:
                        pass
        await client.socket.close()
    await until(lambda: keeps_nothing(server, sfu))
