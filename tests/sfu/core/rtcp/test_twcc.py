import pytest
from hypothesis import given
from hypothesis import strategies as st

from sfu.core.rtcp.compound import parse_compound
from sfu.core.rtcp.twcc import ArrivalLog, TransportFeedback
from sfu.errors import MalformedPacket

ORIGIN_US = 64_000 * 5_000


@given(
    base=st.integers(0, 0xFFFF),
    steps=st.lists(st.none() | st.integers(-50, 2_000), min_size=1, max_size=300),
)
def test_arrivals_come_back_to_the_quarter_millisecond(base, steps):
    tick = ORIGIN_US // 250
    arrivals: list[int | None] = []
    for step in steps:
        if step is not None:
            tick += step
        arrivals.append(None if step is None else tick * 250)
    sent = TransportFeedback(1, 2, base, 7, tuple(arrivals))
    assert parse_compound(bytes(sent)) == [sent]


def test_a_run_of_losses_takes_two_bytes():
    few = bytes(TransportFeedback(1, 2, 0, 0, (ORIGIN_US, *[None] * 10, ORIGIN_US)))
    many = bytes(TransportFeedback(1, 2, 0, 0, (ORIGIN_US, *[None] * 1_000, ORIGIN_US)))
    assert len(many) <= len(few) + 4


def test_a_claim_of_too_many_packets_is_refused():
    body = bytes(8) + b"\x00\x00\xff\xff" + bytes(4) + b"\x1f\xff" * 9 + bytes(2)
    with pytest.raises(MalformedPacket):
        TransportFeedback.parse(body)


def test_feedback_tells_of_losses_between_two_of_it():
    log = ArrivalLog(1)
    log.receive(10, ORIGIN_US)
    first = log.take(9)
    assert first is not None
    assert (first.base_seq16, first.arrivals) == (10, (ORIGIN_US,))
    log.receive(12, ORIGIN_US + 5_000)
    second = log.take(9)
    assert second is not None
    assert (second.base_seq16, second.arrivals) == (11, (None, ORIGIN_US + 5_000))
    assert second.feedback_count == 1
    assert log.take(9) is None


def test_numbers_go_on_over_the_wrap():
    log = ArrivalLog(1)
    for seq16 in (65_535, 0, 1):
        log.receive(seq16, ORIGIN_US)
    feedback = log.take(9)
    assert feedback is not None
    assert (feedback.base_seq16, len(feedback.arrivals)) == (65_535, 3)


@given(st.lists(st.integers(0, 0xFFFF), min_size=1, max_size=100))
def test_hostile_numbers_never_make_feedback_longer_than_its_bound(seqs):
    log = ArrivalLog(1)
    for now_us, seq16 in enumerate(seqs):
        log.receive(seq16, ORIGIN_US + now_us)
    feedback = log.take(9)
    assert feedback is None or len(feedback.arrivals) <= ArrivalLog.MAX_SPAN + 1


def test_arrivals_that_nobody_takes_do_not_pile_up():
    log = ArrivalLog(1)
    for seq in range(50_000):
        log.receive(seq & 0xFFFF, ORIGIN_US + seq)
    assert len(log._arrivals) <= 2 * ArrivalLog.MAX_SPAN
    feedback = log.take(9)
    assert feedback is not None
    assert len(feedback.arrivals) <= ArrivalLog.MAX_SPAN + 1
