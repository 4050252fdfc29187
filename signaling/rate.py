"""Token buckets of one connection, and the patience for a client that breaks its limits."""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Hashable
from typing import Literal

from signaling.config import Rate, RateLimits

MessageClass = Literal["sdp", "candidate", "chat", "other"]
_CLASSES: dict[str, MessageClass] = {
    "offer": "sdp",
    "answer": "sdp",
    "sfu_offer": "sdp",
    "ice_candidate": "candidate",
    "chat": "chat",
}


def message_class(message_type: object) -> MessageClass:
    """By the `type` a message claims to have; unknown ones count as `other`."""
    return _CLASSES.get(message_type, "other") if isinstance(message_type, str) else "other"


class TokenBucket:
    """Full at first. Time may stand still between two calls but not go back."""

    def __init__(self, rate: Rate, now_us: int) -> None:
        self._rate, self._tokens, self._at_us = rate, rate.burst, now_us

    def take(self, now_us: int, amount: float = 1.0) -> bool:
        """True, and `amount` is gone; or false, and nothing is."""
        self._refill(now_us)
        if self._tokens < amount:
            return False
        self._tokens -= amount
        return True

    def holds(self, now_us: int, amount: float = 1.0) -> bool:
        """True when `take` would succeed."""
        self._refill(now_us)
        return self._tokens >= amount

    def _refill(self, now_us: int) -> None:
        elapsed_us = now_us - self._at_us
        if elapsed_us > 0:
            self._tokens = min(self._rate.burst, self._tokens + elapsed_us * self._rate.per_s / 1e6)
            self._at_us = now_us


class ConnectionRates:
    """What one connection has left of each of its limits."""

    def __init__(self, limits: RateLimits, now_us: int) -> None:
        self._limits = limits
        self._bytes = TokenBucket(limits.bytes, now_us)
        self._by_class: dict[MessageClass, TokenBucket] = {
            "sdp": TokenBucket(limits.sdp, now_us),
            "candidate": TokenBucket(limits.candidates, now_us),
            "chat": TokenBucket(limits.chat, now_us),
            "other": TokenBucket(limits.other, now_us),
        }
        self._violations_us: deque[int] = deque(maxlen=max(1, limits.violations))

    def take_bytes(self, size: int, now_us: int) -> bool:
        """Account for a frame before anything looks into it."""
        return self._bytes.take(now_us, max(size, self._limits.frame_cost_bytes))

    def take_message(self, message_class: MessageClass, now_us: int) -> bool:
        """Account for a message before it is validated."""
        return self._by_class[message_class].take(now_us)

    def violation(self, now_us: int) -> bool:
        """Note a refused message; true when that was one too many."""
        self._violations_us.append(now_us)
        full = len(self._violations_us) == self._violations_us.maxlen
        return full and now_us - self._violations_us[0] <= self._limits.violations_window_s * 1e6


class KeyedBuckets:
    """A bucket for each key (a user, an address), for at most `max_keys` of them.

    Beyond that the one unused for longest is forgotten, which can only be kind to its owner.
    """

    def __init__(self, rate: Rate, max_keys: int = 10_000) -> None:
        self._rate, self._max_keys = rate, max_keys
        self._buckets: OrderedDict[Hashable, TokenBucket] = OrderedDict()

    def take(self, key: Hashable, now_us: int) -> bool:
        bucket = self._buckets.get(key)
        if bucket is None:
            bucket = self._buckets[key] = TokenBucket(self._rate, now_us)
        self._buckets.move_to_end(key)
        while len(self._buckets) > self._max_keys:
            self._buckets.popitem(last=False)
        return bucket.take(now_us)

    def is_empty(self, key: Hashable, now_us: int) -> bool:
        """True when the next `take` would fail; takes nothing."""
        bucket = self._buckets.get(key)
        return bucket is not None and not bucket.holds(now_us)
