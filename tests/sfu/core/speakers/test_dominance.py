from hypothesis import given
from hypothesis import strategies as st

from sfu.core.speakers.dominance import MAX_TOLD, Dominance

SPEECH, NOISE = [28, 32, 36, 30, 55, 29, 33, 31, 30, 35, 60, 30], [82, 85, 80, 88] * 3


def play(dominance, turns, *, talks=(), quiet=(), silent=()):
    last = None
    for _ in range(turns):
        levels = dict.fromkeys(talks, SPEECH) | dict.fromkeys(quiet, NOISE) | {each: [] for each in silent}
        last = dominance.decide(levels)
    return last


def test_nobody_holds_the_floor_while_nobody_has_spoken():
    told = play(Dominance(), 10, quiet=(1, 2))
    assert (told.speakers, told.dominant) == ((), None)


def test_the_first_who_speaks_has_the_floor_and_keeps_it_in_silence():
    dominance = Dominance()
    play(dominance, 8, quiet=(1, 2))
    assert play(dominance, 4, talks=(1,), quiet=(2,)).dominant == 1
    told = play(dominance, 20, quiet=(2,), silent=(1,))
    assert (told.speakers, told.dominant) == ((), 1)


def test_somebody_else_who_goes_on_speaking_takes_it_and_a_short_word_does_not():
    dominance = Dominance()
    play(dominance, 8, quiet=(1, 2))
    play(dominance, 12, talks=(1,), quiet=(2,))
    assert play(dominance, 2, talks=(1, 2)).dominant == 1
    assert play(dominance, 1, talks=(2,), quiet=(1,)).dominant == 1
    assert play(dominance, 8, talks=(1,), quiet=(2,)).dominant == 1
    assert play(dominance, 12, talks=(2,), quiet=(1,)).dominant == 2


def test_who_goes_gives_the_floor_up():
    dominance = Dominance()
    play(dominance, 8, talks=(1,), quiet=(2,))
    assert play(dominance, 1, quiet=(2,)).dominant is None


def test_the_loudest_come_first_and_only_so_many_are_told():
    dominance = Dominance()
    people = range(1, MAX_TOLD + 4)
    for _ in range(8):
        told = dominance.decide({who: [20 + 2 * who] * 12 for who in people})
    assert len(told.speakers) == MAX_TOLD
    loudness = [each for _, each in told.speakers]
    assert loudness == sorted(loudness, reverse=True)
    assert told.speakers[0][0] == 1


@given(
    st.lists(st.dictionaries(st.integers(1, 4), st.binary(max_size=20).map(lambda b: [x & 127 for x in b])))
)
def test_whatever_comes_only_those_who_are_here_are_named(turns):
    dominance = Dominance()
    for levels in turns:
        told = dominance.decide(levels)
        assert {who for who, _ in told.speakers} <= levels.keys()
        assert told.dominant is None or told.dominant in levels
        assert all(0 <= each <= 1 for _, each in told.speakers)
