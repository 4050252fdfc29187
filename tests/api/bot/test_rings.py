"""Rings: what is said to those who wait, and what is written to the friend. On a virtual clock."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

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


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["ring", "posted", "refused", "decline", "come", "over", "wait"]),
        st.sampled_from([BORIS, VERA]),
        st.integers(0, 30 * S),
    ),
    max_size=40,
)


@given(STEPS)
def test_whatever_happens_each_ring_has_one_outcome_and_its_message_tells_it(
    steps: list[tuple[str, Account, int]],
) -> None:
    said: list[tuple[Ringing, str]] = []
    shown: dict[int, str | None] = {}  # message id -> what it tells
    posts: list[Ringing] = []
    outcomes: list[str] = []

    def post(ringing: Ringing) -> None:
        if ringing.message_id is None:
            posts.append(ringing)
        else:
            shown[ringing.message_id] = ringing.outcome

    rings = Rings(
        45,
        say=lambda ringing, state: said.append((ringing, state)),
        post=post,
        withdraw=lambda ringing: posts.remove(ringing) if ringing in posts else None,
        count=outcomes.append,
    )
    now_us = 0
    for action, friend, wait_us in steps:
        now_us += wait_us
        match action:
            case "ring":
                rings.ring("call", ANNA, friend, AT, now_us)
            case "posted" if posts:
                ringing = posts.pop(0)
                shown[len(shown)] = ringing.outcome
                rings.posted(ringing, len(shown) - 1)
            case "refused" if posts:
                rings.not_posted(posts.pop(0))
            case "decline":
                rings.declined("call", friend.telegram_user_id)
            case "come":
                rings.came("call", friend.user.id)
            case "over":
                rings.call_over("call")
        rings.advance(now_us)
        due_us = rings.next_deadline_us()
        assert due_us is None or now_us < due_us <= now_us + 45 * S
    rings.advance(now_us + 45 * S)
    assert len(rings) == 0
    begun = [ringing for ringing, state in said if state == "ringing"]
    assert len(outcomes) == len(begun)
    for ringing in begun:
        told = [state for each, state in said if each is ringing]
        assert told == ["ringing"] + ([] if ringing.outcome == "answered" else [ringing.outcome])
    assert None not in shown.values()
