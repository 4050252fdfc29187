"""What hosts may do to whom, and who becomes host when there is none."""

from __future__ import annotations

from collections.abc import Iterable

from signaling.member import Member
from signaling.messages import Error, Moderate

NOT_A_HOST = "Only a host may do this"


def hosts(members: Iterable[Member]) -> list[Member]:
    """Those who can act as such: documented clients know nothing of it."""
    return [member for member in members if member.v2 and member.role == "host"]


def heir(members: Iterable[Member]) -> Member | None:
    """Who is to become host, of members in the order of joining: nobody where there is one already."""
    able = [member for member in members if member.v2]
    if not able or hosts(able):
        return None
    return next((member for member in able if member.session is not None), able[0])


def forbidden(ref: str | int | None) -> Error:
    return Error(detail=NOT_A_HOST, code="forbidden", ref=ref)


def objection(actor: Member, wish: Moderate, target: Member | None, creator_user_id: int) -> Error | None:
    """Why it may not be done. `target`: the member whom the wish names."""
    if actor.role != "host":
        return forbidden(wish.id)
    if wish.action in ("lock", "unlock", "end"):
        return None
    if wish.user_id is None:
        return Error(detail="Invalid or missing user_id", code="invalid", ref=wish.id)
    if target is None:
        return Error(detail="Target user is offline", code="target_offline", ref=wish.id)
    if wish.action == "remove":
        if target.user.id == creator_user_id:
            return Error(detail="The call's creator cannot be removed", code="forbidden", ref=wish.id)
        return None
    if not target.v2:
        detail = "The target's client cannot do this"
        return Error(detail=detail, code="unsupported", ref=wish.id)
    return None


class Succession:
    """When somebody has to become host because no host is there. One may still be on the way, as after the
    server was killed; but not for long."""

    def __init__(self, wait_us: int) -> None:
        self._wait_us = wait_us
        self.deadline_us: int | None = None

    def members_changed(self, members: Iterable[Member], now_us: int) -> None:
        """Somebody has come, has gone, or has become host."""
        if heir(members) is None:
            self.deadline_us = None
        elif self.deadline_us is None:
            self.deadline_us = now_us + self._wait_us

    def due(self, members: Iterable[Member], now_us: int) -> Member | None:
        """Who is to become host now."""
        if self.deadline_us is None or now_us < self.deadline_us:
            return None
        self.deadline_us = None
        return heir(members)
