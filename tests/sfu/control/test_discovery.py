"""A real server behind a router that translates: a STUN server on another address tells it who it is."""

import asyncio

from sfu.config import SfuConfig
from sfu.control.addresses import interface_addresses
from sfu.control.server import Server
from sfu.core.ice import stun

OUTER = ("203.0.113.7", 40_000)


class StunServer(asyncio.DatagramProtocol):
    """Answers as a server on the other side of a router would: with the outer address."""

    def __init__(self, mapped, forged=False):
        self.mapped, self.forged, self.asked = mapped, forged, 0

    def connection_made(self, transport):
        self.transport = transport

    def datagram_received(self, data, remote):
        self.asked += 1
        message = stun.parse(data)
        transaction_id = bytes(12) if self.forged else message.transaction_id
        value = stun.xor_address(self.mapped or remote[:2], transaction_id)
        answer = stun.build(stun.BINDING_SUCCESS, transaction_id, [(stun.XOR_MAPPED_ADDRESS, value)], None)
        self.transport.sendto(answer, remote)


async def stun_server(mapped, **kwargs):
    host = next(ip for ip in interface_addresses() if ":" not in ip and not ip.startswith("127."))
    loop = asyncio.get_running_loop()
    transport, protocol = await loop.create_datagram_endpoint(
        lambda: StunServer(mapped, **kwargs), local_addr=(host, 0)
    )
    return transport, protocol, f"stun:{host}:{transport.get_extra_info('sockname')[1]}"


async def test_the_outer_address_is_told_to_clients(eventually):
    transport, _, uri = await stun_server(OUTER)
    async with Server(SfuConfig(stun_servers=(uri,))) as server:
        await eventually(lambda: "203.0.113.7:40000" in server.advertised)
    transport.close()


async def test_an_address_of_our_own_is_told_once(eventually):
    transport, protocol, uri = await stun_server(None)
    async with Server(SfuConfig(stun_servers=(uri,))) as server:
        before = list(server.advertised)
        await eventually(lambda: protocol.asked)
        await asyncio.sleep(0.1)
        assert server.advertised == before
    transport.close()


async def test_an_answer_to_no_question_is_not_believed(eventually):
    transport, protocol, uri = await stun_server(OUTER, forged=True)
    async with Server(SfuConfig(stun_servers=(uri,))) as server:
        before = list(server.advertised)
        await eventually(lambda: protocol.asked >= 2)
        assert server.advertised == before
    transport.close()


async def test_a_configured_address_is_not_questioned(eventually):
    transport, protocol, uri = await stun_server(OUTER)
    async with Server(SfuConfig(public_addresses=("198.51.100.1",), stun_servers=(uri,))) as server:
        await asyncio.sleep(0.2)
        assert protocol.asked == 0
        assert all(address.startswith(("198.51.100.1", "127.", "[::1]")) for address in server.advertised)
    transport.close()


async def test_a_server_that_is_unknown_or_silent_delays_nothing():
    async with Server(
        SfuConfig(stun_servers=("stun:no-such-host.invalid", "turn:x", "stun:[::1]:1"))
    ) as server:
        assert server.advertised
    assert not [task for task in asyncio.all_tasks() if task.get_name() == "address_discovery"]
