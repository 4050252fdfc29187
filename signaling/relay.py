"""One participant's word to another one, by way of whoever speaks to them: the server, or a virtual peer."""

from __future__ import annotations

from sfu.client import Description
from signaling.member import Member
from signaling.messages import (
    Answer,
    Error,
    IceCandidate,
    Offer,
    RelayedAnswer,
    RelayedIceCandidate,
    RelayedOffer,
    ServerMessage,
    User,
    UserJoined,
    UserLeft,
)
from signaling.outputs import Describe, Output
from signaling.pairs import Pairs, read_origin
from signaling.sfu_values import from_description, to_description

Word = Offer | Answer | IceCandidate


def relay(sender: Member, target: Member, word: Word) -> list[Output]:
    """Untouched."""
    return target.tell(_relayed(word, sender.user))


def speak_directly(pairs: Pairs, sender: Member, target: Member, word: Word) -> list[Output] | None:
    """Mode `p2p`, at least one of them documented. None: two documented ones have lost their direct path."""
    if not isinstance(word, IceCandidate):
        origin = read_origin(word.payload)
        if pairs.is_past(sender.user.id, target.user.id, origin):
            return []
        has_restarted = pairs.said(sender.user.id, target.user.id, origin)
        if has_restarted and isinstance(word, Offer) and not (sender.v2 or target.v2):
            return None
    return relay(sender, target, word)


def speak_to_virtual_peer(pairs: Pairs, sender: Member, target: Member, word: Word) -> list[Output]:
    """Mode `sfu`, which has no use for candidates, nor for what v2 clients still say directly."""
    if sender.v2 or isinstance(word, IceCandidate):
        return []
    description = to_description(word)
    if description is None:
        return sender.tell(Error(detail="Invalid or missing payload", code="invalid", ref=word.id))
    speaker, hearer, origin = sender.user.id, target.user.id, read_origin(word.payload)
    if pairs.is_past(speaker, hearer, origin):
        return []
    if isinstance(word, Answer) and pairs.answers_nothing(speaker, hearer, origin):
        return []
    pairs.said(speaker, hearer, origin)
    return [Describe(speaker, sender.stay, hearer, description, word.id)]


def virtual_peer_speaks(pairs: Pairs, member: Member, peer: Member, description: Description) -> list[Output]:
    """The virtual peer that stands in for `peer` has something to say to this documented client."""
    outputs: list[Output] = []
    if description.type == "offer":
        if pairs.is_astray(member.user.id, peer.user.id):
            outputs += begin_anew(pairs, member, peer)
        pairs.offered(peer.user.id, member.user.id)
    return outputs + member.tell(from_description(description, peer.user))


def begin_anew(pairs: Pairs, member: Member, peer: Member) -> list[Output]:
    """A documented client has to make its connection to `peer` once more."""
    pairs.begin_anew(member.user.id, peer.user.id)
    return reappear(member, peer)


def renew(pairs: Pairs, one: Member, other: Member, *, told: tuple[Member, ...]) -> list[Output]:
    """Their direct connection is of no more use: those of them in `told` close it, and wait for another.

    Where nothing has been described yet there is no connection.
    """
    if not pairs.have_spoken(one.user.id, other.user.id):
        return []
    pairs.part(one.user.id, other.user.id)
    outputs: list[Output] = []
    for member in told:
        outputs += reappear(member, other if member is one else one)
    return outputs


def reappear(viewer: Member, seen: Member) -> list[Output]:
    """To `viewer`, `seen` leaves and comes back at once. Who is away hears it when they are back."""
    if viewer.away is not None:
        viewer.away.forget(seen.user.id)
    return viewer.tell(UserLeft(user=seen.user)) + viewer.tell(UserJoined(user=seen.seen_by(viewer)))


def _relayed(word: Word, sender: User) -> ServerMessage:
    match word:
        case Offer():
            return RelayedOffer(from_user=sender, payload=word.payload)
        case Answer():
            return RelayedAnswer(from_user=sender, payload=word.payload)
        case IceCandidate():
            return RelayedIceCandidate(from_user=sender, payload=word.payload)
