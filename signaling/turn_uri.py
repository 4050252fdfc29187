"""TURN URIs (RFC 7065): `turn:host`, `turns:host:port`, `turn:[v6]:port?transport=tcp`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

_URI = re.compile(
    r"(?P<scheme>turns?):(?:\[(?P<v6>[0-9A-Fa-f:.]+)\]|(?P<host>[A-Za-z0-9._-]+))"
    r"(?::(?P<port>[0-9]{1,5}))?(?:\?transport=(?P<transport>udp|tcp))?"
)


@dataclass(frozen=True, slots=True)
class TurnUri:
    """`secure`: TLS over TCP, DTLS over UDP."""

    host: str
    port: int
    transport: Literal["udp", "tcp"]
    secure: bool


def parse_turn_uri(uri: str) -> TurnUri | None:
    """None when `uri` is no TURN URI. Defaults as in RFC 7065 section 3 and RFC 5928."""
    match = _URI.fullmatch(uri)
    if match is None:
        return None
    secure = match["scheme"] == "turns"
    port = int(match["port"]) if match["port"] else (5349 if secure else 3478)
    if not 0 < port < 65_536:
        return None
    transport: Literal["udp", "tcp"] = "udp"
    if match["transport"] == "tcp" or (secure and match["transport"] is None):
        transport = "tcp"
    return TurnUri(match["v6"] or match["host"], port, transport, secure)
