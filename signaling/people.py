"""The members of a room: found by what they are known by, and told what concerns several of them."""

from __future__ import annotations

from signaling.member import Member
from signaling.messages import Knock, ServerMessage
from signaling.moderation import hosts
from signaling.outputs import Output


class People(dict[int, Member]):
    """By user id, in the order of joining."""

    def by_session(self, session: str) -> Member | None:
        for member in self.values():  # with every message: a generator costs more
            if member.session == session:
                return member
        return None

    def by_stay(self, stay: str) -> Member | None:
        return next((member for member in self.values() if member.stay == stay), None)

    def mesh_pair(self, stay: str, peer_id: int) -> tuple[Member, Member] | None:
        """A documented client that is in the SFU, and somebody else whom a virtual peer stands in for."""
        member, peer = self.by_stay(stay), self.get(peer_id)
        if member is None or member.v2 or not member.in_sfu or peer is None or peer is member:
            return None
        return member, peer

    def others(self, member: Member) -> list[Member]:
        return [other for other in self.values() if other.user.id != member.user.id]

    def v2_by_user(self) -> dict[int, bool]:
        return {user_id: member.v2 for user_id, member in self.items()}

    def tell_v2(self, message: ServerMessage, *, except_user: int | None = None) -> list[Output]:
        told = [member for member in self.values() if member.v2 and member.user.id != except_user]
        return [output for member in told for output in member.tell(message)]

    def tell_hosts(self, message: Knock) -> list[Output]:
        return [output for host in hosts(self.values()) for output in host.tell(message)]
