"""Who sends a request, through the proxies that the operator trusts."""

from __future__ import annotations

from collections.abc import Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

from aiohttp import web

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

FORWARDING_HEADERS = (
    "Forwarded",
    "X-Forwarded-For",
    "X-Forwarded-Host",
    "X-Forwarded-Proto",
    "X-Forwarded-Port",
    "X-Forwarded-Server",
    "X-Real-IP",
    "Via",
)
IPV6_CLIENT_BITS = 64  # one client owns a whole /64 (RFC 6177)


def parse_address(text: str | None) -> Address | None:
    """An IP address; of an IPv4-mapped one (RFC 4291 section 2.5.5.2) its IPv4 form. None: no address."""
    try:
        address = ip_address((text or "").strip().partition("%")[0])
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address


def peer_address(request: web.Request) -> Address | None:
    """The other end of the TCP connection."""
    peer = request.transport.get_extra_info("peername") if request.transport else None
    return parse_address(peer[0]) if isinstance(peer, tuple) else None


def is_forwarded(request: web.Request) -> bool:
    """True when some proxy says that it passed this request on."""
    return any(header in request.headers for header in FORWARDING_HEADERS)


def client_address(request: web.Request, trusted: Sequence[Network]) -> Address | None:
    """The client: the peer, or what trusted proxies say. Of `X-Forwarded-For` the rightmost address that no
    trusted proxy has counts; all left of it is hearsay."""
    address = peer_address(request)
    if not is_trusted(address, trusted):
        return address
    hops = ",".join(request.headers.getall("X-Forwarded-For", [])).split(",")
    for hop in reversed(hops):
        if (parsed := parse_address(hop)) is None:
            break
        address = parsed
        if not is_trusted(address, trusted):
            break
    return address


def client_scheme(request: web.Request, trusted: Sequence[Network]) -> str:
    """`http` or `https`, as the client used it."""
    if is_trusted(peer_address(request), trusted):
        stated = request.headers.get("X-Forwarded-Proto", "").strip().lower()
        if stated in ("http", "https"):
            return stated
    return request.scheme


def client_key(address: Address | None) -> str:
    """What a client's requests are counted under."""
    if isinstance(address, IPv6Address):
        return str(IPv6Network((address, IPV6_CLIENT_BITS), strict=False))
    return str(address)


def is_trusted(address: Address | None, trusted: Sequence[Network]) -> bool:
    """True for a proxy of the operator's."""
    return address is not None and any(address in network for network in trusted)
