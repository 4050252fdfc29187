import pytest
from hypothesis import given
from hypothesis import strategies as st

from sfu.core.rtcp.bye import Bye
from sfu.core.rtcp.compound import parse_compound
from sfu.core.rtcp.fir import Fir
from sfu.core.rtcp.nack import Nack
from sfu.core.rtcp.pli import Pli
from sfu.core.rtcp.remb import Remb
from sfu.core.rtcp.report_block import ReportBlock
from sfu.core.rtcp.rr import ReceiverReport
from sfu.core.rtcp.sdes import SourceDescription
from sfu.core.rtcp.sr import SenderReport
from sfu.errors import MalformedPacket

U32 = st.integers(0, 0xFFFFFFFF)
BLOCKS = st.lists(
    st.builds(
        ReportBlock,
        ssrc=U32,
        fraction_lost=st.integers(0, 255),
        packets_lost=st.integers(-0x800000, 0x7FFFFF),
        highest_seq=U32,
        jitter=U32,
        last_sr=U32,
        delay_since_last_sr=U32,
    ),
    max_size=31,
).map(tuple)
PACKETS = st.one_of(
    st.builds(SenderReport, U32, st.integers(0, 2**64 - 1), U32, U32, U32, BLOCKS),
    st.builds(ReceiverReport, U32, BLOCKS),
    st.builds(
        SourceDescription,
        st.dictionaries(U32, st.text("abcdefgh1234{}-", max_size=40), max_size=31),
    ),
    st.builds(Bye, st.lists(U32, max_size=31).map(tuple)),
    st.builds(Pli, U32, U32),
    st.builds(Fir, U32, st.lists(st.tuples(U32, st.integers(0, 255)), min_size=1, max_size=8).map(tuple)),
    st.builds(
        Remb, U32, st.integers(0, 2**18 - 1).map(lambda rate: rate << 7), st.lists(U32, max_size=8).map(tuple)
    ),
)


@given(st.lists(PACKETS, max_size=6))
def test_what_is_built_is_parsed_again(packets):
    assert parse_compound(b"".join(map(bytes, packets))) == packets


@given(st.sets(st.integers(0, 0xFFFF), min_size=1, max_size=200))
def test_every_lost_packet_is_named_once(lost):
    [nack] = parse_compound(bytes(Nack(1, 2, tuple(sorted(lost)))))
    assert isinstance(nack, Nack)
    assert sorted(nack.lost) == sorted(lost)


def test_lost_packets_across_the_wrap_share_an_entry():
    data = bytes(Nack(1, 2, (65_534, 65_535, 0, 5)))
    assert len(data) == 16
    assert parse_compound(data) == [Nack(1, 2, (65_534, 65_535, 0, 5))]


@given(st.binary(max_size=300))
def test_arbitrary_bytes_are_parsed_or_refused(data):
    try:
        parse_compound(data)
    except MalformedPacket:
        return


@given(st.lists(PACKETS, min_size=1, max_size=4), st.data())
def test_a_mutated_packet_is_parsed_or_refused(packets, data):
    raw = bytearray(b"".join(map(bytes, packets)))
    for _ in range(data.draw(st.integers(1, 6))):
        raw[data.draw(st.integers(0, len(raw) - 1))] = data.draw(st.integers(0, 255))
    try:
        parse_compound(bytes(raw[: data.draw(st.integers(0, len(raw)))]))
    except MalformedPacket:
        return


def test_unknown_kinds_are_left_out():
    assert parse_compound(b"\x80\xcc\x00\x01abcd" + bytes(Pli(1, 2))) == [Pli(1, 2)]


def test_a_length_beyond_the_datagram_is_refused():
    with pytest.raises(MalformedPacket):
        parse_compound(b"\x80\xc9\x00\x09abcd")
