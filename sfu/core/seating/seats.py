"""Who sits where for one subscriber: a pure function of the room and of where everybody sat before.

- Everybody sits on at most one seat. Nobody moves without need: who keeps
  their kind of seat keeps their seat.
- Full seats (with video) go to the pinned participant, then to those on the screen in their order, then to
  those who spoke last, then in the order of joining; audio-only seats to the others by last speech.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SeatShape:
    """full: has video; else audio only."""

    seat: int
    full: bool


@dataclass(frozen=True, slots=True)
class Wishes:
    """visible: participants on the screen, most important first."""

    visible: Sequence[int] = ()
    pinned: int | None = None


def assign(
    shapes: Sequence[SeatShape],
    participants: Sequence[int],
    wishes: Wishes,
    before: Mapping[int, int],
    spoke: Sequence[int] = (),
) -> dict[int, int]:
    """Seat -> participant, empty seats left out.

    participants: everybody else in the room, in the order of joining. before: the last assignment. spoke: who
    spoke, the latest first.
    """
    full = [shape.seat for shape in shapes if shape.full]
    audio = [shape.seat for shape in shapes if not shape.full]
    present = set(participants)
    by_speech = list(dict.fromkeys([*(one for one in spoke if one in present), *participants]))
    with_video = _ranked(by_speech, wishes)[: len(full)]
    with_audio = [one for one in by_speech if one not in with_video][: len(audio)]
    return _place(full, with_video, before) | _place(audio, with_audio, before)


def _ranked(by_speech: Sequence[int], wishes: Wishes) -> list[int]:
    present = set(by_speech)
    wanted = [one for one in (wishes.pinned, *wishes.visible) if one is not None and one in present]
    return list(dict.fromkeys([*wanted, *by_speech]))


def _place(seats: Sequence[int], sitters: Sequence[int], before: Mapping[int, int]) -> dict[int, int]:
    placed = {seat: before[seat] for seat in seats if before.get(seat) in sitters}
    free = iter(seat for seat in seats if seat not in placed)
    for sitter in sitters:
        if sitter not in placed.values():
            placed[next(free)] = sitter
    return placed
