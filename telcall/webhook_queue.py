"""Which webhook goes out next, and when: in order for each call, again after a failure, within bounds.

No I/O: the shell (`webhooks.py`) takes what is due, sends it, and says what came of it. `now_us` is
monotonic.
"""

from __future__ import annotations

import random
from collections import Counter, OrderedDict, deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, get_args

from api.lanes import LaneSchedule

DropReason = Literal["full", "tries", "age", "shutdown"]
DROP_REASONS: tuple[DropReason, ...] = get_args(DropReason)


@dataclass(frozen=True, slots=True)
class QueueLimits:
    """Waits between tries double from `first_retry_s` to `max_retry_s`, each shortened by up to a half at
    random. An event is given up after `max_tries`, and when it is older than `max_age_s`; beyond
    `max_events` the oldest one is."""

    max_events: int = 10_000
    max_tries: int = 20
    max_age_s: float = 3_600.0
    first_retry_s: float = 1.0
    max_retry_s: float = 300.0


@dataclass(slots=True, eq=False)
class Pending:
    """An event on its way. `tries`: those that have failed."""

    call_id: str
    body: bytes
    created_us: int
    number: int
    tries: int = 0
    in_flight: bool = False


class WebhookQueue:
    """One event of a call is on its way at a time; the next one waits until it has arrived or is given up.

    `dropped` counts by reason what was given up. `fraction`: gives random numbers from 0 to 1.
    """

    def __init__(self, limits: QueueLimits, fraction: Callable[[], float] = random.random) -> None:
        self._limits, self._fraction = limits, fraction
        self._all: OrderedDict[int, Pending] = OrderedDict()  # by number, the oldest first
        self._calls: dict[str, deque[Pending]] = {}
        self._scheduled = LaneSchedule()  # by call id
        self._next_number = 0
        self._is_ending = False
        self.dropped: Counter[DropReason] = Counter()

    def __len__(self) -> int:
        return len(self._all)

    def put(self, call_id: str, body: bytes, now_us: int) -> None:
        """An event to be sent after all earlier ones of its call."""
        pending = Pending(call_id, body, now_us, self._next_number)
        self._next_number += 1
        self._all[pending.number] = pending
        self._calls.setdefault(call_id, deque()).append(pending)
        if len(self._calls[call_id]) == 1:
            self._schedule(call_id, now_us)
        if len(self._all) > self._limits.max_events:
            oldest = next((each for each in self._all.values() if not each.in_flight), pending)
            self._drop(oldest, "full")

    def take(self, now_us: int) -> Pending | None:
        """The event to be sent now; `delivered` or `failed` is to follow."""
        while (entry := self._scheduled.first()) is not None and entry[0] <= now_us:
            call_id = entry[2]
            pending = self._calls[call_id][0]
            if now_us - pending.created_us > self._limits.max_age_s * 1e6:
                self._drop(pending, "age")
                continue
            self._scheduled.discard(call_id)
            pending.in_flight = True
            return pending
        return None

    def next_due_us(self) -> int | None:
        """When `take` has something next; None while there is nothing to wait for."""
        entry = self._scheduled.first()
        return None if entry is None else entry[0]

    def delivered(self, pending: Pending, now_us: int) -> None:
        self._forget(pending)
        self._schedule(pending.call_id, now_us)

    def failed(self, pending: Pending, now_us: int) -> None:
        """It has not arrived, or nobody knows."""
        pending.tries += 1
        pending.in_flight = False
        if self._is_ending:
            self._drop(pending, "shutdown")
        elif pending.tries >= self._limits.max_tries:
            self._drop(pending, "tries")
        else:
            wait_s = min(self._limits.first_retry_s * 2.0 ** (pending.tries - 1), self._limits.max_retry_s)
            now_us += round(wait_s * (1 - self._fraction() / 2) * 1e6)
        self._schedule(pending.call_id, now_us)

    def hurry(self, now_us: int) -> None:
        """The end is near: everything is due now, and a try that fails is the last one."""
        self._is_ending = True
        for call_id in self._scheduled:
            self._schedule(call_id, now_us)

    def give_up(self) -> None:
        """Drop all that is left."""
        for pending in list(self._all.values()):
            self._drop(pending, "shutdown")

    def _schedule(self, call_id: str, due_us: int) -> None:
        if call_id in self._calls:
            self._scheduled.set(call_id, due_us, self._calls[call_id][0].number)

    def _drop(self, pending: Pending, reason: DropReason) -> None:
        self._forget(pending)
        self.dropped[reason] += 1

    def _forget(self, pending: Pending) -> None:
        if self._all.pop(pending.number, None) is None:
            return
        waiting = self._calls[pending.call_id]
        waiting.remove(pending)  # one of its first two
        if not waiting:
            del self._calls[pending.call_id]
            self._scheduled.discard(pending.call_id)
