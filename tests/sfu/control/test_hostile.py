"""What strangers, liars and roaming participants get from the server."""

import asyncio
import os
import random
import socket

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sfu.core.ice import stun
from sfu.core.ice.lite_agent import Path

MEDIA_FIRST_BYTES = range(128, 192)


class Wire:
    """A UDP socket of a stranger that counts what comes."""

    def __init__(self, host):
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind((host, 0))
        self.socket.setblocking(False)
        self.datagrams = []

    def send(self, data, to):
        self.socket.sendto(data, to)

    def read(self):
        while True:
            try:
                self.datagrams.append(self.socket.recvfrom(2_048)[0])
            except BlockingIOError:
                return self.datagrams

    @property
    def media(self):
        return [data for data in self.read() if data and data[0] in MEDIA_FIRST_BYTES]

    @property
    def requests(self):
        return [
            data
            for data in self.read()
            if data[:2] == b"\0\1" and stun.parse(data).message_type == stun.BINDING_REQUEST
        ]


@pytest.fixture
def wire():
    opened = []

    def wire(host="127.0.0.1"):
        opened.append(Wire(host))
        return opened[-1]

    yield wire
    for each in opened:
        each.socket.close()


@pytest.fixture
def media_address(server):
    """The server's port on loopback."""
    host, _, port = next(each for each in server.advertised if each.startswith("127.")).partition(":")
    return host, int(port)


def credentials(peer):
    """(their ufrag, their password, our ufrag, our password), as the peer's descriptions tell them."""

    def field(description, name):
        return next(
            line.partition(":")[2] for line in description.sdp.splitlines() if line.startswith(f"a={name}:")
        )

    local, remote = peer.pc.localDescription, peer.pc.remoteDescription
    return (
        field(local, "ice-ufrag"),
        field(local, "ice-pwd"),
        field(remote, "ice-ufrag"),
        field(remote, "ice-pwd"),
    )


def valid_check(peer):
    """A check as the participant itself could send it, from whatever source address."""
    ufrag, _, server_ufrag, server_password = credentials(peer)
    attributes = [
        (stun.USERNAME, f"{server_ufrag}:{ufrag}".encode()),
        (stun.ICE_CONTROLLING, os.urandom(8)),
        (stun.PRIORITY, os.urandom(4)),
        (stun.USE_CANDIDATE, b""),
    ]
    return stun.build(stun.BINDING_REQUEST, os.urandom(12), attributes, server_password)


async def two_in_a_call(enter, eventually):
    anna = await enter(1, hz=440, colour="red")
    boris = await enter(2, hz=660, colour="green")
    await eventually(lambda: anna.sees(2) == "green" and boris.sees(1) == "red")
    return anna, boris


async def test_a_victim_at_a_forged_source_gets_no_media(enter, eventually, wire, media_address):
    anna, _ = await two_in_a_call(enter, eventually)
    victim = wire()
    for _ in range(20):  # the forger nominates the victim's address again and again
        victim.send(valid_check(anna), media_address)
        await asyncio.sleep(0.1)
    assert victim.requests, "the server has to ask the address that it was pointed to"
    assert victim.media == []
    assert anna.sees(2) == "green"


async def test_who_answers_the_servers_own_request_gets_the_media(enter, eventually, wire, media_address):
    anna, _ = await two_in_a_call(enter, eventually)
    ufrag, password, server_ufrag, _ = credentials(anna)
    roamed = wire()
    roamed.send(valid_check(anna), media_address)
    await eventually(lambda: roamed.requests)
    assert roamed.media == []
    request = stun.parse(roamed.requests[0])
    assert request.username == f"{ufrag}:{server_ufrag}"
    assert request.has_integrity(password)
    wrong = stun.build(stun.BINDING_SUCCESS, os.urandom(12), [], password)
    roamed.send(wrong, media_address)
    await asyncio.sleep(0.2)
    assert roamed.media == []
    roamed.send(stun.build(stun.BINDING_SUCCESS, request.transaction_id, [], password), media_address)
    await eventually(lambda: roamed.media)


async def test_who_does_not_know_the_password_gets_no_byte(enter, eventually, wire, media_address):
    anna, _ = await two_in_a_call(enter, eventually)
    ufrag, _, server_ufrag, _ = credentials(anna)
    stranger = wire()
    name = [(stun.USERNAME, f"{server_ufrag}:{ufrag}".encode())]
    stranger.send(stun.build(stun.BINDING_REQUEST, bytes(12), name, "guessed-password"), media_address)
    stranger.send(stun.build(stun.BINDING_REQUEST, bytes(12), name, None), media_address)
    stranger.send(stun.build(stun.BINDING_REQUEST, bytes(12), [], None), media_address)
    stranger.send(b"\x16\xfe\xfd" + bytes(60), media_address)
    stranger.send(b"\x80" + bytes(60), media_address)
    await asyncio.sleep(0.5)
    assert stranger.read() == []


async def test_the_server_never_sends_more_than_it_was_sent_before_the_keys(
    enter, eventually, wire, media_address
):
    anna, _ = await two_in_a_call(enter, eventually)
    victim = wire()
    sent = valid_check(anna)
    victim.send(sent, media_address)
    await eventually(lambda: victim.read())
    responses = [data for data in victim.read() if data[:2] == b"\1\1"]
    assert all(len(data) <= len(sent) for data in responses)


async def test_rubbish_at_the_port_and_from_a_validated_address_ends_nothing(
    enter, eventually, wire, media_address, server
):
    anna, boris = await two_in_a_call(enter, eventually)
    numbers = random.Random(7)
    stranger, insider = wire(), wire()
    insider.send(valid_check(anna), media_address)
    await eventually(lambda: insider.read())
    for turn in range(600):
        data = numbers.randbytes(numbers.choice([0, 1, 2, 11, 12, 13, 20, 40, 200, 1_400]))
        if data:
            first = (0, 1, 20, 21, 22, 23, 63, 128, 129, 144, 191, 200)[turn % 12]
            data = bytes([first]) + data[1:]
        stranger.send(data, media_address)
        insider.send(data, media_address)
        if turn % 50 == 0:
            await asyncio.sleep(0.01)
    insider.send(b"\x15\xfe\xfd" + bytes(8) + b"\0\2\2\x28", media_address)  # a forged fatal alert
    await asyncio.sleep(0.5)
    before = anna.listening[anna.seat_of(2).audio_mid].frames
    await eventually(lambda: anna.listening[anna.seat_of(2).audio_mid].frames > before + 20)
    assert anna.states == boris.states == ["connected"]
    assert anna.sees(2) == "green"


@pytest.mark.fuzz
async def test_any_bytes_are_survived_by_the_dispatch_of_stun(server):
    path = Path(0, ("192.0.2.9", 5_000))

    @settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))
    @given(
        st.binary(max_size=300) | st.binary(max_size=200).map(lambda tail: b"\0\1\0\0\x21\x12\xa4\x42" + tail)
    )
    def any_bytes(data):
        server._on_stun(path, data)

    any_bytes()
    assert server._connections._by_path == {}
