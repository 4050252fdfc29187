"""Where joins, leaves and meetings are written down. `store.write_behind.WriteBehind` is such a journal."""

from __future__ import annotations

from collections.abc import Iterable
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
