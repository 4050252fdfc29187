"""What is to be said to Telegram next, and when: in order in each chat, not too fast, again after a failure.

No I/O: the shell (`sender.py`) takes what is due, sends it, and says what came of it. `now_us` is monotonic.
Telegram asks for no more than 30 messages a second in all, one a second in a chat and 20 a minute in a group,
and says with a 429 how long to wait (core.telegram.org/bots/faq, "My bot is hitting limits").
"""

from __future__ import annotations

import random
from collections import Counter, OrderedDict, deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal, get_args

from api.lanes import LaneSchedule

GiveUp = Literal["full", "tries", "age", "shutdown", "cancelled", "refused"]
GIVE_UPS: tuple[GiveUp, ...] = get_args(GiveUp)

_IDLE_LANES = 1_000


@dataclass(frozen=True, slots=True)
class OutboxLimits:
    """Waits between tries double from `first_retry_s` to `max_retry_s`, each shortened by up to a half at
    random; a wait that Telegram names is kept to, and is no failed try."""

    max_jobs: int = 10_000
    max_tries: int = 20
    first_retry_s: float = 1.0
    max_retry_s: float = 60.0
    chat_spacing_s: float = 1.0
    group_spacing_s: float = 3.0
    spacing_s: float = 0.04


@dataclass(frozen=True, slots=True)
class Failure:
    """Nothing came of it. `detail`: what Telegram has said, if it refused."""

    why: GiveUp
    detail: str = ""


@dataclass(slots=True, eq=False)
class Job:
    """`method` makes the request when its time has come. `lane`: the chat, in which jobs keep their order.

    `done` is told the result, or a `Failure`; exactly once. `key`: a newer job of the same key takes its
    place as long as it waits. `urgent` ones go before others, without spacing.
    """

    lane: str
    method: Callable[[], Any]
    expires_us: int
    done: Callable[[Any], None] = lambda _result: None
    key: str | None = None
    urgent: bool = False
    group: bool = False
    tries: int = 0
    number: int = 0
    in_flight: bool = False


@dataclass(slots=True)
class _Lane:
    ready_us: int = 0
    jobs: deque[Job] = field(default_factory=deque)


class Outbox:
    """`given_up` counts by reason. `fraction`: gives random numbers from 0 to 1."""

    def __init__(self, limits: OutboxLimits, fraction: Callable[[], float] = random.random) -> None:
        self._limits, self._fraction = limits, fraction
        self._all: OrderedDict[int, Job] = OrderedDict()  # by number, the oldest first
        self._keys: dict[str, Job] = {}
        self._lanes: OrderedDict[str, _Lane] = OrderedDict()
        self._scheduled = LaneSchedule()
        self._ready_us = 0
        self._next_number = 1
        self._is_ending = False
        self.given_up: Counter[GiveUp] = Counter()

    def __len__(self) -> int:
        return len(self._all)

    def put(self, job: Job, now_us: int) -> None:
        if job.key is not None and (older := self._keys.get(job.key)) is not None and not older.in_flight:
            job.number, job.tries = older.number, older.tries
            jobs = self._lanes[older.lane].jobs
            jobs[jobs.index(older)] = job
            self._all[job.number] = self._keys[job.key] = job
            older.done(Failure("cancelled"))
            return
        job.number = self._next_number
        self._next_number += 1
        self._all[job.number] = job
        if job.key is not None:
            self._keys[job.key] = job
        lane = self._lanes.setdefault(job.lane, _Lane())
        lane.jobs.append(job)
        if len(lane.jobs) == 1:
            self._schedule(job.lane, now_us)
        if len(self._all) > self._limits.max_jobs:
            oldest = next((each for each in self._all.values() if not each.in_flight), job)
            self._give_up(oldest, Failure("full"), now_us)

    def cancel(self, key: str, now_us: int) -> None:
        """It need not be said any more. What is on its way goes on."""
        if (job := self._keys.get(key)) is not None and not job.in_flight:
            self._give_up(job, Failure("cancelled"), now_us)

    def take(self, now_us: int) -> Job | None:
        """What is to be sent now; `delivered`, `refused` or `failed` is to follow."""
        while (entry := self._scheduled.first()) is not None:
            job = self._lanes[entry[2]].jobs[0]
            if entry[0] > now_us or (self._ready_us > now_us and not job.urgent):
                return None
            if now_us > job.expires_us:
                self._give_up(job, Failure("age"), now_us)
                continue
            self._scheduled.discard(entry[2])
            job.in_flight = True
            if job.key is not None:
                del self._keys[job.key]  # what comes now is of another state
            self._ready_us = max(self._ready_us, now_us) + round(self._limits.spacing_s * 1e6)
            return job
        return None

    def next_due_us(self) -> int | None:
        """When `take` has something next; None while there is nothing to wait for."""
        entry = self._scheduled.first()
        if entry is None:
            return None
        urgent = self._lanes[entry[2]].jobs[0].urgent
        return entry[0] if urgent else max(entry[0], self._ready_us)

    def delivered(self, job: Job, result: Any, now_us: int) -> None:
        spacing_s = self._limits.group_spacing_s if job.group else self._limits.chat_spacing_s
        self._forget(job, now_us + round(spacing_s * 1e6), now_us)
        job.done(result)

    def refused(self, job: Job, detail: str, now_us: int) -> None:
        """Telegram does not want it, now or later."""
        self._give_up(job, Failure("refused", detail), now_us)

    def failed(self, job: Job, now_us: int, retry_after_s: float | None = None) -> None:
        """It has not arrived, or nobody knows. `retry_after_s`: Telegram wants us to wait so long."""
        job.in_flight = False
        if self._is_ending:
            return self._give_up(job, Failure("shutdown"), now_us)
        if retry_after_s is not None:
            wait_s = retry_after_s
        else:
            job.tries += 1
            if job.tries >= self._limits.max_tries:
                return self._give_up(job, Failure("tries"), now_us)
            wait_s = min(self._limits.first_retry_s * 2.0 ** (job.tries - 1), self._limits.max_retry_s)
            wait_s *= 1 - self._fraction() / 2
        if now_us + round(wait_s * 1e6) > job.expires_us:
            return self._give_up(job, Failure("age"), now_us)
        newer = None if job.key is None else self._keys.get(job.key)
        if newer is not None:  # it says what is true now
            return self._give_up(job, Failure("cancelled"), now_us + round(wait_s * 1e6))
        if job.key is not None:
            self._keys[job.key] = job
        self._lanes[job.lane].ready_us = now_us + round(wait_s * 1e6)
        self._schedule(job.lane, now_us)
        return None

    def hurry(self, now_us: int) -> None:
        """The end is near: everything is due now, and a try that fails is the last one."""
        self._is_ending = True
        for name in self._scheduled:
            self._lanes[name].ready_us = 0
            self._schedule(name, now_us)

    def give_up(self, now_us: int) -> None:
        """Drop all that is left."""
        for job in list(self._all.values()):
            self._give_up(job, Failure("shutdown"), now_us)

    def _schedule(self, name: str, now_us: int) -> None:
        lane = self._lanes[name]
        if not lane.jobs:
            return
        job = lane.jobs[0]
        is_first = job.urgent and lane.ready_us <= now_us
        self._scheduled.set(name, -1 if is_first else max(lane.ready_us, now_us), job.number)

    def _give_up(self, job: Job, failure: Failure, now_us: int) -> None:
        if self._forget(job, None, now_us):
            self.given_up[failure.why] += 1
            job.done(failure)

    def _forget(self, job: Job, ready_us: int | None, now_us: int) -> bool:
        if self._all.get(job.number) is not job:
            return False
        del self._all[job.number]
        if job.key is not None and self._keys.get(job.key) is job:
            del self._keys[job.key]
        lane = self._lanes[job.lane]
        if ready_us is not None and not job.urgent:
            lane.ready_us = ready_us
        was_first = lane.jobs[0] is job
        lane.jobs.remove(job)
        if was_first:
            self._scheduled.discard(job.lane)
            self._schedule(job.lane, now_us)
        if not lane.jobs:
            self._lanes.move_to_end(job.lane)
            self._drop_idle(now_us)
        return True

    def _drop_idle(self, now_us: int) -> None:
        """Lanes remember when their chat may be written to again, not for longer."""
        while self._lanes:
            name, lane = next(iter(self._lanes.items()))
            if lane.jobs:
                self._lanes.move_to_end(name)
                if len(self._lanes) <= len(self._scheduled) + _IDLE_LANES:
                    return
            elif lane.ready_us > now_us and len(self._lanes) <= len(self._scheduled) + _IDLE_LANES:
                return
            else:
                del self._lanes[name]
