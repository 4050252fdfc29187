"""Which pictures nobody is shown, and need not be encoded: off after a while, on at once."""

from __future__ import annotations

from collections.abc import Set as AbstractSet
from typing import Generic, TypeVar

Picture = TypeVar("Picture")

OFF_AFTER_US = 2_000_000
"""Who turns a page and comes back has not made an encoder stop and start again."""


class Unwatched(Generic[Picture]):
    """Bounded by the pictures that it is told of. A picture is on until it is told to be off."""

    def __init__(self) -> None:
        self._since_us: dict[Picture, int] = {}
        self._off: set[Picture] = set()

    def update(self, unwatched: AbstractSet[Picture], now_us: int) -> list[tuple[Picture, bool]]:
        """unwatched: all that are published and shown to nobody now. Returns the changes: on or off.

        What is not published any more is on: that is how whoever publishes it again begins.
        """
        on = [picture for picture in self._off if picture not in unwatched]
        self._off.difference_update(on)
        self._since_us = {picture: self._since_us.get(picture, now_us) for picture in unwatched}
        off = [
            picture
            for picture, since_us in self._since_us.items()
            if picture not in self._off and now_us >= since_us + OFF_AFTER_US
        ]
        self._off.update(off)
        return [(picture, True) for picture in on] + [(picture, False) for picture in off]

    def next_deadline_us(self) -> int | None:
        """When `update` has to be called, though nothing has changed."""
        waiting = (since_us for picture, since_us in self._since_us.items() if picture not in self._off)
        first_us = min(waiting, default=None)
        return None if first_us is None else first_us + OFF_AFTER_US
