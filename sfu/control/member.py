"""A participant of a room, whatever client they have."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Collection, Sequence
from typing import Literal

from sfu.client import Listener, MediaFlags, SeatSource
from sfu.dataplane.engine import ParticipantId, SourceId

Track = Literal["microphone", "camera", "screen", "screen_audio"]


class Member(ABC):
    """With their present session. media: what they say that they send; None: they say nothing of it."""

    def __init__(self, user: int, session: str, listener: Listener) -> None:
        self.user, self.session, self.listener = user, session, listener
        self.media: MediaFlags | None = None

    @property
    @abstractmethod
    def has_seats(self) -> bool:
        """Whether the client understands seats, and what is told beside them."""

    @property
    @abstractmethod
    def connections(self) -> Collection[ParticipantId]:
        """The engine's names for them."""

    @property
    @abstractmethod
    def fed(self) -> Collection[SourceId]:
        """Whose packets go to them now."""

    @property
    def shows_video(self) -> bool:
        """Who says nothing about a camera that they offer is taken to send."""
        return self.source_of("camera") is not None and (self.media is None or self.media.video)

    @property
    def shares_screen(self) -> bool:
        return self.source_of("screen") is not None and self.media is not None and self.media.screen

    @property
    def shown_pictures(self) -> Sequence[SeatSource]:
        """Those that others may be shown."""
        pictures: list[SeatSource] = []
        if self.shows_video:
            pictures.append("camera")
        if self.shares_screen:
            pictures.append("screen")
        return pictures

    @abstractmethod
    def source_of(self, track: Track) -> SourceId | None:
        """What they publish as that."""

    @abstractmethod
    def assign(self, others: Sequence[Member], spoke: Sequence[int]) -> None:
        """Decides which of the others comes where, and tells the client.

        others: in the order of joining. spoke: the users who spoke, the latest first.
        """

    @abstractmethod
    def feed(self, others: Sequence[Member]) -> None:
        """Lets the packets go there."""

    @abstractmethod
    async def close(self) -> None:
        """Nothing stays: neither here nor in the engine. Twice is no error."""
