"""Clients of the documented protocol in one room with others: who speaks to them in whose name."""

from __future__ import annotations

from typing import Any

import pytest

from sfu.client import Description
from signaling.messages import (
    Answer,
    Error,
    IceCandidate,
    Offer,
    P2pState,
    Participant,
    RelayedAnswer,
    RelayedOffer,
    TopologyChanged,
    User,
    UserJoined,
    UserLeft,
)
from signaling.outputs import Describe, JoinSfu, LeaveSfu, ModeChanged, SetForwarding, SetMedia

S = 1_000_000


def sdp(connection: int, ufrag: str = "u") -> str:
    return f"v=0\r\no=- {connection} 2 IN IP4 127.0.0.1\r\ns=-\r\na=ice-ufrag:{ufrag}\r\n"


def offer(to: int, connection: int = 1, ufrag: str = "u", ref: str | None = None) -> Offer:
    return Offer(to_user_id=to, payload={"type": "offer", "sdp": sdp(connection, ufrag)}, id=ref)


def answer(to: int, connection: int = 1) -> Answer:
    return Answer(to_user_id=to, payload={"type": "answer", "sdp": sdp(connection)})


def person(user_id: int) -> User:
    return User(id=user_id, first_name=f"User {user_id}")


def anew(user_id: int) -> list[Any]:
    """What a documented client hears when its connection to somebody has to be made anew."""
    return [UserLeft(user=person(user_id)), UserJoined(user=person(user_id))]


@pytest.fixture
def three(driver: Any) -> tuple[str, str, str]:
    """1 and 3 documented, 2 v2, on the SFU; nobody has described anything yet."""
    sessions = (driver.join(1, v2=False), driver.join(2), driver.join(3, v2=False))
    driver.clear()
    return sessions


# --- who is in the SFU ----------------------------------------------------------------------------------


def test_two_documented_are_not_in_the_sfu(driver: Any) -> None:
    driver.join(1, v2=False)
    driver.join(2, v2=False)
    driver.wait(3_600 * S)
    assert driver.sfu_commands() == []
    assert driver.room.mode == "p2p"


@pytest.mark.parametrize(
    "kinds", [(False, True, True), (True, False, True), (True, True, False), (False,) * 3]
)
def test_a_third_moves_everybody_to_the_sfu_whatever_they_speak(driver: Any, kinds: tuple[bool, ...]) -> None:
    sessions = [driver.join(number, v2=v2) for number, v2 in enumerate(kinds, 1)]
    joins = {o.user_id: o for o in driver.outputs if isinstance(o, JoinSfu)}
    assert joins == {
        number: JoinSfu(number, session, mesh=not v2)
        for number, (session, v2) in enumerate(zip(sessions, kinds, strict=True), 1)
    }
    assert driver.sfu_commands()[-1] == SetForwarding(True)
    assert ModeChanged("sfu", "participants") in driver.outputs
    assert {o.user_id for o in driver.outputs if isinstance(o, SetMedia)} == {
        number for number, v2 in enumerate(kinds, 1) if v2
    }
    for session, v2 in zip(sessions, kinds, strict=True):
        assert ("welcome" in driver.types(session)) == v2


def test_two_stay_on_the_sfu_with_a_documented_one_among_them(driver: Any, three: Any) -> None:
    driver.leave(three[2])
    driver.wait(3_600 * S)
    assert driver.room.mode == "sfu"
    assert driver.sfu_commands() == [LeaveSfu(3, three[2])]
    for session in three[:2]:
        assert driver.types(session)[0] == "user_left"
        assert "topology" not in driver.types(session)


def test_whoever_is_left_alone_leaves_the_sfu_unless_they_speak_v2(driver: Any, three: Any) -> None:
    driver.leave(three[1])
    driver.leave(three[2])
    assert driver.room.mode == "p2p"
    assert driver.sfu_commands() == [LeaveSfu(2, three[1]), LeaveSfu(3, three[2]), LeaveSfu(1, three[0])]


def test_whoever_was_alone_comes_to_the_sfu_again_by_the_same_session(driver: Any, three: Any) -> None:
    for session in three[1:]:
        driver.leave(session)
    driver.join(4, v2=False)
    driver.clear()
    last = driver.join(5)
    joins = [o for o in driver.outputs if isinstance(o, JoinSfu)]
    assert [(o.user_id, o.mesh) for o in joins] == [(1, True), (4, True), (5, False)]
    assert joins[0].stay == three[0]
    assert joins[2].stay == last


def test_the_end_takes_documented_clients_out_of_the_sfu(driver: Any, three: Any) -> None:
    driver.take(driver.room.end("ended", driver.now_us))
    assert driver.sfu_commands() == [LeaveSfu(number, three[number - 1]) for number in (1, 2, 3)]


# --- words to and from virtual peers --------------------------------------------------------------------


def test_an_offer_goes_to_the_virtual_peer_and_to_nobody_else(driver: Any, three: Any) -> None:
    for peer in (2, 3):
        outputs = driver.say(three[0], offer(peer, ref="m1"))
        assert outputs == [Describe(1, three[0], peer, Description("offer", sdp(1)), "m1")]
    assert driver.inbox == {}


def test_the_message_says_what_kind_of_description_it_is(driver: Any, three: Any) -> None:
    outputs = driver.say(three[0], Offer(to_user_id=3, payload={"sdp": "v=0", "type": 7}))
    assert outputs == [Describe(1, three[0], 3, Description("offer", "v=0"))]


def test_one_who_took_up_what_was_said_before_the_switch_begins_anew(driver: Any, three: Any) -> None:
    driver.take(driver.room.peer_described(three[2], 1, Description("offer", sdp(7))))
    driver.say(three[2], answer(1, connection=5))
    driver.clear()
    driver.take(driver.room.peer_misled(three[2], 1))
    assert driver.inbox == {three[2]: anew(1)}
    assert driver.say(three[2], offer(1, connection=5)) == []  # of the connection that it has closed
    driver.take(driver.room.peer_described(three[2], 1, Description("offer", sdp(8))))
    assert driver.say(three[2], answer(1, connection=6)) == [
        Describe(3, three[2], 1, Description("answer", sdp(6)))
    ]


def test_nobody_else_is_told_to_begin_anew(driver: Any, three: Any) -> None:
    for session, peer in ((three[1], 1), (three[0], 7), (three[0], 1), ("unknown", 1)):
        assert driver.room.peer_misled(session, peer) == []


def test_candidates_and_direct_words_of_v2_clients_end_here(driver: Any, three: Any) -> None:
    candidate = {"candidate": "candidate:1 1 udp 1 192.0.2.1 9 typ host"}
    assert driver.say(three[0], IceCandidate(to_user_id=2, payload=candidate)) == []
    assert driver.say(three[1], IceCandidate(to_user_id=1, payload=candidate)) == []
    assert driver.say(three[1], offer(1)) == []
    assert driver.say(three[1], answer(3)) == []


@pytest.mark.parametrize("payload", [None, 1, "v=0", [], {}, {"sdp": 1}])
def test_a_payload_without_a_description_is_an_error(driver: Any, three: Any, payload: Any) -> None:
    driver.say(three[0], Offer(to_user_id=2, payload=payload, id="m"))
    assert driver.heard(three[0]) == [Error(detail="Invalid or missing payload", code="invalid", ref="m")]


def test_v2_clients_still_speak_directly_to_each_other(driver: Any, three: Any) -> None:
    fourth = driver.join(4)
    driver.clear()
    driver.say(three[1], offer(4))
    assert driver.types(fourth) == ["offer"]


def test_the_virtual_peers_words_are_those_of_the_person(driver: Any, three: Any) -> None:
    driver.take(driver.room.peer_described(three[0], 3, Description("offer", "v=0 o")))
    driver.take(driver.room.peer_described(three[0], 2, Description("answer", "v=0 a")))
    assert driver.heard(three[0]) == [
        RelayedOffer(from_user=person(3), payload={"type": "offer", "sdp": "v=0 o"}),
        RelayedAnswer(from_user=person(2), payload={"type": "answer", "sdp": "v=0 a"}),
    ]
    assert driver.inbox == {}


def test_the_virtual_peers_words_to_or_of_nobody_are_dropped(driver: Any, three: Any) -> None:
    said = Description("offer", "v=0")
    assert driver.room.peer_described("unknown", 2, said) == []
    assert driver.room.peer_described(three[1], 1, said) == []  # speaks v2
    assert driver.room.peer_described(three[0], 9, said) == []
    assert driver.room.peer_described(three[0], 1, said) == []
    driver.leave(three[1])
    assert driver.room.peer_described(three[0], 2, said) == []
    driver.leave(three[2])
    driver.join(3, v2=False)  # in p2p the virtual peer is gone, the person is not
    assert driver.room.peer_described(three[0], 3, said) == []


def test_words_to_somebody_who_left_are_treated_as_ever(driver: Any, three: Any) -> None:
    driver.leave(three[1])
    assert driver.say(three[0], offer(2)) == []
    driver.wait(31 * S)
    driver.say(three[0], offer(2))
    assert [m.code for m in driver.heard(three[0]) if isinstance(m, Error)] == ["target_offline"]
    assert driver.say(three[0], offer(1)) == []


# --- from p2p to the SFU --------------------------------------------------------------------------------


def test_two_documented_who_spoke_are_made_anew_by_the_third(driver: Any) -> None:
    one, two = driver.join(1, v2=False), driver.join(2, v2=False)
    driver.say(one, offer(2, 11))
    driver.say(two, answer(1, 22))
    driver.clear()
    driver.join(3)
    heard_one, heard_two = driver.heard(one), driver.heard(two)
    assert heard_one == [UserJoined(user=person(3)), *anew(2)]
    assert heard_two == [UserJoined(user=person(3)), *anew(1)]


def test_where_nothing_was_said_yet_nothing_needs_to_be_said(driver: Any) -> None:
    one, two = driver.join(1, v2=False), driver.join(2, v2=False)
    driver.say(two, IceCandidate(to_user_id=1, payload=None))
    driver.clear()
    driver.join(3)
    assert driver.types(one) == driver.types(two) == ["user_joined"]
    outputs = driver.say(one, offer(2))
    assert outputs == [Describe(1, one, 2, Description("offer", sdp(1)))]


@pytest.mark.parametrize("by_v2", [True, False])
def test_of_a_mixed_pair_the_documented_one_alone_is_told(driver: Any, by_v2: bool) -> None:
    modern, plain = driver.join(1), driver.join(2, v2=False)
    driver.say(modern, offer(2)) if by_v2 else driver.say(plain, offer(1))
    driver.clear()
    driver.join(3, v2=False)
    assert driver.heard(plain) == [UserJoined(user=person(3)), *anew(1)]
    joined, topology = driver.heard(modern)
    assert isinstance(joined, UserJoined)
    assert topology == TopologyChanged(mode="sfu", reason="participants")


def test_words_of_the_old_connection_are_dropped_after_the_switch(driver: Any) -> None:
    one, two = driver.join(1, v2=False), driver.join(2, v2=False)
    driver.say(one, offer(2, 11))
    driver.join(3)
    driver.clear()
    assert driver.say(one, offer(2, 11, "restarted")) == []
    # 2 had answered, and then turned its camera on, before it knew:
    assert driver.say(two, answer(1, 22)) == []
    assert driver.say(two, offer(1, 22)) == []
    assert driver.inbox == {}
    assert driver.say(one, offer(2, 12)) == [Describe(1, one, 2, Description("offer", sdp(12)))]
    driver.room.peer_described(two, 1, Description("offer", "v=0"))
    assert driver.say(two, answer(1, 23)) == [Describe(2, two, 1, Description("answer", sdp(23)))]


@pytest.mark.parametrize("begins", [True, False])
def test_an_old_offer_taken_up_after_the_switch_is_made_good_by_the_next_one(
    driver: Any, begins: bool
) -> None:
    one, two = driver.join(1, v2=False), driver.join(2, v2=False)
    driver.say(two, offer(1, 22))  # though the lower id should
    driver.join(3)
    assert driver.say(one, answer(2, 11)) == []
    if begins:  # so the answer was only late: its connection is closed
        assert driver.say(one, offer(2, 12)) != []
    driver.clear()
    driver.take(driver.room.peer_described(one, 2, Description("offer", "v=0")))
    assert driver.types(one) == (["offer"] if begins else ["user_left", "user_joined", "offer"])
    assert driver.say(one, answer(2, 13)) == [Describe(1, one, 2, Description("answer", sdp(13)))]


def test_words_to_somebody_who_left_the_sfu_and_came_back_are_dropped(driver: Any, three: Any) -> None:
    driver.join(4)
    driver.say(three[0], offer(3, 11))
    driver.leave(three[2])
    driver.join(3, v2=False)
    assert driver.say(three[0], offer(3, 11, "restarted")) == []
    assert driver.say(three[0], offer(3, 12)) != []


@pytest.mark.parametrize("how", ["failed", "time"])
def test_a_mixed_pair_without_a_direct_path_goes_to_the_sfu(driver: Any, how: str) -> None:
    modern, plain = driver.join(1), driver.join(2, v2=False)
    driver.say(modern, offer(2))
    driver.clear()
    driver.say(modern, P2pState(user_id=2, state="failed")) if how == "failed" else driver.wait(8 * S)
    assert driver.heard(modern) == [TopologyChanged(mode="sfu", reason="p2p_failed")]
    assert driver.heard(plain) == anew(1)
    assert driver.sfu_commands() == [JoinSfu(2, plain, mesh=True), SetForwarding(True)]


def test_a_mixed_pair_that_is_connected_stays_direct(driver: Any) -> None:
    modern, plain = driver.join(1), driver.join(2, v2=False)
    driver.say(modern, P2pState(user_id=2, state="connected"))
    driver.say(plain, offer(1, 5, "one"))
    driver.clear()
    driver.wait(60 * S)
    driver.say(plain, offer(1, 5, "two"))  # the v2 client tells how the path fares
    assert driver.types(modern) == ["offer"]
    assert driver.room.mode == "p2p"


def test_two_documented_one_of_whom_restarts_ice_go_to_the_sfu(driver: Any) -> None:
    one, two = driver.join(1, v2=False), driver.join(2, v2=False)
    driver.say(one, offer(2, 11, "a"))
    driver.say(two, answer(1, 22))
    driver.say(one, offer(2, 11, "a"))  # a camera, not a restart
    assert driver.room.mode == "p2p"
    driver.clear()
    driver.say(two, offer(1, 22, "b"))
    assert driver.heard(one) == anew(2)
    assert driver.heard(two) == anew(1)
    assert driver.sfu_commands() == [
        JoinSfu(1, one, mesh=True),
        JoinSfu(2, two, mesh=True),
        SetForwarding(True),
    ]
    assert driver.say(one, offer(2, 11, "c")) == []  # it restarts too


# --- takeover -------------------------------------------------------------------------------------------


def test_on_the_sfu_nobody_notices_a_takeover(driver: Any, three: Any) -> None:
    driver.say(three[0], offer(3, 11))
    driver.say(three[2], offer(1, 33))
    driver.clear()
    again = driver.join(1, v2=False)
    assert driver.heard(three[1]) == driver.heard(three[2]) == []
    assert driver.sfu_commands() == [JoinSfu(1, again, mesh=True)]
    assert driver.say(three[0], offer(3, 11)) == []
    assert driver.say(three[2], offer(1, 33)) != []  # the virtual peer is still the same


@pytest.mark.parametrize(("v2", "other_v2"), [(False, False), (False, True), (True, False)])
def test_in_p2p_the_partner_needs_a_new_connection(driver: Any, v2: bool, other_v2: bool) -> None:
    first, other = driver.join(1, v2=v2), driver.join(2, v2=other_v2)
    driver.say(first, offer(2, 11))
    driver.say(other, answer(1, 22))
    driver.clear()
    again = driver.join(1, v2=v2)
    left, joined = driver.heard(other)
    assert left == UserLeft(user=person(1))
    assert (joined.user.id, type(joined.user)) == (1, Participant if other_v2 else User)
    assert "user_joined" not in driver.types(again)
    assert driver.say(other, offer(1, 22)) == []
    driver.say(other, offer(1, 23))
    assert driver.types(again) == ["offer"]
    assert driver.room.mode == "p2p"


def test_in_p2p_a_partner_who_has_heard_nothing_is_told_nothing(driver: Any) -> None:
    driver.join(1, v2=False)
    other = driver.join(2, v2=False)
    driver.clear()
    driver.join(1, v2=False)
    assert driver.heard(other) == []
