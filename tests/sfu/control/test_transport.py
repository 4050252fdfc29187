"""What happens to a connection over its life: restarts, silence, other certificates, other addresses."""

import asyncio
from ipaddress import ip_address

import pytest

from sfu.config import SfuConfig
from sfu.control.addresses import interface_addresses
from sfu.control.server import Server
from sfu.errors import EngineUnavailable


def with_lines(sdp, **values):
    """The description with other values for the named attributes."""
    lines = []
    for line in sdp.splitlines():
        name = line[2:].partition(":")[0].replace("-", "_")
        lines.append(
            f"a={name.replace('_', '-')}:{values[name]}" if line.startswith("a=") and name in values else line
        )
    return "\r\n".join(lines) + "\r\n"


def field(sdp, name):
    return next(line.partition(":")[2] for line in sdp.splitlines() if line.startswith(f"a={name}:"))


@pytest.fixture
async def impatient():
    async with Server(SfuConfig(consent_timeout_s=0.5, handshake_timeout_s=0.5)) as running:
        yield running


async def test_an_ice_restart_keeps_the_keys_and_changes_the_credentials(enter, eventually, server):
    anna = await enter(1, hz=440, colour="red")
    boris = await enter(2, hz=660, colour="green")
    await eventually(lambda: boris.sees(1) == "red")
    before = anna.pc.remoteDescription.sdp
    restarted = with_lines(anna.pc.localDescription.sdp, ice_ufrag="anew", ice_pwd="another+password/24chars")
    answer = await server.answer("room", 1, anna.offer(restarted))
    assert field(answer, "ice-ufrag") != field(before, "ice-ufrag")
    assert field(answer, "ice-pwd") != field(before, "ice-pwd")
    assert field(answer, "fingerprint") == field(before, "fingerprint")
    assert field(answer, "ice-ufrag") in server._connections._by_ufrag
    assert field(before, "ice-ufrag") not in server._connections._by_ufrag
    frames = boris.listening[boris.seat_of(1).audio_mid].frames
    await eventually(lambda: boris.listening[boris.seat_of(1).audio_mid].frames > frames + 20)
    assert anna.states == ["connected"]


async def test_another_certificate_begins_another_handshake(enter, eventually, server):
    anna = await enter(1, hz=440, colour="red")
    await eventually(lambda: anna.states == ["connected"])
    connection = server._connections._by_id[next(iter(server._connections._by_id))]
    handshake = connection._dtls_task
    await server.answer("room", 1, anna.offer(anna.pc.localDescription.sdp))
    assert connection._dtls_task is handshake
    other = with_lines(anna.pc.localDescription.sdp, fingerprint="sha-256 " + ":".join(["AB"] * 32))
    await server.answer("room", 1, anna.offer(other))
    assert connection._dtls_task is not handshake
    await eventually(handshake.done)


async def test_who_falls_silent_is_told_of_and_comes_back(impatient, enter_server, eventually):
    peer = await enter_server(impatient)
    await eventually(lambda: "silent" in peer.states)
    await eventually(lambda: peer.states[-1] == "connected")
    await peer.hang_up()


async def test_a_handshake_that_is_not_finished_fails(impatient, enter_server, eventually):
    peer = await enter_server(impatient)
    connection = impatient._connections._by_id[next(iter(impatient._connections._by_id))]
    connection._dtls.receive = lambda data: None  # every datagram of the client is lost from here on
    await eventually(lambda: peer.states)
    assert peer.states[0] == "failed"
    await peer.hang_up()


async def test_a_goodbye_of_the_client_is_told(enter, eventually):
    anna = await enter(1, hz=440, colour="red")
    await eventually(lambda: anna.states == ["connected"])
    # The server is a flight of the handshake ahead, and a client that is not connected says no goodbye.
    await eventually(lambda: anna.pc.connectionState == "connected")
    await anna.disconnect()
    await eventually(lambda: anna.states == ["connected", "failed"])


def foreign_addresses():
    """Documentation addresses (RFC 5737, RFC 3849) of the families that this machine has."""
    have = {ip_address(text).version for text in interface_addresses()}
    return [text for version, text in ((4, "203.0.113.9"), (6, "2001:db8::9")) if version in have]


async def test_a_public_address_of_a_router_is_told_and_the_machines_own_is_bound():
    public = foreign_addresses()
    assert public
    async with Server(SfuConfig(public_addresses=tuple(public), offer_loopback=False)) as server:
        assert {each.rpartition(":")[0].strip("[]") for each in server.advertised} == set(public)
        assert server.listens
        assert not set(server.listens) & set(server.advertised)


async def test_a_failed_handshake_is_begun_anew_by_the_next_offer(impatient, enter_server, eventually):
    peer = await enter_server(impatient)
    connection = impatient._connections._by_id[next(iter(impatient._connections._by_id))]
    connection._dtls.receive = lambda data: None
    await eventually(lambda: peer.states)
    await eventually(connection._dtls_task.done)
    await impatient.answer("room", 1, peer.offer(peer.pc.localDescription.sdp))
    assert not connection._dtls_task.done()
    await peer.hang_up()


async def test_a_busy_port_is_told_in_words(server):
    host, _, port = next(each for each in server.listens if each.startswith("127.")).partition(":")
    with pytest.raises(EngineUnavailable) as unavailable:
        await Server(SfuConfig(media_port=int(port), public_addresses=(host,))).start()
    assert port in unavailable.value.detail


async def test_a_server_that_is_closed_has_nothing_and_may_be_closed_again(enter_server, eventually):
    tasks = asyncio.all_tasks()
    server = Server(SfuConfig())
    await server.start()
    peer = await enter_server(server)
    await eventually(lambda: peer.states == ["connected"])
    await server.close()
    await server.close()
    with pytest.raises(EngineUnavailable):
        server.stats()
    await peer.disconnect()
    await eventually(lambda: asyncio.all_tasks() == tasks)
