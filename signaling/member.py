"""Somebody in a room, and how the others see them."""

from __future__ import annotations

from dataclasses import dataclass, field

from signaling.away import Away
from signaling.messages import (
    V2_SUBPROTOCOL,
    LayersWanted,
    MediaState,
    Participant,
    Role,
    Seats,
    SeatSource,
    ServerMessage,
    Speakers,
    User,
)
from signaling.outputs import Forget, Left, Output, Send


@dataclass(slots=True)
class Member:
    """`stay` names their being here, from joining to leaving; the SFU and the journal know them by it.

    `session`: the connection that carries the stay now, None while it is lost. `heard_us`: when their client
    was heard last; what it was told since may not have arrived. `newest_offer_id` is that of the stay's last
    `sfu_offer`; `in_sfu`: the SFU was told of it. `seats`, `speakers`, `layers`: what they were told last.
    """

    user: User
    stay: str
    session: str | None
    v2: bool
    role: Role
    media: MediaState
    heard_us: int
    hand: bool = False
    away: Away | None = None
    newest_offer_id: int = -1
    in_sfu: bool = False
    has_rated: bool = False
    seats: Seats | None = None
    speakers: Speakers | None = None
    layers: dict[SeatSource, LayersWanted] = field(default_factory=dict)

    def tell(self, message: ServerMessage) -> list[Output]:
        """Send it, or keep it until the connection is back, if it still matters then."""
        match message:
            case Seats():
                self.seats = message
            case Speakers():
                self.speakers = message
            case LayersWanted():
                self.layers[message.source] = message
        if self.away is not None:
            self.away.keep(message)
        return [] if self.session is None else [Send(self.session, message)]

    def lose(self, now_us: int, stays: dict[int, str]) -> None:
        """Their connection is gone. `stays`: of those who are here, by user id."""
        self.session, self.away = None, Away(now_us, stays)

    def resume(self, session: str, now_us: int) -> None:
        """The stay goes on with another connection."""
        self.session, self.away, self.heard_us = session, None, now_us

    def end_stay(self, now_us: int) -> list[Output]:
        if self.away is not None:
            return [Left(self.stay, self.user.id, ago_us=now_us - self.away.since_us)]
        assert self.session is not None
        return [Forget(self.session), Left(self.stay, self.user.id)]

    @property
    def states(self) -> list[ServerMessage]:
        """The newest of what is told whole each time."""
        whole = [state for state in (self.seats, self.speakers) if state is not None]
        return [*whole, *self.layers.values()]

    @property
    def participant(self) -> Participant:
        """As v2 clients see them."""
        return Participant(
            **self.user.model_dump(),
            media=self.media,
            role=self.role,
            hand=self.hand,
            protocol=V2_SUBPROTOCOL if self.v2 else "documented",
        )

    def seen_by(self, viewer: Member) -> Participant | User:
        return self.participant if viewer.v2 else self.user
