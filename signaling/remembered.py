"""People of the past, and when: the newest ones."""

from __future__ import annotations

from itertools import islice

MAX_REMEMBERED = 1_000


class Remembered:
    """User ids, each with the time it was noted last. Beyond the bound the oldest are forgotten."""

    def __init__(self) -> None:
        self._at_us: dict[int, int] = {}

    def __contains__(self, user_id: int) -> bool:
        return user_id in self._at_us

    def newest(self, count: int) -> tuple[int, ...]:
        """Those who were noted last, the latest last."""
        return tuple(islice(reversed(self._at_us), count))[::-1]

    def note(self, user_id: int, now_us: int) -> None:
        self._at_us.pop(user_id, None)
        self._at_us[user_id] = now_us
        while len(self._at_us) > MAX_REMEMBERED:
            del self._at_us[next(iter(self._at_us))]

    def forget(self, user_id: int) -> None:
        self._at_us.pop(user_id, None)

    def since(self, user_id: int, at_us: int) -> bool:
        """Whether that was not before `at_us`."""
        return user_id in self._at_us and self._at_us[user_id] >= at_us
