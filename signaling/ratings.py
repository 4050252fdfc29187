"""Ratings of calls that are over, or whose connection is gone. In a call they come by the socket."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta

from signaling.journal import Journal
from signaling.lifecycle import CallNotFound, LifecycleError
from store.database import Database
from store.queries.call_ratings import find_attendance

RATED_WITHIN = timedelta(hours=12)
"""After one has left: later nobody remembers how it was."""


class NotAParticipant(LifecycleError):
    """Only who was in a call may rate it."""


class TooLateToRate(LifecycleError):
    """They left the call too long ago."""


class Ratings:
    """Checked against the database, kept by the journal like those of the socket."""

    def __init__(
        self, database: Database, journal: Journal, *, utc: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> None:
        self._database, self._journal, self._utc = database, journal, utc

    async def rate(self, call_id: str, user_id: int, stars: int, reasons: Sequence[str]) -> None:
        """The first rating of a person and call counts, by whatever way it comes; later ones are ignored.

        Raises `CallNotFound`, `NotAParticipant`, `TooLateToRate`, `DatabaseUnavailable`.
        """
        if "\0" in call_id:  # PostgreSQL's text has none
            raise CallNotFound
        async with self._database.transaction() as session:
            attendance = await find_attendance(session, call_id, user_id)
        if attendance is None:
            raise CallNotFound
        if not attendance.has_been_there:
            raise NotAParticipant
        now = self._utc()
        if attendance.left_at is not None and now - attendance.left_at > RATED_WITHIN:
            raise TooLateToRate
        self._journal.rated(attendance.call_row_id, user_id, stars, reasons, now)
