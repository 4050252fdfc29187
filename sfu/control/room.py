"""A room's members, and that each of them gets what the others send."""

from __future__ import annotations

from sfu.control.member import Member


class Room:
    """Members in the order of joining. forwarding off: nobody gets anything."""

    def __init__(self) -> None:
        self.members: dict[int, Member] = {}
        self.forwarding = True

    def join(self, member: Member) -> Member | None:
        """Returns who was there as the same user; it has to be closed."""
        before = self.members.pop(member.user, None)
        self.members[member.user] = member
        self.reseat()
        return before

    def leave(self, member: Member) -> None:
        if self.members.get(member.user) is member:
            del self.members[member.user]
        self.reseat()

    def set_forwarding(self, on: bool) -> None:
        self.forwarding = on
        self.reseat()

    def reseat(self) -> None:
        """Brings everybody in line with who is here and what they send. Tells first, then lets packets go."""
        members = list(self.members.values())
        others = {
            member.user: [other for other in members if other is not member] if self.forwarding else []
            for member in members
        }
        for member in members:
            member.assign(others[member.user])
        for member in members:
            member.feed(others[member.user])
