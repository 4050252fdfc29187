"""While the database does not answer, few ask it and the others are refused at once."""

from __future__ import annotations


class Breaker:
    """Closed until a `failed`; then it admits one attempt every `retry_s`, until one has `succeeded`.

    Times are monotonic seconds, passed in.
    """

    def __init__(self, retry_s: float) -> None:
        self._retry_s = retry_s
        self._retry_at_s: float | None = None

    @property
    def is_open(self) -> bool:
        return self._retry_at_s is not None

    def admits(self, now_s: float) -> bool:
        """Whether to try now. Who is told yes while it is open is the one that tries."""
        if self._retry_at_s is None:
            return True
        if now_s < self._retry_at_s:
            return False
        self._retry_at_s = now_s + self._retry_s
        return True

    def failed(self, now_s: float) -> None:
        self._retry_at_s = now_s + self._retry_s

    def succeeded(self) -> None:
        self._retry_at_s = None
