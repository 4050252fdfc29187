"""A room's members, and that each of them gets what the others send."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from functools import partial

import structlog

from sfu.client import LayersWanted, QualityChanged, SeatSource, SpeakersChanged
from sfu.control.member import Member
from sfu.control.quality import RoomQuality, Stats
from sfu.core.seating.unwatched import Unwatched
from sfu.core.speakers.dominance import Dominance, Speaking
from sfu.dataplane.engine import SourceId

log = structlog.get_logger(__name__)

Picture = tuple[str, SeatSource]
"""Of a session, so that whoever joins anew begins anew."""


def _monotonic_us() -> int:
    return time.monotonic_ns() // 1000


class Room:
    """Members in the order of joining. forwarding off: nobody gets anything. echo: all hear themselves."""

    def __init__(self, *, echo: bool = False, now_us: Callable[[], int] = _monotonic_us) -> None:
        self._echo, self._now_us = echo, now_us
        self.members: dict[int, Member] = {}
        self.forwarding = True
        self._dominance = Dominance()
        self._speaking = Speaking()
        self._spoke: list[int] = []
        """Who held the floor, the latest first; of those who are here."""
        self._quality = RoomQuality()
        self._unwatched: Unwatched[Picture] = Unwatched()

    def join(self, member: Member) -> Member | None:
        """Returns who was there as the same user; it has to be closed."""
        before = self.members.pop(member.user, None)
        self.members[member.user] = member
        self.reseat()
        self._tell_speaking([member])
        return before

    def leave(self, member: Member) -> None:
        if self.members.get(member.user) is member:
            del self.members[member.user]
            if member.user in self._spoke:
                self._spoke.remove(member.user)
        self.reseat()

    def set_forwarding(self, on: bool) -> None:
        self.forwarding = on
        if not on:  # nobody is heard here from now on
            self._dominance, self._speaking = Dominance(), Speaking()
        self.reseat()

    def reseat(self) -> None:
        """Brings everybody in line with who is here and what they send. Tells first, then lets packets go."""
        members = list(self.members.values())
        others = {
            member.user: [other for other in members if self._echo or other is not member]
            if self.forwarding
            else []
            for member in members
        }
        for member in members:
            self._attempt(partial(member.assign, others[member.user], self._spoke))
        for member in members:
            self._attempt(partial(member.feed, others[member.user]))
        self.look()

    @staticmethod
    def _attempt(act: Callable[[], None]) -> None:
        """One member's failure is not the others': they would hear nobody until the next change."""
        try:
            act()
        except Exception:
            log.exception("seating_failed")

    def look(self) -> None:
        """Tells those whose picture nobody is shown, or somebody is again. After every change of it."""
        members = {member.session: member for member in self.members.values()}
        fed = {source for member in members.values() for source in member.fed} if self.forwarding else set()
        unwatched: set[Picture] = {
            (session, track)
            for session, member in members.items()
            for track in member.shown_pictures
            if self.forwarding and member.source_of(track) not in fed
        }
        for (session, track), on in self._unwatched.update(unwatched, self._now_us()):
            if session in members and members[session].has_seats:
                members[session].listener(LayersWanted(track, "high" if on else "off"))

    def look_by_the_clock(self) -> None:
        """In between changes only the wait for a picture to be off can have run out."""
        due_us = self._unwatched.next_deadline_us()
        if due_us is not None and self._now_us() >= due_us:
            self.look()

    def measure(self, stats: Stats) -> None:
        """How everybody has fared since the last time; all who understand it hear of all."""
        if not self.forwarding:
            return
        scores = self._quality.measure(self.members.values(), stats)
        for member in self.members.values():
            if member.has_seats:
                member.listener(QualityChanged(scores))

    def hear(self, levels: Mapping[SourceId, bytes]) -> None:
        """What the microphones told since the last time. Who holds the floor gets a seat at once."""
        if not self.forwarding:
            return
        sources = {user: member.source_of("microphone") for user, member in self.members.items()}
        speaking = self._dominance.decide(
            {user: levels.get(source, b"") for user, source in sources.items() if source is not None}
        )
        if speaking == self._speaking:
            return
        dominant = speaking.dominant
        has_moved = dominant is not None and dominant != self._speaking.dominant
        self._speaking = speaking
        if dominant is not None and has_moved:
            self._spoke = [dominant, *(user for user in self._spoke if user != dominant)]
            self.reseat()
        self._tell_speaking(self.members.values())

    def _tell_speaking(self, members: Iterable[Member]) -> None:
        if self._speaking == Speaking():
            return
        for member in members:
            if member.has_seats:
                member.listener(SpeakersChanged(self._speaking.speakers, self._speaking.dominant))
