"""Where joins, leaves, meetings and ratings are written down, as `store.write_behind.WriteBehind` does."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Protocol


class Journal(Protocol):
    """Takes rows at once: nothing here waits or fails. Times are aware UTC."""

    def joined(self, session_id: str, call_row_id: int, user_id: int, at: datetime) -> None:
        """A stay began."""

    def left(self, session_id: str, at: datetime) -> None:
        """A stay ended."""

    def met(self, user_id: int, others: Iterable[int], at: datetime) -> None:
        """These people were in a call at the same time."""

    def rated(self, call_row_id: int, user_id: int, stars: int, reasons: Sequence[str], at: datetime) -> None:
        """They found a call so; the first rating of a person and call counts."""
