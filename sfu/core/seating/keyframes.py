"""When a publisher is asked for a key frame: requests are merged, none is lost (RFC 4585 §6.3.1)."""

from __future__ import annotations

from typing import Generic, TypeVar

Source = TypeVar("Source")

MERGE_US = 500_000
"""At most one request per source in this time: each costs its publisher a burst of several frames' size."""


class KeyframeRequests(Generic[Source]):
    """Bounded by the sources that are wanted; `forget` a source that ends."""

    def __init__(self, merge_us: int = MERGE_US) -> None:
        self._merge_us = merge_us
        self._asked_us: dict[Source, int] = {}
        self._waiting: set[Source] = set()

    def want(self, source: Source) -> None:
        """Somebody needs a key frame of this source."""
        self._waiting.add(source)

    def take_due(self, now_us: int) -> list[Source]:
        """The sources to ask now."""
        due = [source for source in self._waiting if now_us >= self._earliest_us(source)]
        for source in due:
            self._waiting.discard(source)
            self._asked_us[source] = now_us
        return due

    def next_deadline_us(self) -> int | None:
        return min((self._earliest_us(source) for source in self._waiting), default=None)

    def forget(self, source: Source) -> None:
        self._waiting.discard(source)
        self._asked_us.pop(source, None)

    def _earliest_us(self, source: Source) -> int:
        asked_us = self._asked_us.get(source)
        return 0 if asked_us is None else asked_us + self._merge_us
