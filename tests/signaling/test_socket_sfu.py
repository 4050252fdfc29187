"""Signaling with the real SFU behind it, and aiortc's peer connections as the clients' media side."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from typing import Any

import pytest
from aiortc import RTCConfiguration, RTCPeerConnection, RTCSessionDescription
from aiortc.mediastreams import AudioStreamTrack

from sfu.config import SfuConfig
from sfu.control.server import Server as SfuServer

MakeServer = Callable[..., Awaitable[Any]]
Until = Callable[[Callable[[], bool]], Awaitable[None]]
SEATS = 3


@pytest.fixture
async def sfu() -> AsyncIterator[SfuServer]:
    async with SfuServer(SfuConfig(dataplane="python")) as server:
        yield server


@pytest.fixture
async def connections() -> AsyncIterator[AsyncExitStack]:
    """Peer connections of a test; closed at its end."""
    async with AsyncExitStack() as stack:
        yield stack


async def connect_media(client: Any, connections: AsyncExitStack, *, offer_id: int = 1) -> RTCPeerConnection:
    """The warm path of a v2 client: microphone, camera and seats in one offer."""
    peer = RTCPeerConnection(RTCConfiguration(iceServers=[]))
    connections.push_async_callback(peer.close)
    peer.addTransceiver("audio", direction="sendonly")
    peer.addTransceiver("video", direction="sendonly")
    for _ in range(SEATS):
        peer.addTransceiver("audio", direction="recvonly")
        peer.addTransceiver("video", direction="recvonly")
    await peer.setLocalDescription(await peer.createOffer())
    mids = [transceiver.mid for transceiver in peer.getTransceivers()]
    await client.send(
        type="sfu_offer",
        offer_id=offer_id,
        payload={"type": "offer", "sdp": peer.localDescription.sdp},
        tracks={mids[0]: "microphone", mids[1]: "camera"},
        seats=[
            {"seat": seat, "audio_mid": mids[2 + 2 * seat], "video_mid": mids[3 + 2 * seat]}
            for seat in range(SEATS)
        ],
    )
    answer = await client.hear("sfu_answer")
    assert answer["offer_id"] == offer_id
    await peer.setRemoteDescription(
        RTCSessionDescription(answer["payload"]["sdp"], answer["payload"]["type"])
    )
    return peer


async def test_the_warm_path_comes_up_and_nothing_is_forwarded(
    make_server: MakeServer, sfu: SfuServer, connections: AsyncExitStack, until: Until
) -> None:
    server = await make_server(sfu=sfu)
    users = [await server.user(name) for name in ("Anna", "Boris")]
    call_id = await server.call(users[0])
    for user in users:
        await connect_media(await server.join(call_id, user), connections)
    await until(lambda: server.counted("telcall_sfu_connections_total", state="connected") == 2)
    assert sfu.stats().packets_forwarded == 0


async def test_three_find_each_other_on_their_seats(
    make_server: MakeServer, sfu: SfuServer, connections: AsyncExitStack
) -> None:
    server = await make_server(sfu=sfu)
    users = [await server.user(name) for name in ("Anna", "Boris", "Clara")]
    call_id = await server.call(users[0])
    clients = [await server.join(call_id, user) for user in users]
    for client in clients:
        await connect_media(client, connections)
        await client.send(type="media_state", audio=True, video=False)
    ids = {user.id for user in users}

    async def seated(client: Any, wanted: set[int]) -> None:
        while client.seated != wanted:
            await client.hear("seats")

    async with asyncio.timeout(20):
        for client, user in zip(clients, users, strict=True):
            await seated(client, ids - {user.id})
        await clients[2].send(type="leave")
        await seated(clients[0], {users[1].id})


async def test_an_offer_that_is_none_is_refused_and_the_call_goes_on(
    make_server: MakeServer, sfu: SfuServer, connections: AsyncExitStack
) -> None:
    server = await make_server(sfu=sfu)
    user = await server.user("Anna")
    client = await server.join(await server.call(user), user)
    await client.send(
        type="sfu_offer", id=7, offer_id=1, payload={"type": "offer", "sdp": "hello"}, tracks={}, seats=[]
    )
    error = await client.hear("error")
    assert (error["code"], error["ref"]) == ("invalid_sdp", 7)
    await connect_media(client, connections, offer_id=2)


async def test_the_sfu_keeps_nothing_of_those_who_left(
    make_server: MakeServer, sfu: SfuServer, connections: AsyncExitStack, until: Until
) -> None:
    server = await make_server(sfu=sfu)
    users = [await server.user(name) for name in ("Anna", "Boris")]
    call_id = await server.call(users[0])
    clients = [await server.join(call_id, user) for user in users]
    for client in clients:
        await connect_media(client, connections)
    again = await server.join(call_id, users[1])  # takes over
    assert (await clients[1].close_code())[0] == 4409
    await connect_media(again, connections)
    await again.leave()
    await clients[0].send(type="leave")
    await until(lambda: sfu.stats().participants == 0 and sfu._rooms == {})


# --- clients of the documented protocol -----------------------------------------------------------------


class MeshClient:
    """The media side of such a client: a peer connection for each other participant."""

    def __init__(self, client: Any, connections: AsyncExitStack) -> None:
        self.client, self._connections = client, connections
        self.peers: dict[int, RTCPeerConnection] = {}

    def _peer(self, user_id: int) -> RTCPeerConnection:
        if user_id not in self.peers:
            peer = self.peers[user_id] = RTCPeerConnection(RTCConfiguration(iceServers=[]))
            self._connections.push_async_callback(peer.close)
            peer.addTrack(AudioStreamTrack())
        return self.peers[user_id]

    async def offer(self, user_id: int) -> None:
        peer = self._peer(user_id)
        await peer.setLocalDescription(await peer.createOffer())
        await self._tell("offer", user_id, peer)

    async def leave(self, user_id: int) -> None:
        """`user_left` of somebody."""
        await self.peers.pop(user_id).close()

    @property
    def connected(self) -> int:
        return sum(peer.connectionState == "connected" for peer in self.peers.values())

    async def listen(self) -> None:
        """Answers offers and takes answers, until it is cancelled."""
        while True:
            message = await self.client.hear("offer", "answer")
            user_id, payload = message["from_user"]["id"], message["payload"]
            assert payload["type"] == message["type"]
            peer = self._peer(user_id)
            await peer.setRemoteDescription(RTCSessionDescription(payload["sdp"], payload["type"]))
            if payload["type"] == "offer":
                await peer.setLocalDescription(await peer.createAnswer())
                await self._tell("answer", user_id, peer)

    async def _tell(self, kind: str, user_id: int, peer: RTCPeerConnection) -> None:
        await self.client.send(
            type=kind, to_user_id=user_id, payload={"type": kind, "sdp": peer.localDescription.sdp}
        )


async def test_two_who_spoke_directly_and_a_third_all_connect_to_virtual_peers(
    make_server: MakeServer, sfu: SfuServer, connections: AsyncExitStack, until: Until
) -> None:
    server = await make_server(sfu=sfu)
    users = sorted([await server.user(name) for name in ("Anna", "Boris", "Clara")], key=lambda user: user.id)
    low, middle, high = (user.id for user in users)
    call_id = await server.call(users[0])
    first = MeshClient(await server.join(call_id, users[0], v2=False), connections)
    second = MeshClient(await server.join(call_id, users[1], v2=False), connections)
    await first.client.hear("user_joined")
    await first.offer(middle)
    await second.client.hear("offer")  # answers too late: the third is there first

    third = MeshClient(await server.join(call_id, users[2], v2=False), connections)
    for mesh, other in ((first, middle), (second, low)):
        heard = [(m["type"], m["user"]["id"]) for m in [await mesh.client.hear() for _ in range(3)]]
        assert heard == [("user_joined", high), ("user_left", other), ("user_joined", other)]
    await first.leave(middle)
    await first.offer(middle)
    await first.offer(high)
    await second.offer(high)
    meshes = (first, second, third)
    listening = [asyncio.create_task(mesh.listen()) for mesh in meshes]
    await until(lambda: [mesh.connected for mesh in meshes] == [2, 2, 2])
    await until(lambda: server.counted("telcall_sfu_connections_total", state="connected") == 6)
    for task in listening:
        task.cancel()
    await asyncio.wait(listening)
    for mesh in meshes:
        await mesh.client.leave()
    await until(lambda: sfu.stats().participants == 0 and sfu._rooms == {})
