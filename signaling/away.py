"""What somebody misses while their connection is lost, as far as it still matters when they are back."""

from __future__ import annotations

from collections import deque

from signaling.messages import (
    Moderation,
    RelayedAnswer,
    RelayedIceCandidate,
    RelayedOffer,
    ServerMessage,
    SfuAnswer,
    Topology,
    TopologyChanged,
)

MAX_KEPT = 50
_WORDS = (RelayedOffer, RelayedAnswer, RelayedIceCandidate)
_KEPT = (*_WORDS, SfuAnswer)
_REQUESTS = ("mute", "stop_video")


class Away:
    """`since_us`: when the connection was lost. `stays`: who was there then, by user id.

    What `welcome` and the snapshot tell anyway is not kept; chat is kept by the room.
    """

    def __init__(self, since_us: int, stays: dict[int, str]) -> None:
        self.since_us, self.stays = since_us, stays
        self.modes: deque[TopologyChanged] = deque(maxlen=2)
        """A mode that was left and came back has cost the direct connection all the same."""
        self.kept: deque[ServerMessage] = deque(maxlen=MAX_KEPT)

    @property
    def mode_before(self) -> Topology | None:
        """The mode that `missed` begins with, where it changed meanwhile."""
        if not self.modes:
            return None
        return "sfu" if self.modes[0].mode == "p2p" else "p2p"

    @property
    def missed(self) -> list[ServerMessage]:
        return [*self.modes, *self.kept]

    def has_come_back(self, user_id: int, stay: str) -> bool:
        """Somebody who was there at the loss is there by another stay now."""
        return self.stays.get(user_id, stay) != stay

    def keep(self, message: ServerMessage) -> None:
        if isinstance(message, TopologyChanged):
            self.modes.append(message)
            # They are of the connections that the change has ended.
            self.kept = deque((each for each in self.kept if not isinstance(each, _WORDS)), MAX_KEPT)
        elif isinstance(message, _KEPT) or _is_request(message):
            self.kept.append(message)

    def forget(self, user_id: int) -> None:
        """What this person said about a connection to them is of no more use."""
        of_others = (
            each for each in self.kept if not (isinstance(each, _WORDS) and each.from_user.id == user_id)
        )
        self.kept = deque(of_others, MAX_KEPT)


def _is_request(message: ServerMessage) -> bool:
    """Of a host's deeds only these ask something of a client."""
    return isinstance(message, Moderation) and message.action in _REQUESTS
