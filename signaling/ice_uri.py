"""URIs of STUN (RFC 7064) and TURN (RFC 7065) servers: `stun:host`, `turns:[v6]:port?transport=tcp`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

_URI = re.compile(
    r"(?P<scheme>stuns?|turns?):(?:\[(?P<v6>[0-9A-Fa-f:.]+)\]|(?P<host>[A-Za-z0-9._-]+))"
    r"(?::(?P<port>[0-9]{1,5}))?(?:\?transport=(?P<transport>udp|tcp))?"
)


@dataclass(frozen=True, slots=True)
class IceUri:
    """`secure`: TLS over TCP, DTLS over UDP."""

    kind: Literal["stun", "turn"]
    host: str
    port: int
    transport: Literal["udp", "tcp"]
    secure: bool


def parse_ice_uri(uri: str) -> IceUri | None:
    """None when `uri` is neither. Defaults as in RFC 7064 and 7065 section 3, and RFC 5928."""
    match = _URI.fullmatch(uri)
    if match is None:
        return None
    kind: Literal["stun", "turn"] = "stun" if match["scheme"].startswith("stun") else "turn"
    secure = match["scheme"].endswith("s")
    if kind == "stun" and match["transport"] is not None:
        return None
    port = int(match["port"]) if match["port"] else (5349 if secure else 3478)
    if not 0 < port < 65_536:
        return None
    transport: Literal["udp", "tcp"] = "udp"
    if match["transport"] == "tcp" or (secure and match["transport"] is None):
        transport = "tcp"
    return IceUri(kind, match["v6"] or match["host"], port, transport, secure)
