import pytest
from hypothesis import given
from hypothesis import strategies as st

from sfu.core.rtp.packet import build_packet, extension_block, parse_header
from sfu.errors import MalformedPacket

EXTENSIONS = st.dictionaries(st.integers(1, 14), st.binary(min_size=1, max_size=16), max_size=5)


@given(
    payload_type=st.integers(0, 127),
    seq16=st.integers(0, 0xFFFF),
    timestamp=st.integers(0, 0xFFFFFFFF),
    ssrc=st.integers(0, 0xFFFFFFFF),
    payload=st.binary(max_size=64),
    marker=st.booleans(),
    extensions=EXTENSIONS,
    padding_size=st.integers(0, 255),
)
def test_what_is_built_is_parsed_again(
    payload_type, seq16, timestamp, ssrc, payload, marker, extensions, padding_size
):
    data = build_packet(
        payload_type=payload_type,
        seq16=seq16,
        timestamp=timestamp,
        ssrc=ssrc,
        payload=payload,
        marker=marker,
        extensions=extensions,
        padding_size=padding_size,
    )
    header = parse_header(data)
    assert (header.payload_type, header.seq16, header.timestamp, header.ssrc, header.marker) == (
        payload_type,
        seq16,
        timestamp,
        ssrc,
        marker,
    )
    assert dict(header.extensions) == extensions
    assert data[header.payload_offset : header.payload_offset + header.payload_size] == payload
    assert header.padding_size == padding_size


@given(st.binary(max_size=200))
def test_arbitrary_bytes_are_parsed_or_refused(data):
    try:
        header = parse_header(data)
    except MalformedPacket:
        return
    assert header.payload_offset + header.payload_size + header.padding_size == len(data)


def test_two_byte_extensions_are_read():
    block = b"\x10\x00\x00\x02" + bytes((3, 2)) + b"ab" + bytes((200, 0)) + bytes(2)
    data = b"\x90\x60" + bytes(10) + block + b"x"
    assert dict(parse_header(data).extensions) == {3: b"ab", 200: b""}


def test_an_unknown_extension_profile_is_skipped_whole():
    data = b"\x90\x60" + bytes(10) + b"\x12\x34\x00\x01abcd" + b"payload"
    header = parse_header(data)
    assert not header.extensions
    assert data[header.payload_offset :] == b"payload"


@pytest.mark.parametrize("elements", [{0: b"a"}, {15: b"a"}, {1: b""}, {1: bytes(17)}])
def test_what_has_no_one_byte_form_is_refused(elements):
    with pytest.raises(ValueError, match="one-byte form"):
        extension_block(elements)
