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


@dataclass(frozen=True, slots=True)
class Forget:
    """The session is of no more use to the room; nothing is sent to it from now on."""

    session: str


# `stay` names somebody's being in the room, which several connections may carry one after the other.

# --- to the SFU -----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class JoinSfu:
    """Replaces the user's earlier stay, if there is one. `mesh`: a client of the documented protocol."""

    user_id: int
    stay: str
    mesh: bool = False


@dataclass(frozen=True, slots=True)
class LeaveSfu:
    user_id: int
    stay: str


@dataclass(frozen=True, slots=True)
class AnswerOffer:
    """Have the SFU answer; the answer goes to whoever carries the stay."""

    user_id: int
    stay: str
    offer: SfuOffer


@dataclass(frozen=True, slots=True)
class Describe:
    """A mesh client says this to the virtual peer that stands in for `peer_id`. `ref`: its message's `id`."""

    user_id: int
    stay: str
    peer_id: int
    description: Description
    ref: str | int | None = None


@dataclass(frozen=True, slots=True)
class SetForwarding:
    on: bool


@dataclass(frozen=True, slots=True)
class SetWishes:
    user_id: int
    stay: str
    wishes: SeatWishes


@dataclass(frozen=True, slots=True)
class SetMedia:
    user_id: int
    stay: str
    media: MediaFlags


# --- to the journal -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Joined:
    stay: str
    user_id: int


@dataclass(frozen=True, slots=True)
class Left:
    """`ago_us`: how long ago their connection was lost."""

    stay: str
    user_id: int
    ago_us: int = 0


@dataclass(frozen=True, slots=True)
class Resumed:
    """A stay goes on with another connection; or `rebuilt`: it has begun anew after the server was killed."""

    stay: str
    rebuilt: bool = False


@dataclass(frozen=True, slots=True)
class Met:
    """`user_id` came to a call where `others` are."""

    user_id: int
    others: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Rated:
    user_id: int
    stars: int
    reasons: tuple[str, ...]


# --- to the log and the life of the call ----------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ModeChanged:
    mode: Topology
    reason: TopologyReason


@dataclass(frozen=True, slots=True)
class CallOver:
    """The room has ended, so its call has to end too. `by`: the host who wanted it; None: time is over."""

    by: int | None = None


SfuCommand = JoinSfu | LeaveSfu | AnswerOffer | Describe | SetForwarding | SetWishes | SetMedia
Output = Send | Close | Forget | SfuCommand | Joined | Left | Resumed | Met | Rated | ModeChanged | CallOver
