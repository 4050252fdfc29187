"""Rings: what is said to those who wait, and what is written to the friend. On a virtual clock."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime

from api.authenticator import Account
from api.bot import rings as module
from api.bot.rings import Ringing, Rings
from signaling.messages import User

S = 1_000_000
AT = datetime(2026, 11, 24, 12, tzinfo=UTC)
ANNA = User(id=1, first_name="Anna")
BORIS = Account(User(id=2, first_name="Boris"), 1002, "ru")
VERA = Account(User(id=3, first_name="Vera"), 1003, "en")


@dataclass
class Told:
    said: list[str] = field(default_factory=list)
    posted: list[tuple[int | None, str | None]] = field(default_factory=list)
    withdrawn: int = 0
    last: Ringing | None = None

    def make(self) -> Rings:
        return Rings(
            45,
            say=lambda ringing, state: self.said.append(f"{ringing.friend.user.id} {state}"),
            post=self._post,
            withdraw=self._withdraw,
        )

    def _post(self, ringing: Ringing) -> None:
        self.last = ringing
        self.posted.append((ringing.message_id, ringing.outcome))

    def _withdraw(self, _ringing: Ringing) -> None:
        self.withdrawn += 1


def rung() -> tuple[Told, Rings, Ringing]:
    """Boris is being rung, and has the message."""
    told = Told()
    rings = told.make()
    rings.ring("call", ANNA, BORIS, AT, 0)
    assert told.last is not None
    rings.posted(told.last, 7)
    return told, rings, told.last


def test_nobody_answers() -> None:
    told, rings, _ = rung()
    rings.advance(45 * S - 1)
    assert told.said == ["2 ringing"]
    assert rings.next_deadline_us() == 45 * S
    rings.advance(45 * S)
    assert told.said == ["2 ringing", "2 missed"]
    assert told.posted == [(None, None), (7, "missed")]
    assert rings.next_deadline_us() is None


def test_the_friend_does_not_want_to() -> None:
    told, rings, _ = rung()
    assert not rings.declined("call", 1003)
    assert not rings.declined("other", 1002)
    assert rings.declined("call", 1002) is not None
    assert not rings.declined("call", 1002)
    assert told.said == ["2 ringing", "2 declined"]
    assert told.posted[-1] == (7, "declined")
    rings.advance(100 * S)
    assert len(told.said) == 2


def test_the_friend_comes() -> None:
    told, rings, _ = rung()
    rings.came("call", 3)
    rings.came("call", 2)
    assert told.said == ["2 ringing"]  # `user_joined` says the rest
    assert told.posted[-1] == (7, "answered")
    assert len(rings) == 0


def test_the_caller_hangs_up() -> None:
    told, rings, _ = rung()
    rings.ring("call", ANNA, VERA, AT, S)
    rings.call_over("call")
    assert told.said == ["2 ringing", "3 ringing", "2 missed", "3 missed"]
    assert told.posted[-1] == (7, "missed")
    assert told.withdrawn == 1  # Vera's message had not gone out


def test_the_bot_may_not_write() -> None:
    told = Told()
    rings = told.make()
    rings.ring("call", ANNA, BORIS, AT, 0)
    assert told.last is not None
    rings.not_posted(told.last)
    rings.not_posted(told.last)
    assert told.said == ["2 ringing", "2 unreachable"]
    assert len(told.posted) == 1


def test_telegram_was_too_slow_for_the_ring() -> None:
    told = Told()
    rings = told.make()
    rings.ring("call", ANNA, BORIS, AT, 0)
    rings.advance(45 * S)
    assert told.said == ["2 ringing", "2 unreachable"]
    assert told.withdrawn == 1
    assert told.last is not None
    rings.posted(told.last, 9)  # it went out after all: as a missed call
    assert told.posted[-1] == (9, "unreachable")


def test_who_is_being_rung_is_not_rung_again() -> None:
    told, rings, _ = rung()
    rings.ring("call", ANNA, BORIS, AT, S)
    assert len(told.posted) == 1
    rings.declined("call", 1002)
    rings.ring("call", ANNA, BORIS, AT, 2 * S)
    assert told.said[-1] == "2 ringing"


def test_rings_are_bounded() -> None:
    told = Told()
    rings = told.make()
    for number in range(module.MAX_RINGS):
        rings.ring(f"call {number}", ANNA, BORIS, AT, 0)
    rings.ring("one more", ANNA, BORIS, AT, 0)
    assert len(rings) == module.MAX_RINGS
    assert told.said[-1] == "2 unreachable"
