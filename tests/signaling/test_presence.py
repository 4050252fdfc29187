"""Who is in which call, and what is told of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from signaling.messages import MediaStateUpdate
from signaling.presence import Presence
from signaling.room_state import CallEvent

if TYPE_CHECKING:
    from tests.signaling.conftest import RoomDriver

MakeRoom = Callable[..., "RoomDriver"]
S = 1_000_000
START = datetime(2026, 11, 24, 12, tzinfo=UTC)


@dataclass
class Watched:
    """Rooms whose presence is looked at after each step."""

    events: list[CallEvent] = field(default_factory=list)
    now: datetime = START

    def __post_init__(self) -> None:
        self.presence = Presence(self.events.append)

    def look(self, call_id: str, driver: RoomDriver) -> list[tuple[str, int | None]]:
        """What is new, as kinds and users."""
        self.events.clear()
        self.now += timedelta(seconds=1)
        self.presence.changed(call_id, 1, driver.room, self.now)
        return [(event.kind, event.user.id if event.user else None) for event in self.events]


@pytest.fixture
def watched() -> Watched:
    return Watched()


def test_a_call_begins_with_the_first_and_ends_with_the_last(watched: Watched, driver: RoomDriver) -> None:
    one = driver.join(1)
    assert watched.look("a", driver) == [("call.started", None), ("participant.joined", 1)]
    two = driver.join(2, v2=False)
    assert watched.look("a", driver) == [("participant.joined", 2)]
    driver.leave(two)
    assert watched.look("a", driver) == [("participant.left", 2)]
    driver.leave(one)
    assert watched.look("a", driver) == [("participant.left", 1), ("call.ended", None)]
    assert watched.events[-1].reason == "empty"
    assert watched.presence.room("a") is None


def test_the_end_of_the_call_takes_everybody_out(watched: Watched, driver: RoomDriver) -> None:
    driver.join(1)
    driver.join(2)
    watched.look("a", driver)
    driver.room.end("ended", driver.now_us)
    assert watched.look("a", driver) == [
        ("participant.left", 1),
        ("participant.left", 2),
        ("call.ended", None),
    ]
    assert watched.events[-1].reason == "ended"


@pytest.mark.parametrize("v2", [True, False])
def test_another_connection_of_the_same_person_is_no_event(
    watched: Watched, driver: RoomDriver, v2: bool
) -> None:
    driver.join(1)
    driver.join(2)
    watched.look("a", driver)
    joined_at = watched.now
    driver.join(2, v2=v2)
    assert watched.look("a", driver) == []
    state = watched.presence.room("a")
    assert state is not None
    assert {person.user.id: person.joined_at for person in state.participants}[2] == joined_at


def test_a_lost_connection_is_no_event_until_the_time_to_come_back_is_over(
    watched: Watched, driver: RoomDriver
) -> None:
    driver.join(1)
    two = driver.join(2)
    watched.look("a", driver)
    driver.lose(two)
    driver.wait(14 * S)
    assert watched.look("a", driver) == []
    two = driver.join(2)
    assert watched.look("a", driver) == []
    driver.lose(two)
    driver.wait(16 * S)
    assert watched.look("a", driver) == [("participant.left", 2)]


def test_who_the_operator_removes_has_left_at_once_even_while_away(
    watched: Watched, driver: RoomDriver
) -> None:
    driver.join(1)
    driver.lose(driver.join(2))
    watched.look("a", driver)
    driver.take(driver.room.remove(2, driver.now_us))
    assert watched.look("a", driver) == [("participant.left", 2)]


def test_a_room_that_was_never_seen_with_somebody_is_no_event(watched: Watched, driver: RoomDriver) -> None:
    assert watched.look("a", driver) == []


def test_state_is_as_the_room_is_now(watched: Watched, driver: RoomDriver) -> None:
    one = driver.join(1)
    watched.look("a", driver)
    driver.say(one, MediaStateUpdate(audio=True, video=True))
    driver.join(2, v2=False)
    driver.join(3)
    watched.look("a", driver)
    state = watched.presence.room("a")
    assert state is not None
    assert (state.call_id, state.creator_user_id, state.topology) == ("a", 1, "sfu")
    assert state.started_at == START + timedelta(seconds=1)
    assert [(p.user.id, p.protocol, p.role, p.media.video) for p in state.participants] == [
        (1, "telcall.v2", "host", True),
        (2, "documented", "participant", False),
        (3, "telcall.v2", "participant", False),
    ]


def test_pages_of_rooms_are_in_the_order_of_their_start(watched: Watched, make_room: MakeRoom) -> None:
    names = ["c", "a", "d", "b", "e"]
    for name in names:
        driver = make_room()
        driver.join(1)
        watched.look(name, driver)
    seen, after = [], None
    while True:
        page = watched.presence.rooms(after, 2)
        assert page.total == 5
        seen += [state.call_id for state in page.rooms]
        if not page.more:
            break
        after = (page.rooms[-1].started_at, page.rooms[-1].call_id)
    assert seen == names
    assert watched.presence.rooms((START + timedelta(hours=1), ""), 2).rooms == ()
