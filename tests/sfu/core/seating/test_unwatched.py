from hypothesis import given
from hypothesis import strategies as st

from sfu.core.seating.unwatched import OFF_AFTER_US, Unwatched


def test_off_after_a_while_and_on_at_once():
    pictures = Unwatched()
    assert pictures.update({"a"}, 0) == []
    assert pictures.next_deadline_us() == OFF_AFTER_US
    assert pictures.update({"a"}, OFF_AFTER_US - 1) == []
    assert pictures.update({"a"}, OFF_AFTER_US) == [("a", False)]
    assert pictures.next_deadline_us() is None
    assert pictures.update(set(), OFF_AFTER_US + 1) == [("a", True)]


def test_a_glance_begins_the_wait_anew():
    pictures = Unwatched()
    pictures.update({"a"}, 0)
    pictures.update(set(), OFF_AFTER_US - 1)
    assert pictures.update({"a"}, OFF_AFTER_US) == []


@given(st.lists(st.tuples(st.sets(st.sampled_from("abc")), st.integers(0, OFF_AFTER_US)), max_size=30))
def test_words_alternate_and_nobody_who_is_watched_is_off(steps):
    pictures, now_us, on = Unwatched(), 0, dict.fromkeys("abc", True)
    for unwatched, passed_us in steps:
        now_us += passed_us
        for picture, is_on in pictures.update(unwatched, now_us):
            assert on[picture] is not is_on
            on[picture] = is_on
        assert all(on[picture] for picture in "abc" if picture not in unwatched)
