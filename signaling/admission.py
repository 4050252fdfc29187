"""How many connections one person and one address may have, and how often they may try."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from ipaddress import IPv4Address, IPv6Address, ip_network
from typing import Generic, TypeVar

from signaling.config import SignalingConfig
from signaling.rate import KeyedBuckets

K = TypeVar("K", bound=Hashable)
Address = IPv4Address | IPv6Address
IPV6_CLIENT_BITS = 64
"""One client owns a whole /64 (RFC 6177)."""


def address_key(address: Address | None) -> str:
    """What connections of a client are counted under."""
    if isinstance(address, IPv6Address):
        return str(ip_network((address, IPV6_CLIENT_BITS), strict=False))
    return str(address)


class _Counts(Generic[K]):
    """How many of each key there are; a key of which there are none takes no place."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._counts: dict[K, int] = {}

    def add(self, key: K) -> bool:
        """False when there are as many as there may be."""
        count = self._counts.get(key, 0)
        if count >= self._limit:
            return False
        self._counts[key] = count + 1
        return True

    def remove(self, key: K) -> None:
        count = self._counts.pop(key) - 1
        if count:
            self._counts[key] = count


class Admission:
    """Counts; refuses nothing by itself. Each `open_*` that says true is undone by its `close_*`.

    `on_limit` is told the name of each limit that was reached.
    """

    def __init__(self, config: SignalingConfig, on_limit: Callable[[str], None]) -> None:
        self._on_limit = on_limit
        self._by_address: _Counts[str] = _Counts(config.connections_per_address)
        self._by_user: _Counts[int] = _Counts(config.connections_per_user)
        self._failed = KeyedBuckets(config.failed_opens_per_address)
        self._opened = KeyedBuckets(config.opens_per_user)

    def may_try(self, address: str, now_us: int) -> bool:
        """False when too many attempts from there had no valid token."""
        return self._within("ws_open_per_address", not self._failed.is_empty(address, now_us))

    def failed(self, address: str, now_us: int) -> None:
        """An attempt without a valid token."""
        self._failed.take(address, now_us)

    def open_address(self, address: str) -> bool:
        return self._within("ws_per_address", self._by_address.add(address))

    def close_address(self, address: str) -> None:
        self._by_address.remove(address)

    def open_user(self, user_id: int, now_us: int) -> bool:
        return self._within("ws_open_per_user", self._opened.take(user_id, now_us)) and self._within(
            "ws_per_user", self._by_user.add(user_id)
        )

    def close_user(self, user_id: int) -> None:
        self._by_user.remove(user_id)

    def _within(self, limit: str, is_within: bool) -> bool:
        if not is_within:
            self._on_limit(limit)
        return is_within
