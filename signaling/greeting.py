"""The first messages of a session, in their order."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from signaling.config import SignalingConfig
from signaling.member import Member
from signaling.messages import (
    CallMetadata,
    IceServer,
    Limits,
    ParticipantsSnapshot,
    Self,
    ServerMessage,
    Topology,
    Welcome,
)


def greeting(member: Member, others: Iterable[Member], started_at: datetime) -> list[ServerMessage]:
    """What every client hears; v2 clients hear `welcome` before."""
    snapshot = ParticipantsSnapshot(participants=[other.seen_by(member) for other in others])
    return [CallMetadata(room_start_time=started_at), snapshot]


def welcome(
    member: Member,
    config: SignalingConfig,
    ice_servers: list[IceServer],
    *,
    token: str,
    resumed: bool,
    topology: Topology,
    locked: bool,
) -> Welcome:
    return Welcome(
        self=Self(user=member.user, role=member.role),
        session_id=member.stay,
        resume_token=token,
        resumed=resumed,
        topology=topology,
        locked=locked,
        ice_servers=ice_servers,
        limits=Limits(
            max_participants=config.max_participants,
            max_message_bytes=config.messages.max_message_bytes,
        ),
        ping_interval_s=config.ping_interval_s,
    )
