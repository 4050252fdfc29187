"""What the media server is told at its start; the composition root makes it from the settings."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class SfuConfig:
    """media_port: UDP; 0 takes a free one. public_addresses: numeric addresses that clients are told; empty:
    those of the interfaces and what `stun_servers` (stun: URIs) see. offer_loopback: tell 127.0.0.1 too, for
    clients on this machine.
    """

    media_port: int = 0
    public_addresses: tuple[str, ...] = ()
    stun_servers: tuple[str, ...] = ()
    offer_loopback: bool = True
    dataplane: Literal["auto", "native", "python"] = "auto"
    consent_timeout_s: float = 15.0
    """Without a STUN check for so long, media stops (RFC 7675 has 30 s; browsers check every 2.5 s)."""
    handshake_timeout_s: float = 15.0
    """From the first DTLS datagram to the keys."""
