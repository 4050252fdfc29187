"""Finds the address by which the world reaches a media port behind a translating router (RFC 8489 §2).

The question leaves from the media port itself, so the answer names that port's own mapping. Behind a cloud's
one-to-one translation that is the address clients have to be told; where it is not, TELCALL_PUBLIC_ADDRESS
is.
"""

from __future__ import annotations

import asyncio
import re
import secrets
import socket
from collections.abc import Callable, Sequence
from ipaddress import ip_address

import structlog

from sfu.core.ice import stun
from sfu.dataplane.engine import Address, LocalPort
from sfu.errors import MalformedPacket

log = structlog.get_logger(__name__)

TRIES = 5
FIRST_WAIT_S = 0.5
RESOLVE_TIMEOUT_S = 5.0
DEFAULT_PORT = 3_478
_URI = re.compile(r"stun:(?:\[(?P<v6>[0-9A-Fa-f:.]+)\]|(?P<host>[A-Za-z0-9._-]+))(?::(?P<port>\d{1,5}))?")


class AddressDiscovery:
    """Asks each server from each port; tells of every address that is not one of ours.

    ask: sends a datagram from a port (its index) to an address. found: is told of a mapped address.
    """

    def __init__(
        self,
        servers: Sequence[str],
        ports: Sequence[LocalPort],
        ask: Callable[[int, Address, bytes], None],
        found: Callable[[Address], None],
    ) -> None:
        self._servers, self._ports = servers, ports
        self._ask, self._found = ask, found
        self._open: dict[bytes, LocalPort] = {}
        self._task = asyncio.create_task(self._run(), name="address_discovery")

    def receive(self, message: stun.StunMessage, port: int) -> bool:
        """An answer that came by a port; False where it is none to a question of ours."""
        asked = self._open.get(message.transaction_id)
        if asked is None or asked.index != port or message.message_type != stun.BINDING_SUCCESS:
            return False
        del self._open[message.transaction_id]
        value = message.get(stun.XOR_MAPPED_ADDRESS)
        try:
            mapped = stun.parse_xor_address(value or b"", message.transaction_id)
        except MalformedPacket:
            return True
        ip = ip_address(mapped[0])
        usable = not (ip.is_loopback or ip.is_unspecified or ip.is_multicast or ip.is_link_local)
        if usable and mapped[0] not in {each.address[0] for each in self._ports}:
            self._found(mapped)
        return True

    async def close(self) -> None:
        self._task.cancel()
        await asyncio.wait([self._task])
        self._open.clear()

    async def _run(self) -> None:
        try:
            addresses = [address for server in self._servers for address in await _resolve(server)]
            questions = [
                (port, address, secrets.token_bytes(12))
                for address in addresses
                for port in self._ports
                if (":" in port.address[0]) == (":" in address[0])
                and not ip_address(port.address[0]).is_loopback
            ]
            self._open = {transaction_id: port for port, _, transaction_id in questions}
            for attempt in range(TRIES):
                for port, address, transaction_id in questions:
                    if transaction_id in self._open:
                        request = stun.build(stun.BINDING_REQUEST, transaction_id, [], None)
                        self._ask(port.index, address, request)
                await asyncio.sleep(FIRST_WAIT_S * 2**attempt)
                if not self._open:
                    return
            log.info("stun_servers_silent", unanswered=len(self._open))
            self._open.clear()
        except Exception:
            log.exception("address_discovery_failed")


async def _resolve(server: str) -> list[Address]:
    """One address of each family; none where the name is unknown, or the URI is of another kind."""
    parsed = _URI.fullmatch(server)
    if parsed is None:
        return []
    host, port = parsed["v6"] or parsed["host"], int(parsed["port"] or DEFAULT_PORT)
    if not 0 < port < 65_536:
        return []
    loop = asyncio.get_running_loop()
    try:
        async with asyncio.timeout(RESOLVE_TIMEOUT_S):
            answers = await loop.getaddrinfo(host, port, type=socket.SOCK_DGRAM)
    except (OSError, TimeoutError):
        log.info("stun_server_unknown", server=server)
        return []
    by_family: dict[int, Address] = {}
    for family, _, _, _, address in answers:
        by_family.setdefault(family, (str(address[0]), int(address[1])))
    return list(by_family.values())
