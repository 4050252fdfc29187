from hypothesis import given
from hypothesis import strategies as st

from sfu.core.rtp.serial import extend, timestamp_delta


@given(reference=st.integers(0, 2**40), distance=st.integers(-0x8000, 0x7FFF))
def test_the_nearest_extended_number_is_found(reference, distance):
    assert extend((reference + distance) & 0xFFFF, reference) == reference + distance


@given(older=st.integers(0, 2**32 - 1), distance=st.integers(-(2**31) + 1, 2**31))
def test_a_delta_crosses_the_wrap(older, distance):
    assert timestamp_delta((older + distance) & 0xFFFFFFFF, older) == distance
