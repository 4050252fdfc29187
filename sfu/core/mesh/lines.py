"""One m-line between a mesh client and a virtual peer, as both ends know it (RFC 8829 §5, RFC 3264 §6)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from sfu.core.sdp import extensions
from sfu.core.sdp.agreed import (
    CLOCK_RATE,
    FEEDBACK,
    AgreedCodec,
    CodecName,
    Kind,
    Rejected,
    agree_codec,
    agree_extensions,
    kind_of,
    rejected,
)
from sfu.core.sdp.parse import Description, Direction, Media

KINDS: tuple[Kind, ...] = ("audio", "video")
_WANTED_EXTENSIONS: Mapping[Kind, tuple[str, ...]] = {
    "audio": (extensions.MID, extensions.AUDIO_LEVEL, extensions.TRANSPORT_CC),
    "video": (extensions.MID, extensions.TRANSPORT_CC),
}
_PREFERRED_PAYLOAD_TYPE: Mapping[Kind, int] = {"audio": 111, "video": 96}
_DYNAMIC_PAYLOAD_TYPES = range(96, 128)
_CODEC_NAME: Mapping[Kind, CodecName] = {"audio": "opus", "video": "vp8"}
_PARAMETERS: Mapping[Kind, str] = {"audio": "minptime=10;useinbandfec=1", "video": ""}
_EXTENSION_IDS = range(1, 15)


@dataclass(frozen=True, slots=True)
class Line:
    """client_sends, client_receives: what the client said it wants; None: it was not asked yet.

    carries: the virtual peer's track goes out here. takes: the client's track is welcome here. ssrc: of the
    client's track, where it names one.
    """

    mid: str
    kind: Kind
    codec: AgreedCodec
    extensions: Mapping[str, int]
    client_sends: bool | None = None
    client_receives: bool | None = None
    carries: bool = False
    takes: bool = False
    ssrc: int | None = None

    @property
    def asks(self) -> bool:
        """Whether, as a new line, it gets a track of the client's that is on no line yet."""
        return self.takes and self.client_sends is None and self.client_receives is None

    @property
    def direction(self) -> Direction:
        """Ours. In an answer nothing is said that the offer did not leave room for."""
        sends = self.carries and self.client_receives is not False
        receives = self.takes and self.client_sends is not False
        return "sendrecv" if sends and receives else _ONE_WAY[sends, receives]


_ONE_WAY: Mapping[tuple[bool, bool], Direction] = {
    (True, False): "sendonly",
    (False, True): "recvonly",
    (False, False): "inactive",
}

AnyLine = Line | Rejected
Lines = tuple[AnyLine, ...]


def of_kind(lines: Lines, kind: Kind) -> list[Line]:
    return [line for line in lines if isinstance(line, Line) and line.kind == kind]


def offered(description: Description, before: Lines) -> Lines:
    """The lines after a client's offer; what they carried before they go on carrying."""
    known = {line.mid: line for line in before if isinstance(line, Line)}
    lines: list[AnyLine] = []
    for media in description.media:
        line = _read(description, media)
        if isinstance(line, Line) and (old := known.get(line.mid)) is not None and old.kind == line.kind:
            line = replace(line, carries=old.carries)
        lines.append(line)
    return tuple(lines)


def answered(description: Description, ours: Lines, before: Lines) -> Lines | None:
    """The lines after a client's answer to `ours`; None where it is the answer to something else.

    An answer tells nothing of a direction that was not offered: there the client's last word stays.
    """
    if len(description.media) != len(ours):
        return None
    if any(media.mid not in (line.mid, "") for media, line in zip(description.media, ours, strict=True)):
        return None
    known = {line.mid: line for line in before if isinstance(line, Line)}
    lines: list[AnyLine] = []
    for media, line in zip(description.media, ours, strict=True):
        if isinstance(line, Rejected):
            lines.append(line)
            continue
        theirs = _read(description, replace(media, mid=line.mid))
        if isinstance(theirs, Rejected) or theirs.kind != line.kind:
            lines.append(Rejected(line.mid, line.kind, media.protocol))
            continue
        before_it = known.get(line.mid, line)
        lines.append(
            replace(
                line,
                codec=theirs.codec,
                extensions={u: i for u, i in line.extensions.items() if theirs.extensions.get(u) == i},
                client_sends=theirs.client_sends if line.takes else before_it.client_sends,
                client_receives=theirs.client_receives if line.carries else before_it.client_receives,
                carries=line.carries and bool(theirs.client_receives),
                takes=line.takes and bool(theirs.client_sends),
                ssrc=theirs.ssrc,
            )
        )
    return tuple(lines)


def _read(description: Description, media: Media) -> AnyLine:
    kind, codec = kind_of(media), agree_codec(media)
    if kind is None or codec is None or not media.mid or media.mid not in description.bundle:
        return rejected(media)
    return Line(
        mid=media.mid,
        kind=kind,
        codec=codec,
        extensions=agree_extensions(media, _WANTED_EXTENSIONS[kind]),
        client_sends=media.direction in ("sendonly", "sendrecv"),
        client_receives=media.direction in ("recvonly", "sendrecv"),
        ssrc=media.ssrcs[0] if media.ssrcs else None,
    )


class Numbers:
    """Payload types and extension ids of one bundle: a number means one thing in all of its m-lines
    (RFC 8843 §9, RFC 8285 §5)."""

    def __init__(self) -> None:
        self._payload_types: set[int] = set()
        self._extension_ids: dict[str, int] = {}

    def learn(self, media: Iterable[Media]) -> None:
        """The client's numbers, which go before ours. Bounded by what 7 and 4 bits can hold."""
        for each in media:
            self._payload_types |= each.codecs.keys()
            for uri, identifier in each.extensions.items():
                if identifier not in self._extension_ids.values():
                    self._extension_ids.setdefault(uri, identifier)

    def new_line(self, mid: str, kind: Kind, lines: Lines) -> Line:
        """A line that the client has not seen."""
        same = of_kind(lines, kind)
        codec = same[0].codec if same else self._codec(kind)
        chosen: dict[str, int] = dict(same[0].extensions) if same else {}
        for uri in () if same else _WANTED_EXTENSIONS[kind]:
            if (identifier := self._extension_id(uri)) is not None:
                chosen[uri] = identifier
        return Line(mid=mid, kind=kind, codec=codec, extensions=chosen)

    def _codec(self, kind: Kind) -> AgreedCodec:
        wanted: Sequence[int] = (_PREFERRED_PAYLOAD_TYPE[kind], *_DYNAMIC_PAYLOAD_TYPES)
        payload_type = next((each for each in wanted if each not in self._payload_types), wanted[0])
        self._payload_types.add(payload_type)
        channels = 2 if kind == "audio" else 1
        return AgreedCodec(
            _CODEC_NAME[kind], payload_type, CLOCK_RATE[kind], channels, _PARAMETERS[kind], FEEDBACK[kind]
        )

    def _extension_id(self, uri: str) -> int | None:
        known = self._extension_ids.get(uri)
        if known is None:
            taken = self._extension_ids.values()
            known = next((each for each in _EXTENSION_IDS if each not in taken), None)
            if known is not None:
                self._extension_ids[uri] = known
        return known
