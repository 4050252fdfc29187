"""Somebody in a room, and how the others see them."""

from __future__ import annotations

from dataclasses import dataclass

from signaling.messages import V2_SUBPROTOCOL, MediaState, Participant, Role, User


@dataclass(slots=True)
class Member:
    """`newest_offer_id` is that of this session's last `sfu_offer`; `in_sfu`: the SFU was told of it."""

    user: User
    session: str
    v2: bool
    role: Role
    media: MediaState
    newest_offer_id: int = -1
    in_sfu: bool = False

    @property
    def participant(self) -> Participant:
        """As v2 clients see them."""
        return Participant(
            **self.user.model_dump(),
            media=self.media,
            role=self.role,
            protocol=V2_SUBPROTOCOL if self.v2 else "documented",
        )

    def seen_by(self, viewer: Member) -> Participant | User:
        return self.participant if viewer.v2 else self.user
