"""Friends who are being rung: from the message of the bot to whatever comes of it.

A state machine without I/O. What it decides goes out by `say` (to those in the call) and `post` (to the
friend's chat), which return at once; the shell tells it what came of posts, of buttons, of people and time.
`now_us` is monotonic.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol

from signaling.messages import RingState, User

MAX_RINGS = 10_000

Outcome = Literal["answered", "declined", "missed", "unreachable"]


class Callee(Protocol):
    """Whom to ring: `api.authenticator.Account`."""

    @property
    def user(self) -> User: ...
    @property
    def telegram_user_id(self) -> int: ...
    @property
    def language_code(self) -> str | None: ...


@dataclass(slots=True, eq=False)
class Ringing:
    """`message_id`: of the bot's message, once Telegram has taken it. `outcome` None: still ringing."""

    call_id: str
    caller: User
    friend: Callee
    started_at: datetime
    deadline_us: int
    message_id: int | None = None
    outcome: Outcome | None = None

    @property
    def key(self) -> str:
        return f"ring:{self.call_id}:{self.friend.user.id}"


class Rings:
    """`post`: write the ring's message, or change it to its outcome. `withdraw`: the message is not needed if
    it has not gone out yet. `count` is told each outcome."""

    def __init__(
        self,
        ring_s: float,
        *,
        say: Callable[[Ringing, RingState], None],
        post: Callable[[Ringing], None],
        withdraw: Callable[[Ringing], None],
        count: Callable[[Outcome], None] = lambda _outcome: None,
    ) -> None:
        self._ring_us = round(ring_s * 1e6)
        self._say, self._post, self._withdraw, self._count = say, post, withdraw, count
        self._rings: dict[tuple[str, int], Ringing] = {}

    def __len__(self) -> int:
        return len(self._rings)

    def ring(self, call_id: str, caller: User, friend: Callee, at: datetime, now_us: int) -> None:
        """Ring a friend into a call. Who is being rung into it already is not rung twice."""
        if (call_id, friend.user.id) in self._rings:
            return
        ringing = Ringing(call_id, caller, friend, at, now_us + self._ring_us)
        if len(self._rings) >= MAX_RINGS:
            self._say(ringing, "unreachable")
            self._count("unreachable")
            return
        self._rings[call_id, friend.user.id] = ringing
        self._say(ringing, "ringing")
        self._post(ringing)

    def restore(self, ringing: Ringing) -> None:
        """A ring of an earlier process, whose message is out. It may be over by now."""
        if len(self._rings) < MAX_RINGS:
            self._rings.setdefault((ringing.call_id, ringing.friend.user.id), ringing)
            self._say(ringing, "ringing")

    def posted(self, ringing: Ringing, message_id: int) -> None:
        """The message is in the friend's chat."""
        ringing.message_id = message_id
        if ringing.outcome is not None:  # it took longer than the ring
            self._post(ringing)

    def not_posted(self, ringing: Ringing) -> None:
        """The message cannot be written."""
        if ringing.outcome is None:
            self._end(ringing, "unreachable")

    def declined(self, call_id: str, telegram_user_id: int) -> Ringing | None:
        """The friend has pressed 'Not now'; None when they are not being rung."""
        for ringing in self._rings.values():
            if ringing.call_id == call_id and ringing.friend.telegram_user_id == telegram_user_id:
                self._end(ringing, "declined")
                return ringing
        return None

    def came(self, call_id: str, user_id: int) -> None:
        """Somebody is in the call now."""
        if (ringing := self._rings.get((call_id, user_id))) is not None:
            self._end(ringing, "answered")

    def call_over(self, call_id: str) -> None:
        """Nobody is in the call any more, or it has ended."""
        for ringing in [each for each in self._rings.values() if each.call_id == call_id]:
            self._end(ringing, "missed")

    def advance(self, now_us: int) -> None:
        """Time has passed."""
        for ringing in [each for each in self._rings.values() if each.deadline_us <= now_us]:
            self._end(ringing, "missed" if ringing.message_id is not None else "unreachable")

    def next_deadline_us(self) -> int | None:
        return min((each.deadline_us for each in self._rings.values()), default=None)

    def _end(self, ringing: Ringing, outcome: Outcome) -> None:
        del self._rings[ringing.call_id, ringing.friend.user.id]
        ringing.outcome = outcome
        self._count(outcome)
        if outcome != "answered":
            self._say(ringing, outcome)
        if ringing.message_id is not None:
            self._post(ringing)
        else:
            self._withdraw(ringing)
