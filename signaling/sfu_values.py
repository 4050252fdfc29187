"""Between our messages and the values of the SFU's door."""

from __future__ import annotations

from sfu.client import (
    Description,
    MediaFlags,
    QualityChanged,
    SeatAssignment,
    SeatedEvent,
    SeatsChanged,
    SeatWishes,
    SpeakersChanged,
    Wanted,
)
from sfu.client import LayersWanted as SfuLayersWanted
from sfu.errors import SdpRejected
from signaling.messages import (
    Answer,
    Error,
    ErrorCode,
    LayersWanted,
    MediaState,
    Offer,
    Quality,
    RelayedAnswer,
    RelayedOffer,
    Seat,
    Seats,
    SeatsWanted,
    ServerMessage,
    SessionDescription,
    Speaker,
    Speakers,
    User,
)


def to_wishes(message: SeatsWanted) -> SeatWishes:
    return SeatWishes(
        visible=tuple(Wanted(want.user_id, want.source, want.max_height) for want in message.visible),
        pinned=message.pinned,
        audio_only=message.audio_only,
    )


def to_flags(media: MediaState) -> MediaFlags:
    return MediaFlags(media.audio, media.video, media.screen)


def to_description(message: Offer | Answer) -> Description | None:
    """None when the payload has no `sdp`. What kind it is the message says."""
    sdp = message.payload.get("sdp") if isinstance(message.payload, dict) else None
    return Description(message.type, sdp) if isinstance(sdp, str) else None


def from_description(description: Description, sender: User) -> RelayedOffer | RelayedAnswer:
    """As if `sender` had sent it."""
    payload = SessionDescription(type=description.type, sdp=description.sdp).model_dump()
    if description.type == "offer":
        return RelayedOffer(from_user=sender, payload=payload)
    return RelayedAnswer(from_user=sender, payload=payload)


def messages_of(event: SeatedEvent) -> list[ServerMessage]:
    """What a client with seats is told of it."""
    match event:
        case SeatsChanged():
            return [Seats(revision=event.revision, seats=[_seat(seat) for seat in event.seats])]
        case SpeakersChanged():
            speakers = [Speaker(user_id=user_id, level=round(level, 3)) for user_id, level in event.speakers]
            return [Speakers(speakers=speakers, dominant=event.dominant)]
        case QualityChanged():
            return [
                Quality(user_id=score.participant, score=score.score, reason=score.reason)
                for score in event.scores
            ]
        case SfuLayersWanted():
            return [LayersWanted(source=event.source, max_layer=event.max_layer)]


def _seat(seat: SeatAssignment) -> Seat:
    return Seat(
        seat=seat.seat,
        audio_mid=seat.audio_mid,
        video_mid=seat.video_mid,
        user_id=seat.participant,
        source=seat.source,
        video=seat.video,
    )


def from_rejection(rejection: SdpRejected, ref: str | int | None) -> Error:
    """ref: the `id` of the message that it came with."""
    code: ErrorCode = "unsupported" if rejection.code == "unsupported" else "invalid_sdp"
    return Error(detail=rejection.detail, code=code, ref=ref)
