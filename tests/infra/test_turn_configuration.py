"""coturn's configuration names every address that it must not relay to."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.infra.coturn import TURN

Address = IPv4Address | IPv6Address
LINES = (TURN / "turnserver.conf").read_text().splitlines()
DENIED: list[tuple[Address, Address]] = []
for line in LINES:
    if line.startswith("denied-peer-ip="):
        first, _, last = line.removeprefix("denied-peer-ip=").partition("-")
        DENIED.append((ip_address(first), ip_address(last)))


def is_denied(address: Address) -> bool:
    if address.is_unspecified:
        return True  # by coturn's own rule; test_coturn.py asks it
    return any(
        first.version == address.version and int(first) <= int(address) <= int(last) for first, last in DENIED
    )


@pytest.mark.parametrize(
    "network",
    [
        *("0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12"),
        *("192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15"),
        *("198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4"),
        *("::/128", "::1/128", "::/96", "::ffff:0:0/96", "64:ff9b::/96", "64:ff9b:1::/48", "100::/64"),
        *("2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20", "5f00::/16", "fc00::/7", "fe80::/10"),
        *("fec0::/10", "ff00::/8"),
    ],
)
def test_special_network_is_denied_from_end_to_end(network: str) -> None:
    found = ip_network(network)
    assert is_denied(found[0])
    assert is_denied(found[-1])


@given(st.ip_addresses())
def test_only_what_the_internet_routes_to_is_let_through(address: Address) -> None:
    if not address.is_global or address.is_multicast:
        assert is_denied(address)


@pytest.mark.parametrize("address", ["8.8.8.8", "1.1.1.1", "223.255.255.255", "2606:4700::1", "2a00:1450::1"])
def test_public_address_is_let_through(address: str) -> None:
    assert not is_denied(ip_address(address))


def test_what_a_turn_server_can_do_without_is_off() -> None:
    assert {"no-cli", "no-tcp-relay", "no-multicast-peers", "no-tlsv1", "no-tlsv1_1"} <= set(LINES)
    assert [line for line in LINES if line.startswith("user-quota=")] == ["user-quota=12"]
    assert not [line for line in LINES if line.startswith(("allow-loopback-peers", "no-auth", "static-auth"))]
