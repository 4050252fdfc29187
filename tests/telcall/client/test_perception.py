from __future__ import annotations

from array import array

import pytest
from av import VideoFrame

from telcall.client.perception import Perceived, Senses


def piece(value: int) -> array[int]:
    return array("h", [value] * 960)


async def test_new_way_counts_from_its_first_frame_on() -> None:
    taken: list[int] = []
    senses = Senses(lambda _user, samples: taken.append(samples[0]))
    senses.meet(1)
    senses.take_sound(1, "p2p", piece(1))
    senses.wanted = "sfu"
    senses.take_sound(1, "p2p", piece(2))
    senses.take_sound(1, "sfu", piece(3))
    senses.take_sound(1, "p2p", piece(4))
    senses.take_sound(1, "sfu", piece(5))
    assert taken == [1, 2, 3, 5]


async def test_those_who_are_not_here_are_not_taken_in() -> None:
    senses = Senses()
    senses.take_sound(1, "sfu", piece(1))
    assert senses.of(1) is None
    senses.meet(1)
    senses.take_sound(1, "sfu", piece(1))
    senses.forget(1)
    senses.take_sound(1, "sfu", piece(1))
    assert senses.of(1) is None


def test_sound_is_kept_for_two_seconds_and_forgotten_when_none_comes() -> None:
    person = Perceived()
    for number in range(200):
        person.hear(piece(number), number * 0.02)
    assert len(person.heard(60, 3.98)) == 96_000
    assert list(person.heard(0.02, 3.98)) == [199] * 960
    assert not person.heard(0.5, 4.6)
    person.hear(piece(7), 9.0)
    assert list(person.heard(2, 9.0)) == [7] * 960


@pytest.mark.parametrize(("now_s", "is_seen"), [(1.5, True), (3.1, False)])
def test_picture_is_seen_for_a_while(now_s: float, is_seen: bool) -> None:
    person, picture = Perceived(), VideoFrame(16, 16)
    assert person.seen(2.0, 0.0) is None
    person.see(picture, 1.0)
    assert (person.seen(2.0, now_s) is picture) == is_seen
