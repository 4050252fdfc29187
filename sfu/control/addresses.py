"""Which addresses to bind, and which to tell clients.

One socket per address, never the wildcard: an answer has to leave from the address that was asked, and a
socket bound to an address does that by itself.
"""

from __future__ import annotations

import socket
from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address

import ifaddr

from sfu.dataplane.engine import Address, LocalPort
from sfu.errors import EngineUnavailable

_Ip = IPv4Address | IPv6Address


@dataclass(frozen=True, slots=True)
class AddressPlan:
    """bind: addresses of this machine. advertise: what clients are told, in order of preference, each with
    the address in `bind` that answers for it: itself, or one behind a translating router."""

    bind: tuple[str, ...]
    advertise: tuple[tuple[str, str], ...]


def plan_addresses(public: Sequence[str], local: Sequence[str], *, offer_loopback: bool) -> AddressPlan:
    """public: as configured. local: those of the interfaces. Raises `EngineUnavailable`."""
    ours = _usable(local)
    loopback = [ip for ip in ours if ip.is_loopback]
    others = [ip for ip in ours if not ip.is_loopback]
    advertise: list[tuple[_Ip, _Ip]] = []
    if public:
        for text in public:
            advertise += _reached_by(_parse(text), others or loopback)
    else:
        advertise = [(ip, ip) for ip in others]
    if offer_loopback or not advertise:
        advertise += [(ip, ip) for ip in loopback]
    advertise = list(dict.fromkeys(advertise))
    if not advertise:
        raise EngineUnavailable("no network address was found: name one by TELCALL_PUBLIC_ADDRESS")
    bind = dict.fromkeys(str(inner) for _, inner in advertise)
    return AddressPlan(tuple(bind), tuple((str(outer), str(inner)) for outer, inner in advertise))


def candidates(plan: AddressPlan, ports: Sequence[LocalPort]) -> list[Address]:
    """What an answer names, without repetitions: several inner addresses may answer for one outer one."""
    port_of = {port.address[0]: port.address[1] for port in ports}
    return list(dict.fromkeys((outer, port_of[inner]) for outer, inner in plan.advertise if inner in port_of))


def interface_addresses() -> list[str]:
    """Numeric addresses of all interfaces that are up; link-local ones, which need a zone, left out."""
    found: list[str] = []
    for adapter in ifaddr.get_adapters():
        for each in adapter.ips:
            text = each.ip if isinstance(each.ip, str) else each.ip[0]
            if not ip_address(text).is_link_local and _can_bind(text):
                found.append(text)
    return found


def _can_bind(host: str) -> bool:
    """An IPv6 address may be there and not be usable, as during duplicate address detection."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        with socket.socket(family, socket.SOCK_DGRAM) as probe:
            probe.bind((host, 0))
    except OSError:
        return False
    return True


def _usable(local: Sequence[str]) -> list[_Ip]:
    ips = [ip_address(text) for text in local]
    return sorted(dict.fromkeys(ips), key=lambda ip: ip.version)


def _reached_by(outer: _Ip, local: Sequence[_Ip]) -> list[tuple[_Ip, _Ip]]:
    """A public address of ours answers itself; for one of a router, each address of its family does."""
    if outer in local or outer.is_loopback:
        return [(outer, outer)]
    inner = [ip for ip in local if ip.version == outer.version]
    if not inner:
        raise EngineUnavailable(f"this machine has no IPv{outer.version} address to answer for {outer}")
    return [(outer, ip) for ip in inner]


def _parse(text: str) -> _Ip:
    try:
        return ip_address(text)
    except ValueError:
        raise EngineUnavailable(f"{text} is no numeric IP address (TELCALL_PUBLIC_ADDRESS)") from None
