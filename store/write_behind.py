"""Rows about joins, leaves, meetings and ratings, written behind the calls: none waits for the database.

`WriteQueue` decides without I/O what is kept, joined together and dropped; `WriteBehind` carries its
batches to PostgreSQL, one transaction each, and repeats a batch until the database has taken it.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from itertools import islice

import structlog
from sqlalchemy.exc import DBAPIError

from store.database import Database
from store.errors import DatabaseUnavailable
from store.queries.call_ratings import Rating, write_ratings
from store.queries.friend_links import link_friends
from store.queries.participants import Stay, close_open_sessions, mark_seen, write_stays

log = structlog.get_logger(__name__)

BATCH_ROWS = 500
FIRST_RETRY_S = 0.2
MAX_RETRY_S = 10.0

Meetings = dict[tuple[int, int], datetime]


@dataclass(slots=True)
class Batch:
    """Rows that go into one transaction."""

    stays: list[Stay] = field(default_factory=list)
    ratings: list[Rating] = field(default_factory=list)
    meetings: Meetings = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.stays) + len(self.ratings) + len(self.meetings)

    def singles(self) -> Iterable[Batch]:
        """The same rows in batches of one."""
        for stay in self.stays:
            yield Batch(stays=[stay])
        for rating in self.ratings:
            yield Batch(ratings=[rating])
        for pair, at in self.meetings.items():
            yield Batch(meetings={pair: at})


class WriteQueue:
    """At most `maxsize` rows, one for each stay, each pair who met and each rating; a later word replaces the
    earlier, but for ratings, of which the first counts.

    When full, the oldest meeting is dropped first, then the oldest rating, then the oldest stay that has not
    ended: its end, when it comes, carries the whole stay. A stay that has ended is never dropped; such rows
    alone may pass `maxsize`.
    """

    def __init__(self, maxsize: int) -> None:
        self._maxsize = maxsize
        self._ended: dict[str, Stay] = {}
        self._open: dict[str, Stay] = {}
        self._ratings: dict[tuple[int, int], Rating] = {}
        self._meetings: Meetings = {}
        self.dropped_rows = 0

    def __len__(self) -> int:
        return len(self._ended) + len(self._open) + len(self._ratings) + len(self._meetings)

    def add_stay(self, stay: Stay) -> None:
        if stay.left_at is not None:
            self._open.pop(stay.session_id, None)
            self._ended[stay.session_id] = stay
        elif stay.session_id not in self._ended:
            self._open[stay.session_id] = stay
        self._drop_beyond()

    def add_rating(self, rating: Rating) -> None:
        self._ratings.setdefault((rating.call_row_id, rating.user_id), rating)
        self._drop_beyond()

    def add_meeting(self, one: int, other: int, at: datetime) -> None:
        pair = (min(one, other), max(one, other))
        self._meetings[pair] = max(at, self._meetings.pop(pair, at))
        self._drop_beyond()

    def take(self, rows: int) -> Batch:
        """Remove and give the oldest rows: stays, then ratings, then meetings."""
        batch = Batch()
        for kind in (self._open, self._ended):
            for session_id in list(islice(kind, rows - len(batch))):
                batch.stays.append(kind.pop(session_id))
        for key in list(islice(self._ratings, rows - len(batch))):
            batch.ratings.append(self._ratings.pop(key))
        for pair in list(islice(self._meetings, rows - len(batch))):
            batch.meetings[pair] = self._meetings.pop(pair)
        return batch

    def put_back(self, batch: Batch) -> None:
        """Return a batch that could not be written, as the oldest; of stays what came meanwhile wins."""
        ended, opened, meetings = self._ended, self._open, self._meetings
        self._ended, self._open, self._meetings = {}, {}, dict(batch.meetings)
        for stay in batch.stays:
            if stay.left_at is not None:
                self._ended[stay.session_id] = stay
            elif stay.session_id not in ended:
                self._open[stay.session_id] = stay
        self._ended |= ended
        self._open |= opened
        for pair, at in meetings.items():
            self._meetings[pair] = max(at, self._meetings.get(pair, at))
        taken = {(rating.call_row_id, rating.user_id): rating for rating in batch.ratings}
        self._ratings = taken | {key: each for key, each in self._ratings.items() if key not in taken}
        self._drop_beyond()

    def _drop_beyond(self) -> None:
        while len(self) > self._maxsize:
            if self._meetings:
                del self._meetings[next(iter(self._meetings))]
            elif self._ratings:
                del self._ratings[next(iter(self._ratings))]
            elif self._open:
                del self._open[next(iter(self._open))]
            else:
                return
            self.dropped_rows += 1


class Backoff:
    """Waits that double from `first_s` to `max_s`, each shortened by up to a half at random."""

    def __init__(self, first_s: float, max_s: float, fraction: Callable[[], float]) -> None:
        self._first_s, self._max_s, self._fraction = first_s, max_s, fraction
        self._next_s = first_s

    def reset(self) -> None:
        self._next_s = self._first_s

    def next_s(self) -> float:
        wait_s = self._next_s * (1 - self._fraction() / 2)
        self._next_s = min(self._next_s * 2, self._max_s)
        return wait_s


class WriteBehind:
    """Takes rows at once, writes them when the database is there. Leaving `async with` flushes.

    All times are aware UTC. The methods that take rows never wait and never fail.
    """

    def __init__(
        self,
        write: Callable[[Batch], Awaitable[None]],
        seen: Callable[[list[str], datetime], Awaitable[None]],
        *,
        recover: Callable[[datetime], Awaitable[int]] | None = None,
        maxsize: int = 100_000,
        seen_interval_s: float = 30.0,
        flush_timeout_s: float = 5.0,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        fraction: Callable[[], float] = random.random,
    ) -> None:
        self._write, self._seen, self._recover = write, seen, recover
        self._queue = WriteQueue(maxsize)
        self._present: dict[str, Stay] = {}  # bounded by the people in calls
        self._seen_interval_s, self._flush_timeout_s = seen_interval_s, flush_timeout_s
        self._sleep, self._now = sleep, now
        self._backoff = Backoff(FIRST_RETRY_S, MAX_RETRY_S, fraction)
        self._work = asyncio.Event()
        self._idle = asyncio.Event()
        self._idle.set()
        self._tasks: list[asyncio.Task[None]] = []
        self.written_rows = 0
        self.rejected_rows = 0
        """Rows the database refused for good, as of a call that was deleted meanwhile."""

    @classmethod
    def to_database(cls, database: Database, *, maxsize: int, seen_interval_s: float) -> WriteBehind:
        """The queue in front of `database`. Its start ends the stays that a killed process left open, so it
        raises `DatabaseUnavailable`, and one process alone may have it."""

        async def write(batch: Batch) -> None:
            async with database.transaction() as session:
                if batch.stays:
                    await write_stays(session, batch.stays)
                if batch.ratings:
                    await write_ratings(session, batch.ratings)
                if batch.meetings:
                    await link_friends(session, batch.meetings)

        async def seen(session_ids: list[str], now: datetime) -> None:
            async with database.transaction() as session:
                await mark_seen(session, session_ids, now)

        async def recover(now: datetime) -> int:
            async with database.transaction() as session:
                return await close_open_sessions(session, now)

        return cls(write, seen, recover=recover, maxsize=maxsize, seen_interval_s=seen_interval_s)

    # --- rows in --------------------------------------------------------------------------------------

    def joined(self, session_id: str, call_row_id: int, user_id: int, at: datetime) -> None:
        """A stay began. `session_id` is new and at most 64 characters, `call_row_id` is `calls.id`."""
        stay = Stay(session_id, call_row_id, user_id, at)
        self._present[session_id] = stay
        self._queue.add_stay(stay)
        self._wake()

    def left(self, session_id: str, at: datetime) -> None:
        """A stay ended. Unknown or already ended: nothing happens."""
        if (stay := self._present.pop(session_id, None)) is not None:
            self._queue.add_stay(replace(stay, left_at=max(at, stay.joined_at)))
            self._wake()

    def met(self, user_id: int, others: Iterable[int], at: datetime) -> None:
        """These people were in a call at the same time: they are friends from now on."""
        for other in others:
            if other != user_id:
                self._queue.add_meeting(user_id, other, at)
        self._wake()

    def rated(self, call_row_id: int, user_id: int, stars: int, reasons: Sequence[str], at: datetime) -> None:
        """They found a call so. `stars` 1 to 5, at most 8 `reasons`; the first rating of a call counts."""
        self._queue.add_rating(Rating(call_row_id, user_id, stars, tuple(reasons), at))
        self._wake()

    # --- counters ---------------------------------------------------------------------------------------

    @property
    def queued_rows(self) -> int:
        return len(self._queue)

    @property
    def dropped_rows(self) -> int:
        """Rows given up because the queue was full."""
        return self._queue.dropped_rows

    # --- rows out ---------------------------------------------------------------------------------------

    async def __aenter__(self) -> WriteBehind:
        if self._recover is not None and (closed := await self._recover(self._now())):
            log.info("open_stays_closed", stays=closed)
        self._tasks = [
            asyncio.create_task(self._run_writes(), name="write_behind"),
            asyncio.create_task(self._run_seen(), name="write_behind_seen"),
        ]
        return self

    async def __aexit__(self, *_: object) -> None:
        try:
            await self.flush(self._flush_timeout_s)
        finally:
            for task in self._tasks:
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)
        if self.queued_rows:
            log.error("call_rows_lost", rows=self.queued_rows)

    async def flush(self, timeout_s: float) -> bool:
        """Wait until everything taken so far is written; false when `timeout_s` did not suffice."""
        try:
            async with asyncio.timeout(timeout_s):
                await self._idle.wait()
        except TimeoutError:
            return False
        return True

    def _wake(self) -> None:
        if len(self._queue):
            self._idle.clear()
            self._work.set()

    async def _run_writes(self) -> None:
        while True:
            await self._work.wait()
            batch = self._queue.take(BATCH_ROWS)
            if not batch:
                self._work.clear()
                self._idle.set()
                continue
            try:
                await self._write_batch(batch)
                self._backoff.reset()
            except asyncio.CancelledError:
                self._queue.put_back(batch)
                raise
            except DatabaseUnavailable:
                self._queue.put_back(batch)
                wait_s = self._backoff.next_s()
                log.warning("call_rows_delayed", rows=len(self._queue), retry_s=round(wait_s, 2))
                await self._sleep(wait_s)
            except Exception:
                # A defect of ours must not stop all writes after it.
                self.rejected_rows += len(batch)
                log.exception("call_rows_failed", rows=len(batch))

    async def _write_batch(self, batch: Batch) -> None:
        try:
            await self._write(batch)
            self.written_rows += len(batch)
        except DBAPIError as error:
            if len(batch) == 1:
                self.rejected_rows += 1
                log.warning("call_row_refused", error=type(error).__name__)
                return
            # One bad row spoils the transaction of all: find it. Rows may be written twice.
            for single in batch.singles():
                await self._write_batch(single)

    async def _run_seen(self) -> None:
        while True:
            await self._sleep(self._seen_interval_s)
            if self._present:
                await self._mark_seen()

    async def _mark_seen(self) -> None:
        try:
            await self._seen(list(self._present), self._now())
        except DatabaseUnavailable:
            log.info("mark_seen_delayed")
        except Exception:
            # A defect of ours must not end the marking: a killed process's stays would seem long over.
            log.exception("mark_seen_failed")
