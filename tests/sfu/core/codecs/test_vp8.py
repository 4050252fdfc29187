from hypothesis import given
from hypothesis import strategies as st

from sfu.core.codecs.vp8 import parse_descriptor, widen_picture_id
from sfu.errors import MalformedPacket


def test_the_start_of_a_key_frame_is_seen():
    descriptor = parse_descriptor(b"\x90\xe0\x92\x34\x07\x40\x10rest")
    assert descriptor.starts_key_frame
    assert (descriptor.picture_id, descriptor.picture_id_bits, descriptor.tl0_pic_idx) == (0x1234, 15, 7)
    assert descriptor.size == 6


def test_a_delta_frame_is_no_key_frame():
    assert not parse_descriptor(b"\x10\x11").starts_key_frame


def test_a_later_partition_is_no_start():
    descriptor = parse_descriptor(b"\x11\x10")
    assert not descriptor.starts_frame
    assert not descriptor.starts_key_frame


def test_a_short_picture_id_is_widened_and_the_rest_kept():
    payload = b"\x90\xc0\x12\x07\x10rest"
    wide = widen_picture_id(payload, parse_descriptor(payload))
    descriptor = parse_descriptor(wide)
    assert (descriptor.picture_id, descriptor.picture_id_bits, descriptor.tl0_pic_idx) == (0x12, 15, 7)
    assert wide[descriptor.size :] == b"\x10rest"


@given(st.binary(max_size=40))
def test_arbitrary_bytes_are_parsed_or_refused(payload):
    try:
        descriptor = parse_descriptor(payload)
    except MalformedPacket:
        return
    assert 0 < descriptor.size <= len(payload)
    widened = widen_picture_id(payload, descriptor)
    assert parse_descriptor(widened).picture_id == descriptor.picture_id
