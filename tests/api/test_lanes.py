from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from api.lanes import LaneSchedule

LANES = st.sampled_from("abcd")


@given(st.lists(st.tuples(LANES, st.none() | st.integers(-1, 100)), max_size=400))
def test_the_first_is_that_of_the_newest_times_and_what_is_kept_is_bounded(
    steps: list[tuple[str, int | None]],
) -> None:
    schedule, times = LaneSchedule(), dict[str, tuple[int, int, str]]()
    for number, (lane, due_us) in enumerate(steps):
        if due_us is None:
            schedule.discard(lane)
            times.pop(lane, None)
        else:
            schedule.set(lane, due_us, number)
            times[lane] = (due_us, number, lane)
        assert schedule.first() == min(times.values(), default=None)
        assert set(schedule) == set(times)
        assert len(schedule) == len(times)
        assert len(schedule._heap) <= 2 * len("abcd") + 64
