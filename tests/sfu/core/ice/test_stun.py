import pytest
from hypothesis import given
from hypothesis import strategies as st

from sfu.core.ice import stun
from sfu.core.ice.demux import Protocol, classify
from sfu.errors import MalformedPacket

TRANSACTION = st.binary(min_size=12, max_size=12)
ATTRIBUTES = st.lists(
    st.tuples(st.sampled_from([stun.USERNAME, stun.PRIORITY, stun.SOFTWARE, 0x9999]), st.binary(max_size=40)),
    max_size=6,
)
HOSTS = st.ip_addresses(v=4).map(str) | st.ip_addresses(v=6).map(str)


def test_the_sample_request_of_rfc_5769_is_read():
    data = bytes.fromhex(
        "000100582112a442b7e7a701bc34d686fa87dfae802200105354554e207465737420636c69656e74"
        "002400046e0001ff80290008932ff9b151263b36000600096576746a3a68367659202020"
        "000800149aeaa70cbfd8cb56781ef2b5b2d3f249c1b571a280280004e57a3bcf"
    )
    message = stun.parse(data)
    assert message.username == "evtj:h6vY"
    assert message.has_integrity("VOkJxbRl1RmTxUk/WvJxBt")
    assert not message.has_integrity("VOkJxbRl1RmTxUk/WvJxBu")


@given(TRANSACTION, ATTRIBUTES, st.none() | st.text("abcXYZ+/09", min_size=1, max_size=40))
def test_what_is_built_is_parsed_again(transaction_id, attributes, password):
    message = stun.parse(stun.build(stun.BINDING_REQUEST, transaction_id, attributes, password))
    assert message.transaction_id == transaction_id
    assert list(message.attributes) == attributes
    assert message.has_integrity(password or "x") == (password is not None)


@given(HOSTS, st.integers(0, 0xFFFF), TRANSACTION)
def test_an_address_comes_back(host, port, transaction_id):
    value = stun.xor_address((host, port), transaction_id)
    assert stun.parse_xor_address(value, transaction_id) == (host, port)


@given(TRANSACTION, st.integers(0, 2_000), st.integers(1, 255))
def test_any_changed_byte_up_to_the_integrity_is_noticed(transaction_id, at, change):
    data = bytearray(stun.build(stun.BINDING_REQUEST, transaction_id, [(stun.USERNAME, b"a:b")], "secret"))
    data[at % (len(data) - 8)] ^= change
    try:
        message = stun.parse(bytes(data))
    except MalformedPacket:
        return
    assert not message.has_integrity("secret")


@given(
    st.binary(max_size=200) | st.binary(max_size=80).map(lambda tail: b"\0\1\0\x40\x21\x12\xa4\x42" + tail)
)
def test_arbitrary_bytes_are_parsed_or_refused(data):
    try:
        stun.parse(data)
    except MalformedPacket:
        return


def test_attributes_after_the_integrity_are_not_believed():
    inner = stun.build(stun.BINDING_REQUEST, bytes(12), [], "secret")[:-8]
    late = bytes.fromhex("00250000")
    data = inner[:2] + (len(inner) - 20 + len(late)).to_bytes(2, "big") + inner[4:] + late
    assert not stun.parse(data).use_candidate


@given(st.binary(max_size=24), TRANSACTION)
def test_a_malformed_address_is_refused(value, transaction_id):
    try:
        stun.parse_xor_address(value, transaction_id)
    except MalformedPacket:
        return
    assert len(value) in (8, 20)


@pytest.mark.parametrize(
    ("first", "second", "protocol"),
    [
        (0, 1, Protocol.STUN),
        (22, 254, Protocol.DTLS),
        (0x80, 96, Protocol.RTP),
        (0x90, 0xE0 | 0x80, Protocol.RTP),
        (0x80, 200, Protocol.RTCP),
        (0x8F, 206, Protocol.RTCP),
        (64, 0, Protocol.UNKNOWN),
        (255, 0, Protocol.UNKNOWN),
    ],
)
def test_the_first_bytes_tell_the_protocol(first, second, protocol):
    assert classify(first, second) is protocol
