"""One room: who is here, who hears what. On a virtual clock."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from sfu.client import MediaFlags, SeatAssignment, SeatsChanged, SeatWishes, Wanted
from signaling.config import SignalingConfig
from signaling.messages import (
    Answer,
    AnyClientMessage,
    CallEnded,
    CallMetadata,
    Error,
    IceCandidate,
    Leave,
    MediaState,
    MediaStateChanged,
    MediaStateUpdate,
    Offer,
    P2pState,
    Participant,
    ParticipantsSnapshot,
    Ping,
    Pong,
    RelayedOffer,
    Seat,
    Seats,
    SeatsWanted,
    SessionDescription,
    SfuOffer,
    TopologyChanged,
    User,
    UserJoined,
    UserLeft,
    WantedVideo,
    Welcome,
)
from signaling.outputs import (
    AnswerOffer,
    CallOver,
    Close,
    Joined,
    JoinSfu,
    LeaveSfu,
    Left,
    Met,
    ModeChanged,
    Send,
    SetForwarding,
    SetMedia,
    SetWishes,
)

S = 1_000_000


def sfu_offer(offer_id: int) -> SfuOffer:
    return SfuOffer(
        offer_id=offer_id, payload=SessionDescription(type="offer", sdp="v=0"), tracks={}, seats=[]
    )


# --- first messages -------------------------------------------------------------------------------------


def test_a_v2_client_hears_welcome_metadata_snapshot(driver: Any) -> None:
    session = driver.join(1)
    welcome, metadata, snapshot = driver.heard(session)
    assert isinstance(welcome, Welcome)
    assert (welcome.session_id, welcome.topology, welcome.self.role) == (session, "p2p", "host")
    assert welcome.limits.max_participants == 30
    assert [server.urls for server in welcome.ice_servers] == [["stun:stun.example.org"]]
    assert metadata == CallMetadata(room_start_time=datetime(2026, 11, 24, 12, tzinfo=UTC))
    assert snapshot == ParticipantsSnapshot(participants=[])


def test_a_documented_client_hears_metadata_and_an_empty_snapshot(driver: Any) -> None:
    assert driver.types(driver.join(1, v2=False)) == ["call_metadata", "participants_snapshot"]


def test_the_others_hear_of_a_newcomer_each_in_their_own_words(driver: Any) -> None:
    modern, plain = driver.join(1), driver.join(2, v2=False)
    driver.clear()
    driver.leave(plain)
    third = driver.join(3)
    (left, joined) = driver.heard(modern)
    assert left == UserLeft(user=User(id=2, first_name="User 2"))
    assert isinstance(joined.user, Participant)
    assert (joined.user.role, joined.user.protocol) == ("participant", "telcall.v2")
    snapshot = driver.heard(third)[-1]
    assert [type(user) for user in snapshot.participants] == [Participant]

    driver.leave(modern)
    documented = driver.join(4, v2=False)
    assert driver.heard(third)[-1].user.protocol == "documented"
    snapshot = driver.heard(documented)[-1]
    assert snapshot.participants == [User(id=3, first_name="User 3")]
    assert type(snapshot.participants[0]) is User


def test_a_snapshot_keeps_the_order_of_joining(driver: Any) -> None:
    for user_id in (5, 3, 9):
        driver.join(user_id)
    snapshot = driver.heard(driver.join(1))[-1]
    assert [user.id for user in snapshot.participants] == [5, 3, 9]


def test_a_documented_participants_audio_is_shown_as_on(driver: Any) -> None:
    driver.join(1, v2=False)
    snapshot = driver.heard(driver.join(2))[-1]
    assert snapshot.participants[0].media == MediaState(audio=True)


# --- leaving --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("by", ["leave", "loss"])
def test_whoever_goes_is_gone_for_the_others(driver: Any, by: str) -> None:
    here, gone = driver.join(1), driver.join(2, v2=by == "leave")
    driver.clear()
    driver.say(gone, Leave()) if by == "leave" else driver.lose(gone)
    assert driver.heard(here) == [UserLeft(user=User(id=2, first_name="User 2"))]
    assert list(driver.room.members) == [1]
    assert driver.closed.get(gone) == (1000 if by == "leave" else None)
    assert driver.leave(gone) == []
    assert driver.say(gone, Ping(t=1)) == []


def test_the_journal_has_each_stay_and_each_meeting_once(driver: Any) -> None:
    one, two = driver.join(1), driver.join(2)
    driver.leave(one)
    rows = [output for output in driver.outputs if isinstance(output, Joined | Left | Met)]
    assert rows == [Joined(one, 1), Joined(two, 2), Met(2, (1,)), Left(one, 1)]


# --- takeover -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("v2", [True, False])
def test_a_second_connection_takes_over_and_nobody_else_notices(driver: Any, v2: bool) -> None:
    first, other = driver.join(1, v2=v2), driver.join(2, v2=False)
    driver.clear()
    second = driver.join(1, v2=v2)
    assert [m.code for m in driver.heard(first) if isinstance(m, Error)] == ["replaced"]
    assert driver.closed == {first: 4409}
    assert driver.heard(other) == []
    assert [user.id for user in driver.heard(second)[-1].participants] == [2]
    driver.leave(first)  # the old socket ends only now
    assert driver.heard(other) == []
    driver.say(other, Offer(to_user_id=1, payload="x"))
    assert driver.types(second) == ["offer"]


def test_a_takeover_keeps_place_and_media_state(driver: Any) -> None:
    first = driver.join(1)
    driver.join(2)
    driver.say(first, MediaStateUpdate(audio=True, video=True))
    driver.join(1)
    snapshot = driver.heard(driver.join(3))[-1]
    assert [(user.id, user.media.video) for user in snapshot.participants] == [(1, True), (2, False)]


def test_a_takeover_between_v2_clients_goes_on_through_the_sfu(driver: Any) -> None:
    driver.join(1)
    other = driver.join(2)
    driver.clear()
    second = driver.join(1)
    assert driver.heard(other) == [TopologyChanged(mode="sfu", reason="p2p_failed")]
    welcome = driver.heard(second)[0]
    assert welcome.topology == "sfu"
    assert driver.sfu_commands() == [JoinSfu(1, second), SetForwarding(True)]


def test_a_takeover_by_another_kind_of_client_is_a_leave_and_a_join(driver: Any) -> None:
    driver.join(1)
    other = driver.join(2)
    driver.clear()
    driver.join(1, v2=False)
    left, *_, joined = driver.heard(other)
    assert left == UserLeft(user=User(id=1, first_name="User 1"))
    assert joined.user.protocol == "documented"


def test_a_takeover_by_another_kind_of_client_on_the_sfu(driver: Any) -> None:
    first, other = driver.join(1), driver.join(2)
    driver.join(3)
    driver.clear()
    second = driver.join(1, v2=False)
    left, *_, joined = driver.heard(other)
    assert left == UserLeft(user=User(id=1, first_name="User 1"))
    assert joined.user.protocol == "documented"
    assert driver.sfu_commands() == [LeaveSfu(1, first), JoinSfu(1, second, mesh=True)]
    assert driver.room.mode == "sfu"


# --- refusals -------------------------------------------------------------------------------------------


def test_a_full_room_refuses_a_newcomer_but_not_its_own(make_room: Callable[..., Any]) -> None:
    driver = make_room(SignalingConfig(max_participants=3))
    for user_id in (1, 2, 3):
        driver.join(user_id)
    driver.clear()
    refused = driver.join(4)
    assert [m.code for m in driver.heard(refused)] == ["room_full"]
    assert driver.closed == {refused: 4429}
    assert driver.inbox == {}
    again = driver.join(3)
    assert driver.types(again)[0] == "welcome"


# --- relay ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("message", "kind"),
    [
        (Offer(to_user_id=2, payload={"sdp": "o"}), "offer"),
        (Answer(to_user_id=2, payload=[1]), "answer"),
        (IceCandidate(to_user_id=2, payload=None), "ice_candidate"),
    ],
)
def test_relayed_to_the_one_target_with_the_plain_sender(
    driver: Any, message: AnyClientMessage, kind: str
) -> None:
    one, two, three = driver.join(1), driver.join(2), driver.join(3)
    driver.clear()
    driver.say(one, message)
    (relayed,) = driver.heard(two)
    assert (relayed.type, relayed.payload) == (kind, message.payload)
    assert type(relayed.from_user) is User
    assert relayed.from_user.id == 1
    assert driver.heard(one) == driver.heard(three) == []


def test_to_oneself_is_dropped(driver: Any) -> None:
    session = driver.join(1)
    driver.clear()
    assert driver.say(session, Offer(to_user_id=1, payload=1)) == []


def test_to_nobody_is_an_error_with_the_documented_words(driver: Any) -> None:
    session = driver.join(1)
    driver.clear()
    driver.say(session, Offer(to_user_id=99, payload=1, id="m7"))
    assert driver.heard(session) == [Error(detail="Target user is offline", code="target_offline", ref="m7")]


def test_to_somebody_who_has_just_left_is_no_error_for_a_while(driver: Any) -> None:
    session, gone = driver.join(1), driver.join(2)
    driver.leave(gone)
    driver.clear()
    driver.wait(29 * S)
    assert driver.say(session, IceCandidate(to_user_id=2, payload=1)) == []
    driver.wait(2 * S)
    driver.say(session, IceCandidate(to_user_id=2, payload=1))
    assert [m.code for m in driver.heard(session)] == ["target_offline"]


def test_a_relayed_offer_can_be_read_as_documented(driver: Any) -> None:
    relayed = RelayedOffer(from_user=User(id=1), payload={"a": [1, None]})
    assert relayed.model_dump(mode="json") == {
        "type": "offer",
        "from_user": {"id": 1, "username": None, "first_name": None, "last_name": None, "photo_url": None},
        "payload": {"a": [1, None]},
    }


# --- v2 messages ----------------------------------------------------------------------------------------


def test_ping_gets_its_pong(driver: Any) -> None:
    session = driver.join(1)
    driver.clear()
    driver.say(session, Ping(t=1.5))
    assert driver.heard(session) == [Pong(t=1.5)]


def test_an_offer_goes_to_the_sfu_unless_it_is_older_than_the_newest(driver: Any) -> None:
    session = driver.join(1)
    assert driver.say(session, sfu_offer(5)) == [AnswerOffer(1, session, sfu_offer(5))]
    assert driver.say(session, sfu_offer(4)) == []
    assert driver.say(session, sfu_offer(5)) == []
    assert driver.say(session, sfu_offer(6)) == [AnswerOffer(1, session, sfu_offer(6))]


def test_a_new_session_counts_its_offers_anew(driver: Any) -> None:
    driver.say(driver.join(1), sfu_offer(5))
    second = driver.join(1)
    assert driver.say(second, sfu_offer(0)) == [AnswerOffer(1, second, sfu_offer(0))]


def test_wishes_go_to_the_sfu(driver: Any) -> None:
    session = driver.join(1)
    wanted = SeatsWanted(visible=[WantedVideo(user_id=2, max_height=360)], pinned=2, audio_only=True)
    assert driver.say(session, wanted) == [
        SetWishes(1, session, SeatWishes((Wanted(2, "camera", 360),), 2, True))
    ]


def test_the_sfu_knows_from_the_start_what_a_newcomer_or_a_taken_over_person_sends(driver: Any) -> None:
    one = driver.join(1)
    assert SetMedia(1, one, MediaFlags(False, False, False)) in driver.outputs
    driver.say(one, MediaStateUpdate(audio=True, video=True))
    driver.clear()
    again = driver.join(1)
    assert SetMedia(1, again, MediaFlags(True, True, False)) in driver.outputs


def test_a_media_state_goes_to_the_sfu_and_to_the_others_who_speak_v2(driver: Any) -> None:
    one, two = driver.join(1), driver.join(2)
    driver.clear()
    outputs = driver.say(one, MediaStateUpdate(audio=True, video=False))
    assert outputs == [
        SetMedia(1, one, MediaFlags(True, False, False)),
        Send(two, MediaStateChanged(user_id=1, audio=True, video=False, screen=False)),
    ]
    assert driver.say(one, MediaStateUpdate(audio=True, video=False)) == []


def test_a_documented_client_never_hears_a_v2_message(driver: Any) -> None:
    modern, plain = driver.join(1), driver.join(2, v2=False)
    driver.say(modern, MediaStateUpdate(audio=True, video=True))
    driver.say(modern, P2pState(user_id=2, state="failed"))
    driver.wait(60 * S)
    driver.say(modern, Offer(to_user_id=2, payload=1))
    driver.leave(modern)
    documented = {"call_metadata", "participants_snapshot", "user_joined", "user_left", "offer"}
    assert set(driver.types(plain)) <= documented


def test_seats_name_people_by_user_id(driver: Any) -> None:
    session = driver.join(1)
    driver.clear()
    seat = SeatAssignment(0, "2", "3", 7, "camera", "on")
    driver.take(driver.room.seated_event(session, SeatsChanged(4, (seat,))))
    assert driver.heard(session) == [
        Seats(
            revision=4,
            seats=[Seat(seat=0, audio_mid="2", video_mid="3", user_id=7, source="camera", video="on")],
        )
    ]
    assert driver.room.seated_event("gone", SeatsChanged(5, (seat,))) == []


# --- topology -------------------------------------------------------------------------------------------


def test_the_third_moves_everybody_to_the_sfu(driver: Any) -> None:
    one, two = driver.join(1), driver.join(2)
    driver.clear()
    three = driver.join(3)
    for session in (one, two):
        joined, topology = driver.heard(session)
        assert isinstance(joined, UserJoined)
        assert topology == TopologyChanged(mode="sfu", reason="participants")
    assert driver.heard(three)[0].topology == "sfu"
    commands = [o for o in driver.outputs if isinstance(o, JoinSfu | SetForwarding)]
    assert commands == [JoinSfu(3, three), SetForwarding(True)]


def test_in_p2p_the_sfu_is_told_to_forward_nothing(driver: Any) -> None:
    session = driver.join(1)
    driver.join(2)
    commands = [o for o in driver.outputs if isinstance(o, JoinSfu | SetForwarding)]
    assert commands[:2] == [JoinSfu(1, session), SetForwarding(False)]
    assert SetForwarding(True) not in commands


def test_two_left_for_five_seconds_go_back(driver: Any) -> None:
    one, _, three = driver.join(1), driver.join(2), driver.join(3)
    driver.leave(three)
    driver.clear()
    driver.wait(5 * S - 1)
    assert driver.heard(one) == []
    driver.wait(1)
    assert driver.heard(one) == [TopologyChanged(mode="p2p", reason="participants")]
    assert ModeChanged("p2p", "participants") in driver.outputs


def test_forwarding_ends_when_the_direct_path_is_up_again(driver: Any) -> None:
    one, two, three = driver.join(1), driver.join(2), driver.join(3)
    driver.leave(three)
    driver.wait(5 * S)
    driver.clear()
    driver.say(one, P2pState(user_id=2, state="connected"))
    assert driver.outputs == []
    driver.say(two, P2pState(user_id=1, state="connected"))
    assert driver.outputs == [SetForwarding(False)]


def test_a_direct_path_that_is_not_up_in_eight_seconds_is_given_up(driver: Any) -> None:
    one, two = driver.join(1), driver.join(2)
    driver.say(one, P2pState(user_id=2, state="connected"))
    driver.clear()
    driver.wait(8 * S)
    for session in (one, two):
        assert driver.heard(session) == [TopologyChanged(mode="sfu", reason="p2p_failed")]
    assert SetForwarding(True) in driver.outputs


def test_the_sfu_hears_of_a_room_anew_after_its_last_client(driver: Any) -> None:
    driver.leave(driver.join(1))
    driver.clear()
    session = driver.join(1)
    assert [o for o in driver.outputs if isinstance(o, JoinSfu | SetForwarding)] == [
        JoinSfu(1, session),
        SetForwarding(False),
    ]


# --- the end --------------------------------------------------------------------------------------------


def test_the_end_is_told_before_the_close_and_nobody_comes_in_after(driver: Any) -> None:
    one, two = driver.join(1), driver.join(2, v2=False)
    driver.clear()
    driver.take(driver.room.end("ended", driver.now_us))
    for session in (one, two):
        assert driver.heard(session) == [CallEnded(reason="ended")]
    assert driver.closed == {one: 1000, two: 1000}
    assert driver.outputs.count(Left(one, 1)) == driver.outputs.count(Left(two, 2)) == 1
    assert LeaveSfu(1, one) in driver.outputs
    assert driver.say(one, Offer(to_user_id=2, payload=1)) == []
    late = driver.join(3)
    assert [m.code for m in driver.heard(late)] == ["ended"]
    assert driver.closed[late] == 4404
    assert driver.room.end("ended", driver.now_us) == []


def test_an_expired_room_says_so_to_latecomers(driver: Any) -> None:
    driver.join(1)
    driver.take(driver.room.end("expired", driver.now_us))
    late = driver.join(2)
    assert [m.code for m in driver.heard(late)] == ["expired"]
    assert Close(late, 4404) in driver.outputs


def test_twelve_hours_after_its_start_the_room_ends(driver: Any) -> None:
    one = driver.join(1)
    driver.wait(6 * 3_600 * S)
    two = driver.join(2, v2=False)
    driver.clear()
    driver.wait(6 * 3_600 * S - 1)
    assert "call_ended" not in driver.types(one)
    driver.wait(1)
    reason = "Maximum call duration (12 hours) exceeded"
    assert driver.heard(one) == [CallEnded(reason=reason)]
    assert driver.heard(two) == [CallEnded(reason=reason)]
    assert CallOver() in driver.outputs
    assert driver.room.next_deadline_us() is None
