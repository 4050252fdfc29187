from hypothesis import given
from hypothesis import strategies as st

from sfu.core.seating.seats import SeatShape, Wishes, assign

FULL, AUDIO = 6, 5
SHAPES = [SeatShape(seat, seat < FULL) for seat in range(FULL + AUDIO)]
USERS = st.integers(1, 40)
SITTERS = st.lists(st.tuples(USERS, st.sampled_from(["camera", "screen"])), unique=True, max_size=25)
WISHES = st.builds(
    Wishes,
    visible=st.lists(st.tuples(st.integers(1, 45), st.sampled_from(["camera", "screen"])), max_size=12),
    pinned=st.none() | st.integers(1, 45),
)
SPOKE = st.lists(st.integers(1, 45), unique=True, max_size=20)


def cameras(*users):
    return [(user, "camera") for user in users]


@given(SITTERS, WISHES, SPOKE, SITTERS, WISHES, SPOKE)
def test_seats_are_filled_and_nobody_sits_twice(earlier, earlier_wishes, spoke, sitters, wishes, speaks):
    before = assign(SHAPES, earlier, earlier_wishes, {}, spoke)
    seats = assign(SHAPES, sitters, wishes, before, speaks)
    assert len(set(seats.values())) == len(seats)
    assert set(seats.values()) <= set(sitters)
    with_video = [sitter for seat, sitter in seats.items() if seat < FULL]
    assert len(with_video) == min(len(sitters), FULL)
    voices = [sitter for sitter in sitters if sitter[1] == "camera" and sitter not in with_video]
    assert len(seats) - len(with_video) == min(len(voices), AUDIO)


@given(SITTERS, WISHES, SPOKE, SITTERS, WISHES, SPOKE)
def test_who_keeps_the_kind_of_seat_keeps_the_seat(earlier, earlier_wishes, spoke, sitters, wishes, speaks):
    before = assign(SHAPES, earlier, earlier_wishes, {}, spoke)
    after = assign(SHAPES, sitters, wishes, before, speaks)
    seat_before = {sitter: seat for seat, sitter in before.items()}
    for seat, sitter in after.items():
        was = seat_before.get(sitter)
        if was is not None and (was < FULL) == (seat < FULL):
            assert seat == was


@given(SITTERS, WISHES, SPOKE)
def test_nothing_changes_when_nothing_has_changed(sitters, wishes, spoke):
    seats = assign(SHAPES, sitters, wishes, {}, spoke)
    assert assign(SHAPES, sitters, wishes, seats, spoke) == seats


@given(SITTERS, WISHES, SPOKE)
def test_what_is_pinned_or_on_the_display_has_video_first(sitters, wishes, spoke):
    seats = assign(SHAPES, sitters, wishes, {}, spoke)
    pinned = sorted(
        (sitter for sitter in sitters if sitter[0] == wishes.pinned), key=lambda each: each[1] == "camera"
    )
    wanted = [*pinned, *(sitter for sitter in wishes.visible if sitter in sitters)]
    with_video = {sitter for seat, sitter in seats.items() if seat < FULL}
    assert set(list(dict.fromkeys(wanted))[:FULL]) <= with_video


def test_a_leaver_moves_nobody_while_there_is_room():
    before = assign(SHAPES, cameras(1, 2, 3), Wishes(), {})
    assert assign(SHAPES, cameras(1, 3), Wishes(), before) == {0: (1, "camera"), 2: (3, "camera")}


def test_a_newcomer_takes_the_first_free_seat():
    before = {0: (1, "camera"), 2: (3, "camera")}
    assert assign(SHAPES, cameras(1, 3, 4), Wishes(), before) == before | {1: (4, "camera")}


def test_a_shared_screen_goes_before_cameras_and_leaves_its_owner_a_seat():
    sitters = [*cameras(1, 2, 3, 4, 5, 6), (6, "screen")]
    seats = assign(SHAPES, sitters, Wishes(), {})
    assert seats[0] == (6, "screen")
    assert seats[FULL] == (6, "camera")


def test_who_speaks_gets_a_picture_where_pictures_are_few():
    people = cameras(*range(1, 20))
    before = assign(SHAPES, people, Wishes(), {})
    after = assign(SHAPES, people, Wishes(), before, [15])
    seat = next(seat for seat, sitter in after.items() if sitter == (15, "camera"))
    assert seat < FULL
    assert sum(after[seat] == before[seat] for seat in range(FULL)) == FULL - 1
