"""p2p or SFU, on a virtual clock."""

from __future__ import annotations

import pytest

from signaling.topology import Change, Topology

S = 1_000_000


@pytest.fixture
def topology() -> Topology:
    return Topology(p2p_timeout_us=8 * S, back_to_p2p_us=5 * S)


def v2(*users: int) -> dict[int, bool]:
    return dict.fromkeys(users, True)


def connect(topology: Topology, one: int = 1, other: int = 2) -> None:
    assert topology.p2p_state(one, other, "connected") is None
    assert topology.p2p_state(other, one, "connected") is None


def test_one_and_two_are_p2p_and_nothing_is_forwarded(topology: Topology) -> None:
    assert topology.members_changed(v2(1), 0) is None
    assert topology.members_changed(v2(1, 2), 1) is None
    assert (topology.mode, topology.forwarding) == ("p2p", False)


def test_a_third_moves_the_room_to_the_sfu_at_once(topology: Topology) -> None:
    topology.members_changed(v2(1, 2), 0)
    connect(topology)
    assert topology.members_changed(v2(1, 2, 3), S) == Change("sfu", "participants")
    assert topology.forwarding
    assert topology.next_deadline_us() is None
    assert topology.members_changed(v2(1, 2, 3, 4), 2 * S) is None


def test_two_left_for_five_seconds_go_back_to_p2p(topology: Topology) -> None:
    topology.members_changed(v2(1, 2, 3), 0)
    assert topology.members_changed(v2(1, 2), 10 * S) is None
    assert topology.next_deadline_us() == 15 * S
    assert topology.advance(15 * S - 1) is None
    assert topology.advance(15 * S) == Change("p2p", "participants")


def test_a_third_within_the_five_seconds_keeps_the_sfu(topology: Topology) -> None:
    topology.members_changed(v2(1, 2, 3), 0)
    topology.members_changed(v2(1, 2), 10 * S)
    assert topology.members_changed(v2(1, 2, 4), 14 * S) is None
    assert topology.next_deadline_us() is None
    assert topology.mode == "sfu"


def test_the_sfu_forwards_until_the_direct_path_is_up_again(topology: Topology) -> None:
    topology.members_changed(v2(1, 2, 3), 0)
    topology.members_changed(v2(1, 2), 0)
    topology.advance(5 * S)
    assert (topology.mode, topology.forwarding) == ("p2p", True)
    connect(topology)
    assert not topology.forwarding


def test_the_return_to_p2p_can_fail_too(topology: Topology) -> None:
    topology.members_changed(v2(1, 2, 3), 0)
    topology.members_changed(v2(1, 2), 0)
    topology.advance(5 * S)
    assert topology.advance(13 * S) == Change("sfu", "p2p_failed")


def test_one_left_is_p2p(topology: Topology) -> None:
    topology.members_changed(v2(1, 2, 3), 0)
    topology.members_changed(v2(1, 2), S)
    assert topology.members_changed(v2(1), 2 * S) == Change("p2p", "participants")
    assert (topology.forwarding, topology.next_deadline_us()) == (False, None)


def test_two_v2_clients_have_eight_seconds_to_connect(topology: Topology) -> None:
    topology.members_changed(v2(1, 2), S)
    topology.p2p_state(1, 2, "connected")
    assert topology.advance(9 * S - 1) is None
    assert topology.advance(9 * S) == Change("sfu", "p2p_failed")


def test_once_both_are_connected_time_does_not_matter(topology: Topology) -> None:
    topology.members_changed(v2(1, 2), 0)
    connect(topology)
    assert topology.next_deadline_us() is None
    assert topology.advance(100 * S) is None


def test_a_direct_path_that_breaks_moves_the_room_to_the_sfu_for_good(topology: Topology) -> None:
    topology.members_changed(v2(1, 2), 0)
    connect(topology)
    assert topology.p2p_state(2, 1, "failed") == Change("sfu", "p2p_failed")
    assert topology.next_deadline_us() is None
    assert topology.p2p_state(1, 2, "failed") is None
    assert topology.p2p_state(1, 2, "connected") is None
    assert topology.mode == "sfu"


def test_after_a_failure_another_partner_starts_with_p2p(topology: Topology) -> None:
    topology.members_changed(v2(1, 2), 0)
    topology.p2p_state(1, 2, "failed")
    assert topology.members_changed(v2(1), S) == Change("p2p", "participants")
    topology.members_changed(v2(1, 3), 2 * S)
    assert topology.next_deadline_us() == 10 * S


@pytest.mark.parametrize(("user", "peer"), [(1, 1), (1, 3), (3, 1)])
def test_words_about_somebody_else_do_not_count(topology: Topology, user: int, peer: int) -> None:
    topology.members_changed(v2(1, 2), 0)
    assert topology.p2p_state(user, peer, "failed") is None
    assert topology.mode == "p2p"


def test_of_two_kinds_the_one_who_can_tell_has_eight_seconds_to_connect(topology: Topology) -> None:
    topology.members_changed({1: True, 2: False}, S)
    assert topology.next_deadline_us() == 9 * S
    assert topology.advance(9 * S) == Change("sfu", "p2p_failed")
    assert topology.forwarding


def test_of_two_kinds_the_word_of_the_one_who_can_tell_is_enough(topology: Topology) -> None:
    topology.members_changed({1: True, 2: False}, 0)
    assert topology.p2p_state(1, 2, "connected") is None
    assert topology.next_deadline_us() is None
    assert topology.advance(3_600 * S) is None
    assert topology.p2p_state(1, 2, "failed") == Change("sfu", "p2p_failed")


def test_two_who_tell_nothing_have_all_the_time(topology: Topology) -> None:
    topology.members_changed({1: False, 2: False}, 0)
    assert topology.next_deadline_us() is None
    assert topology.advance(3_600 * S) is None


def test_an_ice_restart_of_two_who_tell_nothing_moves_them_to_the_sfu(topology: Topology) -> None:
    topology.members_changed({1: False, 2: False}, 0)
    assert topology.ice_restarted() == Change("sfu", "p2p_failed")
    assert topology.ice_restarted() is None
    assert topology.next_deadline_us() is None


@pytest.mark.parametrize("two", [{1: True, 2: False}, {1: False, 2: False}])
def test_two_of_whom_one_is_documented_stay_on_the_sfu(topology: Topology, two: dict[int, bool]) -> None:
    topology.members_changed({**two, 3: True}, 0)
    assert topology.members_changed(two, S) is None
    assert topology.next_deadline_us() is None
    assert topology.advance(3_600 * S) is None
    assert topology.mode == "sfu"
    assert topology.members_changed({2: False}, 4_000 * S) == Change("p2p", "participants")


def test_back_to_two_counts_anew_when_a_documented_one_has_gone(topology: Topology) -> None:
    topology.members_changed({1: True, 2: True, 3: False}, 0)
    topology.members_changed(v2(1, 2), 7 * S)
    assert topology.next_deadline_us() == 12 * S


def test_a_takeover_between_two_v2_clients_goes_on_through_the_sfu(topology: Topology) -> None:
    topology.members_changed(v2(1, 2), 0)
    connect(topology)
    assert topology.session_replaced(S) == Change("sfu", "p2p_failed")


def test_a_takeover_between_two_kinds_starts_their_direct_path_anew(topology: Topology) -> None:
    topology.members_changed({1: True, 2: False}, 0)
    topology.p2p_state(1, 2, "connected")
    assert topology.session_replaced(20 * S) is None
    assert (topology.mode, topology.next_deadline_us()) == ("p2p", 28 * S)


def test_a_takeover_alone_or_on_the_sfu_changes_nothing(topology: Topology) -> None:
    topology.members_changed(v2(1), 0)
    assert topology.session_replaced(S) is None
    topology.members_changed(v2(1, 2, 3), 0)
    assert topology.session_replaced(2 * S) is None
    assert topology.next_deadline_us() is None


# --- somebody wants nobody to learn their address ---------------------------------------------------------


@pytest.mark.parametrize("members", [v2(1), v2(1, 2), {1: True, 2: False}])
def test_one_wish_is_enough_for_the_sfu(topology: Topology, members: dict[int, bool]) -> None:
    topology.members_changed(members, 0)
    assert topology.topology_wanted(1, "sfu", 1) == Change("sfu", "requested")
    assert topology.topology_wanted(1, "sfu", 2) is None
    assert topology.next_deadline_us() is None
    assert topology.session_replaced(3) is None
    assert topology.mode == "sfu"


def test_the_ordinary_rule_is_back_with_the_last_wish(topology: Topology) -> None:
    topology.members_changed(v2(1, 2), 0)
    for user_id in (1, 2):
        topology.topology_wanted(user_id, "sfu", 1)
    assert topology.topology_wanted(1, "any", 2) is None
    assert topology.next_deadline_us() is None
    topology.topology_wanted(2, "any", 3)
    assert topology.next_deadline_us() == 5 * S + 3
    assert topology.advance(5 * S + 3) == Change("p2p", "participants")


def test_a_wish_that_is_taken_back_does_not_heal_a_direct_path(topology: Topology) -> None:
    topology.members_changed(v2(1, 2), 0)
    topology.p2p_state(1, 2, "failed")
    topology.topology_wanted(1, "sfu", 1)
    topology.topology_wanted(1, "any", 2)
    assert topology.next_deadline_us() is None


def test_a_wish_goes_with_who_had_it(topology: Topology) -> None:
    topology.members_changed(v2(1, 2), 0)
    topology.topology_wanted(2, "sfu", 1)
    assert topology.members_changed(v2(1), 2) == Change("p2p", "participants")
    assert topology.members_changed(v2(1, 2), 3) is None
    assert topology.mode == "p2p"
