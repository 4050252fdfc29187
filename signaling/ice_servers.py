"""STUN and TURN servers for clients, with TURN credentials of the person's own.

With a shared secret the credentials are short-lived, as coturn's `use-auth-secret` checks them (draft-uberti-
behave-turn-rest-00): the name is `<expiry>:<user id>`, the password its HMAC-SHA1. Without one, the
operator's fixed name and password are given.
"""

from __future__ import annotations

import base64
import hmac
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal
from urllib.parse import parse_qsl

from signaling.config import IceConfig
from signaling.messages import IceServer

Scheme = Literal["stun", "stuns", "turn", "turns"]
DEFAULT_PORTS = {"stun": 3478, "stuns": 5349, "turn": 3478, "turns": 5349}


@dataclass(frozen=True, slots=True)
class IceUri:
    """A STUN or TURN URI (RFC 7064, RFC 7065)."""

    scheme: Scheme
    host: str
    port: int
    transport: Literal["udp", "tcp"]


def parse_ice_uri(text: str) -> IceUri:
    """Raises `ValueError` for what is no STUN or TURN URI."""
    scheme, colon, rest = text.strip().partition(":")
    scheme = scheme.lower()
    if not colon or scheme not in ("stun", "stuns", "turn", "turns") or rest.startswith("//"):
        raise ValueError("not a STUN or TURN URI")
    address, _, query = rest.partition("?")
    host, port = _host_and_port(address)
    transport = dict(parse_qsl(query)).get("transport", "tcp" if scheme.endswith("s") else "udp").lower()
    if transport not in ("udp", "tcp"):
        raise ValueError("the transport of a TURN URI is udp or tcp")
    return IceUri(
        scheme,  # type: ignore[arg-type]
        host,
        port if port is not None else DEFAULT_PORTS[scheme],
        transport,  # type: ignore[arg-type]
    )


def _host_and_port(address: str) -> tuple[str, int | None]:
    if address.startswith("["):
        host, bracket, rest = address[1:].partition("]")
        if not bracket or (rest and not rest.startswith(":")):
            raise ValueError("bad IPv6 address in a STUN or TURN URI")
        port = rest[1:]
    else:
        host, _, port = address.partition(":")
    if not host:
        raise ValueError("a STUN or TURN URI needs a host")
    if not port:
        return host, None
    if not (port.isascii() and port.isdigit() and 0 < int(port[:6]) < 65536):
        raise ValueError("bad port in a STUN or TURN URI")
    return host, int(port)


class IceServers:
    """The ICE servers of a deployment. Raises `ValueError` for a URI that is none."""

    def __init__(self, config: IceConfig, is_healthy: Callable[[str], bool] = lambda _uri: True) -> None:
        """`is_healthy`: whether a TURN URI may be handed out."""
        for uri in (*config.stun_servers, *config.turn_servers):
            parse_ice_uri(uri)
        self._config, self._is_healthy = config, is_healthy

    def for_user(self, user_id: int, now_s: int) -> list[IceServer]:
        """What `user_id` may use. `now_s`: Unix time."""
        config = self._config
        servers = [IceServer(urls=[uri]) for uri in config.stun_servers]
        turn = [uri for uri in config.turn_servers if self._is_healthy(uri)]
        if turn:
            username, credential = self._credentials(user_id, now_s)
            servers.append(IceServer(urls=turn, username=username, credential=credential))
        return servers

    def _credentials(self, user_id: int, now_s: int) -> tuple[str | None, str | None]:
        config = self._config
        if config.turn_secret is None:
            return config.turn_username, config.turn_password
        username = f"{now_s + config.turn_ttl_s}:{user_id}"
        mac = hmac.digest(config.turn_secret.encode(), username.encode(), "sha1")
        return username, base64.b64encode(mac).decode()
