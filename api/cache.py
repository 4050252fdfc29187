"""A small cache with a bound and an age, for answers of the database."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class ExpiringCache(Generic[K, V]):
    """At most `maxsize` values; the one put longest ago goes first. Times: monotonic seconds."""

    def __init__(self, maxsize: int) -> None:
        self._maxsize = maxsize
        self._values: OrderedDict[K, tuple[float, V]] = OrderedDict()

    def __len__(self) -> int:
        return len(self._values)

    def put(self, key: K, value: V, now_s: float) -> None:
        self._values.pop(key, None)
        self._values[key] = (now_s, value)
        if len(self._values) > self._maxsize:
            self._values.popitem(last=False)

    def remove(self, key: K) -> None:
        self._values.pop(key, None)

    def get(self, key: K, now_s: float, max_age_s: float) -> V | None:
        """The value, if there is one that is not older than `max_age_s`."""
        found = self._values.get(key)
        return None if found is None or now_s - found[0] > max_age_s else found[1]
