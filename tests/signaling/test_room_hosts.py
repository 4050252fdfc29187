"""What people do in a room beside sending media: chat, hands; and what hosts do to it. On a virtual clock."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from sfu.client import SpeakersChanged
from signaling.config import SignalingConfig
from signaling.messages import (
    Admit,
    CallEnded,
    Chat,
    ChatText,
    Hand,
    Knock,
    Leave,
    Moderate,
    Moderation,
    Ping,
    RaiseHand,
    RateCall,
    React,
    Reaction,
    Speaker,
    Speakers,
    TopologyChanged,
    TopologyWanted,
    User,
    Waiting,
)
from signaling.outputs import CallOver, Rated

S = 1_000_000


def errors(driver: Any, session: str) -> list[str]:
    return [message.code for message in driver.heard(session) if message.type == "error"]


# --- words and signs ------------------------------------------------------------------------------------


def test_a_call_is_rated_once_and_nobody_hears_of_it(driver: Any) -> None:
    one, _ = driver.join(1), driver.join(2)
    driver.clear()
    said = driver.say(one, RateCall(stars=2, reasons=["echo", "other"]))
    assert said == [Rated(1, 2, ("echo", "other"))]
    assert driver.say(one, RateCall(stars=5)) == []


def test_chat_and_reactions_reach_all_who_speak_v2(driver: Any) -> None:
    one, two, plain = driver.join(1), driver.join(2), driver.join(3, v2=False)
    driver.wait(5 * S)
    driver.clear()
    driver.say(two, ChatText(text="hi"))
    driver.say(two, React(emoji="👍"))
    at = datetime(2026, 11, 24, 12, 0, 5, tzinfo=UTC)
    said = [Chat(user_id=2, text="hi", at=at), Reaction(user_id=2, emoji="👍")]
    assert driver.heard(one) == driver.heard(two) == said
    assert driver.heard(plain) == []


def test_a_hand_is_told_on_change_and_to_newcomers(driver: Any) -> None:
    one, two = driver.join(1), driver.join(2)
    driver.clear()
    driver.say(two, RaiseHand(raised=True))
    driver.say(two, RaiseHand(raised=True))
    assert driver.heard(one) == [Hand(user_id=2, raised=True)]
    snapshot = driver.heard(driver.join(3))[-1]
    assert [user.hand for user in snapshot.participants] == [False, True]


def test_who_speaks_is_told_to_whom_the_sfu_tells_it(driver: Any) -> None:
    one, plain = driver.join(1), driver.join(2, v2=False)
    driver.clear()
    event = SpeakersChanged(((2, 0.12345),), 2)
    for stay in (one, plain, "unknown"):
        driver.take(driver.room.seated_event(stay, event))
    assert driver.heard(one) == [Speakers(speakers=[Speaker(user_id=2, level=0.123)], dominant=2)]
    assert driver.heard(plain) == []


# --- who does not want to be connected directly -----------------------------------------------------------


def test_one_who_wants_the_sfu_keeps_the_room_there(driver: Any) -> None:
    one, two = driver.join(1), driver.join(2)
    driver.clear()
    driver.say(two, TopologyWanted(mode="sfu"))
    assert driver.heard(one) == [TopologyChanged(mode="sfu", reason="requested")]
    driver.wait(3_600 * S)
    assert driver.room.mode == "sfu"
    driver.say(two, TopologyWanted(mode="any"))
    driver.wait(5 * S)
    assert driver.room.mode == "p2p"


def test_who_wants_the_sfu_and_leaves_wants_nothing_any_more(driver: Any) -> None:
    driver.join(1)
    two = driver.join(2)
    driver.join(3)
    driver.say(two, TopologyWanted(mode="sfu"))
    driver.leave(two)
    driver.wait(5 * S)
    assert driver.room.mode == "p2p"


# --- hosts ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("action", "user_id", "code"),
    [
        ("mute", 3, "unsupported"),
        ("stop_video", 3, "unsupported"),
        ("make_host", 3, "unsupported"),
        ("remove", 9, "target_offline"),
        ("mute", None, "invalid"),
    ],
)
def test_what_cannot_be_done_is_refused(driver: Any, action: Any, user_id: Any, code: str) -> None:
    host, two, _ = driver.join(1), driver.join(2), driver.join(3, v2=False)
    driver.clear()
    driver.say(host, Moderate(id="x", action=action, user_id=user_id))
    (error,) = driver.heard(host)
    assert (error.code, error.ref) == (code, "x")
    assert driver.heard(two) == []


@pytest.mark.parametrize("action", ["mute", "stop_video", "remove", "lock", "unlock", "make_host"])
def test_only_hosts_may(driver: Any, action: Any) -> None:
    host, two = driver.join(1), driver.join(2)
    driver.clear()
    driver.say(two, Moderate(action=action, user_id=1))
    driver.say(two, Admit(user_id=3, admit=True))
    assert errors(driver, two) == ["forbidden", "forbidden"]
    assert driver.heard(host) == []


def test_muting_is_told(driver: Any) -> None:
    host, two = driver.join(1), driver.join(2)
    driver.clear()
    driver.say(host, Moderate(action="mute", user_id=2))
    assert driver.heard(two) == [Moderation(action="mute", user_id=2, by=1)]


def test_a_host_makes_a_host(driver: Any) -> None:
    host, two = driver.join(1), driver.join(2)
    driver.clear()
    driver.say(host, Moderate(action="make_host", user_id=2))
    assert driver.heard(host) == [Moderation(action="make_host", user_id=2, by=1)]
    assert driver.types(two) == ["moderation", "resume_token"]
    driver.say(two, Moderate(action="remove", user_id=1))
    assert errors(driver, two) == ["forbidden"], "the creator cannot be removed"


@pytest.mark.parametrize("v2", [True, False])
def test_who_was_removed_does_not_come_back(driver: Any, v2: bool) -> None:
    host, two = driver.join(1), driver.join(2, v2=v2)
    driver.clear()
    driver.say(host, Moderate(action="remove", user_id=2))
    assert [m.type for m in driver.heard(host)] == ["moderation", "user_left", "resume_token"]
    assert errors(driver, two) == ["removed"]
    assert driver.closed[two] == 4403
    for kind in (True, False):
        again = driver.join(2, v2=kind)
        assert (errors(driver, again), driver.closed[again]) == (["removed"], 4403)


def test_the_longest_present_becomes_host_after_the_last_one_has_left(driver: Any) -> None:
    host = driver.join(1)
    driver.join(2, v2=False)
    three, four = driver.join(3), driver.join(4)
    driver.clear()
    driver.lose(host)
    driver.wait(15 * S - 1)
    assert "moderation" not in driver.types(four)
    driver.wait(1)
    assert Moderation(action="make_host", user_id=3, by=None) in driver.heard(four)
    assert driver.room.members[3].role == "host"
    back = driver.join(1)
    assert driver.heard(back)[0].self.role == "host"
    assert three in driver.inbox


def test_a_host_who_leaves_one_host_makes_no_new_one(driver: Any) -> None:
    host, two, three = driver.join(1), driver.join(2), driver.join(3)
    driver.say(host, Moderate(action="make_host", user_id=2))
    driver.clear()
    driver.leave(host)
    driver.wait(60 * S)
    assert "moderation" not in driver.types(three)
    assert two in driver.inbox


def test_a_host_ends_the_call_for_all(driver: Any) -> None:
    creator, host, plain = driver.join(1), driver.join(2), driver.join(3, v2=False)
    driver.say(creator, Moderate(action="make_host", user_id=2))
    driver.clear()
    driver.say(host, Moderate(action="end"))
    for session in (creator, host, plain):
        assert driver.heard(session) == [CallEnded(reason="ended")]
        assert driver.closed[session] == 1000
    assert CallOver(by=2) in driver.outputs
    assert driver.room.is_empty
    assert driver.closed[driver.join(1)] == 4404


def test_who_is_no_host_does_not_end_it(driver: Any) -> None:
    _, two = driver.join(1), driver.join(2)
    driver.clear()
    driver.say(two, Moderate(action="end"))
    assert errors(driver, two) == ["forbidden"]
    assert not driver.room.is_over


# --- the lock and the lobby --------------------------------------------------------------------------------


@pytest.fixture
def locked(driver: Any) -> Any:
    """1 is the host, 2 is a participant."""
    driver.host, driver.two = driver.join(1), driver.join(2)
    driver.say(driver.host, Moderate(action="lock"))
    assert driver.types(driver.two)[-2:] == ["moderation", "resume_token"]
    driver.clear()
    return driver


def test_a_newcomer_knocks_and_is_let_in(locked: Any) -> None:
    three = locked.join(3)
    assert locked.heard(three) == [Waiting(position=1)]
    assert locked.heard(locked.host) == [Knock(user=User(id=3, first_name="User 3"), waiting=True)]
    assert locked.heard(locked.two) == []
    locked.say(three, Ping(t=1))
    assert locked.heard(three) == []
    locked.say(locked.host, Admit(user_id=3, admit=True))
    assert locked.types(three) == ["welcome", "call_metadata", "participants_snapshot"]
    assert locked.types(locked.host)[:2] == ["knock", "user_joined"]


def test_a_newcomer_is_turned_away(locked: Any) -> None:
    three = locked.join(3)
    locked.say(locked.host, Admit(user_id=3, admit=False))
    assert locked.types(three) == ["waiting", "error"]
    assert locked.closed[three] == 4403
    assert locked.heard(locked.host)[-1].waiting is False
    locked.say(locked.host, Admit(user_id=3, admit=True))
    assert errors(locked, locked.host) == ["target_offline"]


def test_a_documented_newcomer_is_refused(locked: Any) -> None:
    plain = locked.join(3, v2=False)
    assert (errors(locked, plain), locked.closed[plain]) == (["locked"], 4403)


def test_who_was_in_comes_back_without_knocking(locked: Any) -> None:
    locked.leave(locked.two)
    assert locked.types(locked.join(2))[0] == "welcome"
    assert locked.types(locked.join(2, v2=False))[0] == "call_metadata"


def test_the_creator_does_not_knock(make_room: Any) -> None:
    driver = make_room()
    two = driver.join(2)
    driver.wait(15 * S)  # nobody else is host
    driver.say(two, Moderate(action="lock"))
    assert driver.types(driver.join(1))[0] == "welcome"


@pytest.mark.parametrize("by", ["leave", "loss"])
def test_who_stops_waiting_is_forgotten(locked: Any, by: str) -> None:
    three = locked.join(3)
    locked.clear()
    locked.say(three, Leave()) if by == "leave" else locked.lose(three)
    assert locked.heard(locked.host) == [Knock(user=User(id=3, first_name="User 3"), waiting=False)]
    assert locked.room.waiting == []


def test_nobody_waits_longer_than_ten_minutes(locked: Any) -> None:
    three = locked.join(3)
    locked.wait(600 * S - 1)
    assert locked.room.waiting == [3]
    locked.wait(1)
    assert errors(locked, three) == ["locked"]
    assert locked.closed[three] == 4403


def test_who_knocks_twice_keeps_the_place(locked: Any) -> None:
    first, _ = locked.join(3), locked.join(4)
    locked.clear()
    second = locked.join(3)
    assert locked.closed[first] == 4409
    assert locked.heard(second) == [Waiting(position=1)]
    assert locked.heard(locked.host) == []


def test_the_lobby_is_bounded(make_room: Any) -> None:
    driver = make_room(SignalingConfig(lobby_places=2))
    host = driver.join(1)
    driver.say(host, Moderate(action="lock"))
    sessions = [driver.join(user_id) for user_id in (2, 3, 4)]
    assert [driver.closed.get(session) for session in sessions] == [None, None, 4403]


def test_unlocking_lets_all_in_for_whom_there_is_room(make_room: Any) -> None:
    driver = make_room(SignalingConfig(max_participants=2))
    host = driver.join(1)
    driver.say(host, Moderate(action="lock"))
    three, four = driver.join(3), driver.join(4)
    driver.say(host, Moderate(action="unlock"))
    assert driver.types(three)[:2] == ["waiting", "welcome"]
    assert (errors(driver, four), driver.closed[four]) == (["room_full"], 4429)


def test_who_is_admitted_to_a_full_room_goes_on_waiting(make_room: Any) -> None:
    driver = make_room(SignalingConfig(max_participants=2))
    host = driver.join(1)
    driver.say(host, Moderate(action="lock"))
    driver.join(3)
    driver.join(4)
    driver.say(host, Admit(user_id=3, admit=True))
    driver.clear()
    driver.say(host, Admit(user_id=4, admit=True))
    assert errors(driver, host) == ["room_full"]
    assert driver.room.waiting == [4]


@pytest.mark.parametrize("v2", [True, False])
def test_a_full_room_is_full_whether_locked_or_not(make_room: Any, v2: bool) -> None:
    driver = make_room(SignalingConfig(max_participants=1))
    host = driver.join(1)
    driver.say(host, Moderate(action="lock"))
    newcomer = driver.join(2, v2=v2)
    assert (errors(driver, newcomer), driver.closed[newcomer]) == (["room_full"], 4429)


def test_a_new_host_hears_who_waits(locked: Any) -> None:
    locked.join(3)
    locked.say(locked.host, Moderate(action="make_host", user_id=2))
    assert locked.heard(locked.two)[-1] == Knock(user=User(id=3, first_name="User 3"), waiting=True)


def test_a_locked_room_outlives_its_last_participant_while_somebody_waits(locked: Any) -> None:
    three = locked.join(3)
    locked.leave(locked.two)
    locked.leave(locked.host)
    assert not locked.room.is_empty
    host = locked.join(1)
    assert [m.type for m in locked.heard(host)][-1] == "knock"
    locked.say(host, Admit(user_id=3, admit=True))
    assert "welcome" in locked.types(three)


def test_the_end_is_the_end_for_who_waits_too(locked: Any) -> None:
    three = locked.join(3)
    locked.take(locked.room.end("ended", locked.now_us))
    assert errors(locked, three) == ["ended"]
    assert locked.closed[three] == 4404
    assert locked.room.is_empty
