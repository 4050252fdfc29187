"""The model: a receiver sees one stream whose numbers go on without a jump, whoever publishes."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from sfu.core.rtp.translate import Translator

FRAME_US = 33_333
SITTERS = st.lists(
    st.tuples(
        st.integers(0, 2**20),  # first seq
        st.integers(0, 2**32 - 1),  # first timestamp
        st.integers(0, 0x7FFF),  # first picture id
        st.integers(0, 0xFF),
        st.integers(1, 20),  # frames
        st.integers(0, 5_000_000),  # pause before the next sitter, us
    ),
    min_size=1,
    max_size=6,
)


def play(sitters, first=(65_530, 2**32 - 5_000, 0x7FF0, 250)):
    translator = Translator(*first, clock_rate=90_000)
    now_us, out = 0, []
    for seq, timestamp, picture_id, tl0, frames, pause_us in sitters:
        for frame in range(frames):
            numbers = (
                seq + frame,
                (timestamp + 3_000 * frame) & 0xFFFFFFFF,
                (picture_id + frame) & 0x7FFF,
                (tl0 + frame) & 0xFF,
            )
            if frame == 0:
                translator.begin(*numbers, now_us)
            out.append(
                (
                    translator.seq16(numbers[0]),
                    translator.timestamp(numbers[1]),
                    numbers[2] + translator.picture_id_offset & 0x7FFF,
                    numbers[3] + translator.tl0_pic_idx_offset & 0xFF,
                    now_us,
                )
            )
            translator.sent(*numbers, now_us)
            now_us += FRAME_US
        now_us += pause_us
    return out


@given(SITTERS)
def test_numbers_are_continuous_over_sitters(sitters):
    out = play(sitters)
    assert out[0][:4] == (65_530, 2**32 - 5_000, 0x7FF0, 250)
    for before, after in pairwise(out):
        assert after[0] == before[0] + 1 & 0xFFFF
        assert after[2] == before[2] + 1 & 0x7FFF
        assert after[3] == before[3] + 1 & 0xFF


@given(SITTERS)
def test_timestamps_follow_the_servers_clock_over_sitters(sitters):
    out = play(sitters)
    for before, after in pairwise(out):
        step = (after[1] - before[1]) & 0xFFFFFFFF
        assert abs(step - (after[4] - before[4]) * 90_000 // 1_000_000) <= 1


@given(st.permutations(range(1, 12)))
def test_a_publishers_reordering_keeps_its_places(order):
    translator = Translator(100, 0, 0, 0, 90_000)
    translator.begin(500, 0, 0, 0, 0)
    seen = set()
    for seq in [0, *order]:
        translator.sent(500 + seq, 3_000 * seq, seq, seq, seq)
        seen.add(translator.seq16(500 + seq))
    assert seen == set(range(100, 112))
    translator.begin(9_000, 0, 0, 0, FRAME_US)
    assert translator.seq16(9_000) == 112


def test_two_sitters_at_one_instant_do_not_share_a_timestamp():
    translator = Translator(0, 1_000, 0, 0, 48_000)
    translator.begin(5, 77, None, None, 0)
    translator.sent(5, 77, None, None, 0)
    translator.begin(900, 5, None, None, 0)
    assert translator.timestamp(5) == 1_001
