from hypothesis import given
from hypothesis import strategies as st

from sfu.core.rtp.nack import FIRST_WAIT_US, MAX_TRIES, WINDOW, NackGenerator

RTT_US = 50_000


def test_a_lost_packet_is_asked_for_after_a_moment():
    nacks = NackGenerator(10)
    nacks.receive(10, 0)
    nacks.receive(12, 0)
    assert nacks.take_due(FIRST_WAIT_US - 1, RTT_US) == []
    assert nacks.take_due(FIRST_WAIT_US, RTT_US) == [11]


def test_it_is_not_asked_for_again_within_a_round_trip():
    nacks = NackGenerator(10)
    nacks.receive(12, 0)
    assert nacks.take_due(FIRST_WAIT_US, RTT_US) == [10, 11]
    assert nacks.take_due(FIRST_WAIT_US + RTT_US, RTT_US) == []
    assert nacks.take_due(FIRST_WAIT_US + 2 * RTT_US, RTT_US) == [10, 11]


def test_a_packet_that_comes_late_is_not_asked_for():
    nacks = NackGenerator(10)
    nacks.receive(12, 0)
    nacks.receive(10, 1)
    assert nacks.take_due(FIRST_WAIT_US, RTT_US) == [11]


def test_asking_ends():
    nacks = NackGenerator(0)
    nacks.receive(1, 0)
    asked = sum(len(nacks.take_due(now_us, RTT_US)) for now_us in range(0, 10_000_000, 10_000))
    assert asked == MAX_TRIES
    assert nacks.missing == 0


@given(st.lists(st.integers(0, 1_000_000), max_size=50))
def test_no_jump_makes_it_grow_beyond_its_window(seqs):
    nacks = NackGenerator(0)
    for now_us, seq in enumerate(seqs):
        nacks.receive(seq, now_us)
        assert nacks.missing <= WINDOW
