from hypothesis import given
from hypothesis import strategies as st

from sfu.core.seating.seats import SeatShape, Wishes, assign

FULL, AUDIO = 6, 5
SHAPES = [SeatShape(seat, seat < FULL) for seat in range(FULL + AUDIO)]
PEOPLE = st.lists(st.integers(1, 40), unique=True, max_size=25)
WISHES = st.builds(
    Wishes, visible=st.lists(st.integers(1, 45), max_size=12), pinned=st.none() | st.integers(1, 45)
)


@given(PEOPLE, WISHES, PEOPLE, WISHES)
def test_seats_are_filled_and_nobody_sits_twice(earlier, earlier_wishes, people, wishes):
    before = assign(SHAPES, earlier, earlier_wishes, {})
    seats = assign(SHAPES, people, wishes, before)
    assert len(set(seats.values())) == len(seats)
    assert set(seats.values()) <= set(people)
    assert len(seats) == min(len(people), FULL + AUDIO)
    assert sum(seat < FULL for seat in seats) == min(len(people), FULL)


@given(PEOPLE, WISHES, PEOPLE, WISHES)
def test_who_keeps_the_kind_of_seat_keeps_the_seat(earlier, earlier_wishes, people, wishes):
    before = assign(SHAPES, earlier, earlier_wishes, {})
    after = assign(SHAPES, people, wishes, before)
    seat_before = {sitter: seat for seat, sitter in before.items()}
    for seat, sitter in after.items():
        was = seat_before.get(sitter)
        if was is not None and (was < FULL) == (seat < FULL):
            assert seat == was


@given(PEOPLE, WISHES)
def test_nothing_changes_when_nothing_has_changed(people, wishes):
    seats = assign(SHAPES, people, wishes, {})
    assert assign(SHAPES, people, wishes, seats) == seats


@given(PEOPLE, WISHES)
def test_those_on_the_screen_have_video_first(people, wishes):
    seats = assign(SHAPES, people, wishes, {})
    wanted = [one for one in dict.fromkeys([wishes.pinned, *wishes.visible]) if one in people]
    with_video = {sitter for seat, sitter in seats.items() if seat < FULL}
    assert set(wanted[:FULL]) <= with_video


def test_a_leaver_moves_nobody_while_there_is_room():
    before = assign(SHAPES, [1, 2, 3], Wishes(), {})
    assert assign(SHAPES, [1, 3], Wishes(), before) == {0: 1, 2: 3}


def test_a_newcomer_takes_the_first_free_seat():
    assert assign(SHAPES, [1, 3, 4], Wishes(), {0: 1, 2: 3}) == {0: 1, 2: 3, 1: 4}
