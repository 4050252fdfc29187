from hypothesis import given
from hypothesis import strategies as st

from sfu.dataplane.batch import Batch, Packet
from sfu.dataplane.udp import MAX_RUN_BYTES, MAX_SEGMENT_BYTES, MAX_SEGMENTS

HEADER_BYTES, TAG_BYTES = 12, 16


def batch(sizes):
    return Batch(
        [Packet(i, i * 3_000, 0, 0x80, bytes(size), None, None, False) for i, size in enumerate(sizes)]
    )


@given(st.lists(st.sampled_from([1, 80, 500, 1_100, 1_101, 1_372, 1_373, 1_470]), min_size=1, max_size=64))
def test_runs_cut_into_the_very_packets(sizes):
    layout = batch(sizes).layout(HEADER_BYTES, TAG_BYTES)
    cut = []
    for at, size, segment in layout.runs:
        step = segment or size
        cut += [(start, min(step, at + size - start)) for start in range(at, at + size, step)]
    assert cut == [(row[0], row[1] + TAG_BYTES) for row in layout.rows]


@given(st.lists(st.sampled_from([80, 1_100, 1_372, 1_373, 1_470]), min_size=1, max_size=64))
def test_no_run_is_more_than_the_kernel_takes(sizes):
    for _, size, segment in batch(sizes).layout(HEADER_BYTES, TAG_BYTES).runs:
        assert segment <= MAX_SEGMENT_BYTES
        assert size <= MAX_RUN_BYTES
        assert not segment or -(-size // segment) <= MAX_SEGMENTS


def test_packets_near_the_mtu_go_singly():
    assert [run[2] for run in batch([1_470] * 3).layout(HEADER_BYTES, TAG_BYTES).runs] == [0, 0, 0]
