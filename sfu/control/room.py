"""A room's members, and that each of them gets what the others send."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from sfu.client import SpeakersChanged
from sfu.control.member import Member
from sfu.core.speakers.dominance import Dominance, Speaking
from sfu.dataplane.engine import SourceId


class Room:
    """Members in the order of joining. forwarding off: nobody gets anything. echo: all hear themselves."""

    def __init__(self, *, echo: bool = False) -> None:
        self._echo = echo
        self.members: dict[int, Member] = {}
        self.forwarding = True
        self._dominance = Dominance()
        self._speaking = Speaking()
        self._spoke: list[int] = []
        """Who held the floor, the latest first; of those who are here."""

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
            member.assign(others[member.user], self._spoke)
        for member in members:
            member.feed(others[member.user])

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
