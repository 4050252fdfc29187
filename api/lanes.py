"""When each of many lanes is due next: what is sent in order, to a chat or about a call, waits in one.

No I/O, no clock: times are microseconds of whatever clock the caller has.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterator

Entry = tuple[int, int, str]
"""When, the number that decides between equal times, the lane."""

_SPARE_ENTRIES = 64


class LaneSchedule:
    """One time for each lane; setting it again replaces it. Bounded by the lanes that it is told of."""

    def __init__(self) -> None:
        self._heap: list[Entry] = []
        self._set: dict[str, Entry] = {}
        """Which entry of the heap counts."""

    def __len__(self) -> int:
        return len(self._set)

    def __iter__(self) -> Iterator[str]:
        """The lanes, as they are now: setting them meanwhile does no harm."""
        return iter(list(self._set))

    def set(self, lane: str, due_us: int, number: int) -> None:
        entry = self._set[lane] = (due_us, number, lane)
        heapq.heappush(self._heap, entry)
        if len(self._heap) > 2 * len(self._set) + _SPARE_ENTRIES:
            self._heap = sorted(self._set.values())  # without what does not count any more

    def discard(self, lane: str) -> None:
        self._set.pop(lane, None)

    def first(self) -> Entry | None:
        """Of the lane that is due first; None when no lane is."""
        while self._heap and self._set.get(self._heap[0][2]) is not self._heap[0]:
            heapq.heappop(self._heap)
        return self._heap[0] if self._heap else None
