"""What a room decides. The shell (`rooms.py`) carries these out in the order they are given."""

from __future__ import annotations

from dataclasses import dataclass

from sfu.client import Description, MediaFlags, SeatWishes
from signaling.messages import ServerMessage, SfuOffer, Topology, TopologyReason

# --- to clients -----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Send:
    session: str
    message: ServerMessage


@dataclass(frozen=True, slots=True)
class Close:
    """Close the session's socket after what was sent to it."""

    session: str
    close_code: int


# --- to the SFU -----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class JoinSfu:
    """Replaces the user's earlier session, if there is one. `mesh`: a client of the documented protocol."""

    user_id: int
    session: str
    mesh: bool = False


@dataclass(frozen=True, slots=True)
class LeaveSfu:
    user_id: int
    session: str


@dataclass(frozen=True, slots=True)
class AnswerOffer:
    """Have the SFU answer; the answer goes to the session."""

    user_id: int
    session: str
    offer: SfuOffer


@dataclass(frozen=True, slots=True)
class Describe:
    """A mesh client says this to the virtual peer that stands in for `peer_id`. `ref`: its message's `id`."""

    user_id: int
    session: str
    peer_id: int
    description: Description
    ref: str | int | None = None


@dataclass(frozen=True, slots=True)
class SetForwarding:
    on: bool


@dataclass(frozen=True, slots=True)
class SetWishes:
    user_id: int
    session: str
    wishes: SeatWishes


@dataclass(frozen=True, slots=True)
class SetMedia:
    user_id: int
    session: str
    media: MediaFlags


# --- to the journal -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Joined:
    session: str
    user_id: int


@dataclass(frozen=True, slots=True)
class Left:
    session: str


@dataclass(frozen=True, slots=True)
class Met:
    """`user_id` came to a call where `others` are."""

    user_id: int
    others: tuple[int, ...]


# --- to the log and the life of the call ----------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ModeChanged:
    mode: Topology
    reason: TopologyReason


@dataclass(frozen=True, slots=True)
class CallOver:
    """The room has ended by itself, so its call has to end too."""


SfuCommand = JoinSfu | LeaveSfu | AnswerOffer | Describe | SetForwarding | SetWishes | SetMedia
Output = Send | Close | SfuCommand | Joined | Left | Met | ModeChanged | CallOver
