from hypothesis import given
from hypothesis import strategies as st

from sfu.core.rtp.ntp import from_unix_us, middle32, to_unix_us


@given(st.integers(0, 2_000_000_000_000_000))
def test_a_time_comes_back_within_a_microsecond(unix_us):
    assert abs(to_unix_us(from_unix_us(unix_us)) - unix_us) <= 1


def test_the_epoch_of_1970_is_70_years_after_that_of_ntp():
    assert from_unix_us(0) >> 32 == 2_208_988_800


def test_the_middle_bits_are_seconds_and_their_fraction():
    assert middle32(0x1234_5678_9ABC_DEF0) == 0x5678_9ABC
