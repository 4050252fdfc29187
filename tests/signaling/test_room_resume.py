"""A lost connection is not a leave: the stay goes on for a while. On a virtual clock."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from sfu.client import LayersWanted, SeatAssignment, SeatsChanged, SpeakersChanged
from signaling.config import SignalingConfig
from signaling.messages import (
    Chat,
    ChatText,
    Leave,
    MediaStateUpdate,
    Moderate,
    Moderation,
    Offer,
    P2pState,
    RaiseHand,
    SfuAnswer,
    TopologyChanged,
    User,
    UserLeft,
)
from signaling.messages import SessionDescription as Sdp
from signaling.outputs import Joined, JoinSfu, LeaveSfu, Left, Resumed

S = 1_000_000


def token(driver: Any, session: str) -> str:
    """The newest one that the session was given."""
    given = [message for message in driver.inbox[session] if message.type in ("welcome", "resume_token")]
    return str(given[-1].resume_token)


@pytest.fixture
def pair(driver: Any) -> tuple[str, str]:
    return driver.join(1), driver.join(2)


@pytest.mark.parametrize("away_s", [1, 5, 14])
def test_who_is_back_in_time_was_never_gone(driver: Any, pair: tuple[str, str], away_s: int) -> None:
    one, two = pair
    shown = token(driver, two)
    driver.clear()
    driver.lose(two)
    driver.wait(away_s * S)
    again = driver.join(2, token=shown)
    assert driver.types(one) in ([], ["topology"])  # after 8 s: they never connected directly
    welcome, metadata, snapshot, *_ = driver.heard(again)
    assert (welcome.resumed, welcome.session_id) == (True, two)
    assert (metadata.type, [user.id for user in snapshot.participants]) == ("call_metadata", [1])
    assert not [o for o in driver.outputs if isinstance(o, Joined | Left | JoinSfu | LeaveSfu)]
    assert Resumed(two) in driver.outputs
    driver.wait(3_600 * S)
    assert set(driver.room.members) == {1, 2}


def test_after_the_window_it_is_a_leave_of_the_time_of_the_loss(driver: Any, pair: tuple[str, str]) -> None:
    one, two = pair
    shown = token(driver, two)
    driver.lose(two)
    driver.wait(15 * S - 1)
    assert set(driver.room.members) == {1, 2}
    driver.clear()
    driver.wait(1 * S)
    assert driver.heard(one)[0] == UserLeft(user=User(id=2, first_name="User 2"))
    assert Left(two, 2, ago_us=15 * S) in driver.outputs
    again = driver.join(2, token=shown)
    assert driver.heard(again)[0].resumed is False
    assert driver.types(one) == ["user_joined"]


def test_leave_knows_no_window(driver: Any, pair: tuple[str, str]) -> None:
    one, two = pair
    driver.clear()
    driver.say(two, Leave())
    assert driver.types(one) == ["user_left"]
    assert Left(two, 2) in driver.outputs


def test_a_documented_client_has_no_window(driver: Any) -> None:
    one, plain = driver.join(1), driver.join(2, v2=False)
    driver.clear()
    driver.lose(plain)
    assert driver.types(one) == ["user_left"]


def test_a_window_of_nothing_is_none(make_room: Any) -> None:
    driver = make_room(SignalingConfig(resume_window_s=0))
    one, two = driver.join(1), driver.join(2)
    driver.clear()
    driver.lose(two)
    assert driver.types(one) == ["user_left"]


def test_what_the_sfu_and_others_have_said_is_not_missed(driver: Any, pair: tuple[str, str]) -> None:
    one, two = pair
    shown = token(driver, two)
    seat = SeatAssignment(0, "1", None, 1, "camera", "off")
    driver.take(driver.room.seated_event(two, SeatsChanged(1, (replace(seat, participant=None),))))
    driver.lose(two)
    driver.wait(S)
    driver.take(driver.room.seated_event(two, SeatsChanged(2, (seat,))))
    driver.take(driver.room.seated_event(two, SpeakersChanged(((1, 0.5),), 1)))
    for layer in ("off", "high", "off"):
        driver.take(driver.room.seated_event(two, LayersWanted("camera", layer)))
    answer = SfuAnswer(offer_id=1, payload=Sdp(type="answer", sdp="v=0"))
    driver.take(driver.room.sfu_said(two, answer))
    driver.say(one, ChatText(text="Hello?"))
    driver.say(one, Offer(to_user_id=2, payload={"sdp": "v=0"}))
    driver.say(one, Moderate(action="mute", user_id=2))
    driver.clear()
    heard = driver.heard(driver.join(2, token=shown))
    assert [message.type for message in heard[3:]] == [
        *("sfu_answer", "offer", "moderation", "seats", "speakers", "layers_wanted", "chat")
    ]
    assert heard[6].revision == 2
    assert heard[8].max_layer == "off"
    assert heard[3] == answer
    assert heard[-1].text == "Hello?"


def test_what_was_said_to_a_connection_that_was_dying_is_said_again(
    driver: Any, pair: tuple[str, str]
) -> None:
    one, two = pair
    shown = token(driver, two)
    driver.say(one, ChatText(text="heard for sure"))
    driver.wait(S)
    driver.say(two, MediaStateUpdate(audio=True, video=False))
    driver.wait(S)
    driver.say(one, ChatText(text="maybe"))
    again = driver.join(2, token=shown)  # the server has not noticed the loss
    assert driver.closed[two] == 4409
    chats = [message for message in driver.heard(again) if isinstance(message, Chat)]
    assert [chat.text for chat in chats] == ["maybe"]


def test_missed_chat_is_bounded(driver: Any, pair: tuple[str, str]) -> None:
    one, two = pair
    shown = token(driver, two)
    driver.lose(two)
    for number in range(80):
        driver.say(one, ChatText(text=str(number)))
    chats = [message for message in driver.heard(driver.join(2, token=shown)) if isinstance(message, Chat)]
    assert [chat.text for chat in chats] == [str(number) for number in range(30, 80)]


def test_a_direct_connection_outlives_the_loss(driver: Any, pair: tuple[str, str]) -> None:
    one, two = pair
    driver.say(one, P2pState(user_id=2, state="connected"))
    driver.say(two, P2pState(user_id=1, state="connected"))
    shown = token(driver, two)
    driver.lose(two)
    driver.wait(14 * S)
    driver.clear()
    again = driver.join(2, token=shown)
    assert driver.heard(again)[0].topology == "p2p"
    assert driver.types(one) == []


def test_a_mode_that_went_and_came_back_is_told(make_room: Any) -> None:
    """Else the client would trust a direct connection that the other has closed."""
    driver = make_room(SignalingConfig(back_to_p2p_s=1))
    one, two = driver.join(1), driver.join(2)
    driver.say(one, P2pState(user_id=2, state="connected"))
    driver.say(two, P2pState(user_id=1, state="connected"))
    shown = token(driver, two)
    driver.lose(two)
    third = driver.join(3)
    driver.leave(third)
    driver.wait(2 * S)
    heard = driver.heard(driver.join(2, token=shown))
    assert heard[0].topology == "p2p"
    assert [message.mode for message in heard if isinstance(message, TopologyChanged)] == ["sfu", "p2p"]


def test_whoever_came_back_meanwhile_is_met_anew(driver: Any, pair: tuple[str, str]) -> None:
    one, two = pair
    shown = token(driver, two)
    driver.lose(two)
    driver.leave(one)
    driver.join(1)
    again = driver.join(2, token=shown)
    assert driver.types(again)[3:5] == ["user_left", "user_joined"]


def test_a_token_of_an_earlier_stay_is_an_ordinary_join(driver: Any, pair: tuple[str, str]) -> None:
    _, two = pair
    shown = token(driver, two)
    driver.leave(two)
    newer = driver.join(2)
    again = driver.join(2, token=shown)
    assert driver.closed[newer] == 4409
    assert driver.heard(again)[0].resumed is False
    assert Left(newer, 2) in driver.outputs


def test_a_second_device_takes_over_from_a_lost_connection(driver: Any, pair: tuple[str, str]) -> None:
    _, two = pair
    driver.lose(two)
    driver.wait(3 * S)
    other_device = driver.join(2)
    assert driver.heard(other_device)[0].resumed is False
    assert Left(two, 2, ago_us=3 * S) in driver.outputs
    assert driver.room.members[2].stay == other_device


def test_everybody_lost_and_back(driver: Any, pair: tuple[str, str]) -> None:
    shown = [token(driver, session) for session in pair]
    for session in pair:
        driver.lose(session)
    driver.wait(10 * S)
    for user_id, each in enumerate(shown, 1):
        assert driver.heard(driver.join(user_id, token=each))[0].resumed is True


def test_a_room_of_lost_ones_ends(driver: Any, pair: tuple[str, str]) -> None:
    for session in pair:
        driver.lose(session)
    driver.wait(15 * S)
    assert driver.room.is_empty
    assert driver.room.next_deadline_us() is None


def test_a_token_is_renewed_with_what_it_says(driver: Any, pair: tuple[str, str]) -> None:
    _, two = pair
    first = token(driver, two)
    driver.say(two, RaiseHand(raised=True))
    newest = token(driver, two)
    assert newest != first
    driver.clear()
    again = driver.join(2, token=newest)
    assert again in driver.inbox
    assert driver.room.members[2].hand


def test_after_a_kill_clients_bring_the_room_back(make_room: Any, driver: Any) -> None:
    one, two, three = driver.join(1), driver.join(2), driver.join(3)
    driver.say(one, Moderate(action="make_host", user_id=2))
    driver.say(two, RaiseHand(raised=True))
    driver.say(one, Moderate(action="lock"))
    driver.lose(three)  # so it has the token of its welcome
    shown = [token(driver, session) for session in (one, two, three)]

    later = make_room(process="the next process")
    for user_id, each in ((3, shown[2]), (2, shown[1])):
        session = later.join(user_id, token=each)
        assert later.inbox[session][0].resumed is False
        assert Resumed(session, rebuilt=True) in later.outputs
    assert (later.room.members[2].role, later.room.members[2].hand) == ("host", True)
    assert later.room.members[3].role == "participant"
    assert later.room.is_locked
    waiting = later.join(4)
    assert later.types(waiting) == ["waiting"]


@pytest.fixture
def removed(make_room: Any, driver: Any) -> Any:
    """1 and 2 were hosts, 4 was removed, 3 is a participant; then the server was killed. `shown`: tokens."""
    sessions = {user_id: driver.join(user_id) for user_id in (1, 2, 3, 4)}
    driver.say(sessions[1], Moderate(action="make_host", user_id=2))
    driver.say(sessions[1], Moderate(action="remove", user_id=4))
    later = make_room(process="the next process")
    later.shown = {user_id: token(driver, session) for user_id, session in sessions.items()}
    return later


@pytest.mark.parametrize("host", [1, 2])
def test_who_was_removed_before_a_kill_stays_out(removed: Any, host: int) -> None:
    removed.join(host, token=removed.shown[host])
    for shown in (None, removed.shown[4]):
        again = removed.join(4, token=shown)
        assert removed.closed[again] == 4403
        assert [message.code for message in removed.heard(again)] == ["removed"]


@pytest.mark.parametrize("shows", [True, False])
def test_who_was_removed_and_is_back_first_has_to_go_when_a_host_is_back(removed: Any, shows: bool) -> None:
    early = removed.join(4, token=removed.shown[4] if shows else None)
    other = removed.join(3, token=removed.shown[3])
    assert set(removed.room.members) == {3, 4}, "tokens of participants say nothing of it"
    removed.clear()
    host = removed.join(2, token=removed.shown[2])
    assert (removed.types(early), removed.closed[early]) == (["error"], 4403)
    assert removed.types(other) == ["user_left", "user_joined"]
    assert [user.id for user in removed.heard(host)[2].participants] == [3]


def test_after_two_kills_they_are_still_out(removed: Any, make_room: Any) -> None:
    first = removed.join(1, token=removed.shown[1])
    second = removed.join(2)  # no host any more: has lost the token
    removed.say(first, Moderate(action="make_host", user_id=2))
    third = removed.join(3)
    removed.say(first, Moderate(action="remove", user_id=3))
    latest = make_room(process="the third process")
    latest.join(2, token=token(removed, second))
    assert [latest.closed[latest.join(user_id)] for user_id in (3, 4)] == [4403, 4403]
    assert third in removed.closed


def test_two_hosts_tokens_add_up(removed: Any, driver: Any, make_room: Any) -> None:
    """2's connection was lost before 3 was removed as well, so its token does not know."""
    before = removed.shown[2]
    driver.say(next(iter(driver.inbox)), Moderate(action="remove", user_id=3))
    latest = make_room(process="the third process")
    two = latest.join(2, token=before)
    three = latest.join(3)
    assert latest.closed[latest.join(4)] == 4403
    latest.join(1, token=token(driver, next(iter(driver.inbox))))
    assert latest.closed[three] == 4403
    assert latest.types(two)[-1] == "user_joined"
    assert [latest.closed[latest.join(user_id)] for user_id in (3, 4)] == [4403, 4403]


def test_without_a_host_after_a_kill_the_first_becomes_one_in_time(make_room: Any, driver: Any) -> None:
    driver.join(1)
    two = driver.join(2)
    later = make_room(process="the next process")
    session = later.join(2, token=token(driver, two))
    later.wait(15 * S - 1)
    assert later.room.members[2].role == "participant"
    later.wait(1)
    assert Moderation(action="make_host", user_id=2, by=None) in later.heard(session)
