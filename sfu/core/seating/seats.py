"""Who sits where for one subscriber: a pure function of the room and of where everybody sat before.

A sitter is what a seat shows: a participant's camera with their voice, or the screen that they share.

- Every sitter sits on at most one seat. Nobody moves without need: who keeps their kind of seat keeps their
  seat.
- Full seats (with video) go to what is pinned, then to what is on the subscriber's display in its order, then
  to shared screens, then to those who spoke last, then in the order of joining; audio-only seats to others by
  last speech, screens left out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

SeatSource = Literal["camera", "screen"]
Sitter = tuple[int, SeatSource]
"""A participant, and what of them."""


@dataclass(frozen=True, slots=True)
class SeatShape:
    """full: has video; else audio only."""

    seat: int
    full: bool


@dataclass(frozen=True, slots=True)
class Wishes:
    """visible: on the display, most important first. pinned: a participant, whose pictures go first."""

    visible: Sequence[Sitter] = ()
    pinned: int | None = None


def assign(
    shapes: Sequence[SeatShape],
    sitters: Sequence[Sitter],
    wishes: Wishes,
    before: Mapping[int, Sitter],
    spoke: Sequence[int] = (),
) -> dict[int, Sitter]:
    """Seat -> sitter, empty seats left out.

    sitters: of everybody else in the room, in the order of joining. before: the last assignment. spoke: who
    spoke, the latest first.
    """
    full = [shape.seat for shape in shapes if shape.full]
    audio = [shape.seat for shape in shapes if not shape.full]
    turn = {participant: number for number, participant in enumerate(spoke)}
    by_speech = sorted(sitters, key=lambda sitter: turn.get(sitter[0], len(turn)))
    with_video = _ranked(by_speech, wishes)[: len(full)]
    voices = [sitter for sitter in by_speech if sitter[1] == "camera"]
    with_audio = [sitter for sitter in voices if sitter not in with_video][: len(audio)]
    return _place(full, with_video, before) | _place(audio, with_audio, before)


def _ranked(by_speech: Sequence[Sitter], wishes: Wishes) -> list[Sitter]:
    present = set(by_speech)
    screens = [sitter for sitter in by_speech if sitter[1] == "screen"]
    pinned = [sitter for sitter in (*screens, *by_speech) if sitter[0] == wishes.pinned]
    visible = [sitter for sitter in wishes.visible if sitter in present]
    return list(dict.fromkeys([*pinned, *visible, *screens, *by_speech]))


def _place(
    seats: Sequence[int], sitters: Sequence[Sitter], before: Mapping[int, Sitter]
) -> dict[int, Sitter]:
    placed = {seat: before[seat] for seat in seats if before.get(seat) in sitters}
    free = iter(seat for seat in seats if seat not in placed)
    for sitter in sitters:
        if sitter not in placed.values():
            placed[next(free)] = sitter
    return placed
