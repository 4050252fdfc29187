"""A session description as a browser or aiortc offers it, read line by line (RFC 8866, RFC 8829, RFC 8843).

Limits come first, the reader is linear, and nothing but `SdpRejected` is raised: an offer is hostile until
it is read. What the SFU does not use is skipped.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal

from sfu.errors import SdpRejected

MAX_BYTES = 131_072
MAX_LINE_BYTES = 2_048
MAX_MEDIA = 128
MAX_SESSION_ID = 32
MAX_CANDIDATES = 40
"""Of one m-line: aiortc repeats all of its own in each."""
MAX_PER_MEDIA = 128
"""Payload types, extensions, rids and ssrcs, each."""
MAX_WILDCARDS = 16

Direction = Literal["sendrecv", "sendonly", "recvonly", "inactive"]
_DIRECTIONS: dict[str, Direction] = {
    "sendrecv": "sendrecv",
    "sendonly": "sendonly",
    "recvonly": "recvonly",
    "inactive": "inactive",
}
_MID = re.compile(r"[A-Za-z0-9_.~-]{1,32}")
_UFRAG = re.compile(r"[A-Za-z0-9+/]{4,256}")
_PASSWORD = re.compile(r"[A-Za-z0-9+/]{22,256}")
_FINGERPRINT = re.compile(r"([A-Za-z0-9-]{3,16}) ((?:[0-9A-Fa-f]{2}:){15,63}[0-9A-Fa-f]{2})")
_RID = re.compile(r"[A-Za-z0-9_-]{1,16}")
_EXTMAP = re.compile(r"(\d{1,3})(?:/\w+)? (\S{1,256})(?: .*)?")


@dataclass(slots=True)
class Codec:
    """One payload type. name in lower case; feedback: the values of its `a=rtcp-fb` lines."""

    payload_type: int
    name: str = ""
    clock_rate: int = 0
    channels: int = 1
    parameters: str = ""
    feedback: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Media:
    """One m-line. extensions: URI -> id. send_rids: in the order of `a=simulcast`, which is the sender's."""

    kind: str
    port: int
    protocol: str
    mid: str = ""
    direction: Direction = "sendrecv"
    ufrag: str = ""
    password: str = ""
    fingerprints: list[tuple[str, str]] = field(default_factory=list)
    setup: str = ""
    rtcp_mux: bool = False
    codecs: dict[int, Codec] = field(default_factory=dict)
    extensions: dict[str, int] = field(default_factory=dict)
    send_rids: list[str] = field(default_factory=list)
    simulcast_send: list[str] = field(default_factory=list)
    ssrcs: list[int] = field(default_factory=list)
    wildcards: int = 0
    """`a=rtcp-fb:*` lines so far; each goes to every payload type."""


@dataclass(slots=True)
class Description:
    """media: in the order of the description. bundle: the mids of the first BUNDLE group. session_id: of the
    `o=` line; one peer connection keeps it for life (RFC 8829 §5.2.1)."""

    session_id: str = ""
    media: list[Media] = field(default_factory=list)
    bundle: list[str] = field(default_factory=list)


def parse(text: str) -> Description:
    """Raises `SdpRejected` with code `invalid_sdp`."""
    description = Description()
    session = Media(kind="", port=0, protocol="")  # holds attributes that hold for all m-lines
    current = session
    seen_version = False
    candidates = 0
    for kind, value in _lines(text):
        if not seen_version:
            if (kind, value) != ("v", "0"):
                raise _invalid("does not begin with v=0")
            seen_version = True
        elif kind == "o":
            description.session_id = " ".join(value.split(maxsplit=2)[1:2])[:MAX_SESSION_ID]
        elif kind == "m":
            if len(description.media) >= MAX_MEDIA:
                raise _invalid(f"more than {MAX_MEDIA} m-lines")
            current = _media(value, session)
            candidates = 0
            description.media.append(current)
        elif kind == "a":
            name, _, argument = value.partition(":")
            candidates += name == "candidate"
            if candidates > MAX_CANDIDATES:
                raise _invalid(f"more than {MAX_CANDIDATES} candidates")
            if name == "group" and current is session:
                if argument.startswith("BUNDLE ") and not description.bundle:
                    description.bundle = argument.split()[1:]
            else:
                _attribute(current, name, argument)
    if not seen_version:
        raise _invalid("empty")
    mids = [media.mid for media in description.media]
    if len(set(mids)) != len(mids):
        raise _invalid("two m-lines with one mid")
    return description


def _invalid(what: str) -> SdpRejected:
    return SdpRejected("invalid_sdp", f"Invalid SDP: {what}")


def _lines(text: str) -> Iterator[tuple[str, str]]:
    if len(text) > MAX_BYTES or len(text.encode("utf-8", errors="replace")) > MAX_BYTES:
        raise _invalid(f"more than {MAX_BYTES} bytes")
    for line in text.split("\n"):
        line = line.removesuffix("\r")
        if not line:
            continue
        if len(line) > MAX_LINE_BYTES:
            raise _invalid(f"a line of more than {MAX_LINE_BYTES} bytes")
        if len(line) < 2 or line[1] != "=" or not line.isprintable():
            raise _invalid("a line that is not type=value")
        yield line[0], line[2:]


def _media(value: str, session: Media) -> Media:
    parts = value.split()
    if len(parts) < 4:
        raise _invalid("m-line cut short")
    media = Media(
        kind=parts[0],
        port=_number(parts[1].partition("/")[0], 65_535),
        protocol=parts[2],
        direction=session.direction,
        ufrag=session.ufrag,
        password=session.password,
        fingerprints=list(session.fingerprints),
        setup=session.setup,
        extensions=dict(session.extensions),
    )
    if media.kind in ("audio", "video"):
        if len(parts) - 3 > MAX_PER_MEDIA:
            raise _invalid("too many payload types")
        for part in parts[3:]:
            payload_type = _number(part, 127)
            media.codecs[payload_type] = Codec(payload_type)
    return media


def _attribute(media: Media, name: str, argument: str) -> None:
    if name in _DIRECTIONS:
        media.direction = _DIRECTIONS[name]
        return
    match name:
        case "mid":
            media.mid = _matched(_MID, argument, "mid")
        case "ice-ufrag":
            media.ufrag = _matched(_UFRAG, argument, "ice-ufrag")
        case "ice-pwd":
            media.password = _matched(_PASSWORD, argument, "ice-pwd")
        case "fingerprint":
            found = _FINGERPRINT.fullmatch(argument)
            if found is None or len(media.fingerprints) >= MAX_PER_MEDIA:
                raise _invalid("fingerprint")
            media.fingerprints.append((found[1].lower(), found[2].upper()))
        case "setup":
            media.setup = argument
        case "rtcp-mux":
            media.rtcp_mux = True
        case "rtpmap" | "fmtp" | "rtcp-fb":
            _codec_attribute(media, name, argument)
        case "extmap":
            _extension(media, argument)
        case "rid":
            _rid(media, argument)
        case "simulcast":
            _simulcast(media, argument)
        case "ssrc":
            ssrc = _number(argument.partition(" ")[0], 0xFFFF_FFFF)
            if ssrc not in media.ssrcs and len(media.ssrcs) < MAX_PER_MEDIA:
                media.ssrcs.append(ssrc)


def _codec_attribute(media: Media, name: str, argument: str) -> None:
    number, _, rest = argument.partition(" ")
    if name == "rtcp-fb" and number == "*":
        media.wildcards += 1
        if media.wildcards > MAX_WILDCARDS:
            raise _invalid("too many rtcp-fb lines for all payload types")
        codecs = list(media.codecs.values())
    else:
        codec = media.codecs.get(_number(number, 127))
        codecs = [codec] if codec else []
    for codec in codecs:
        if name == "fmtp":
            codec.parameters = rest
        elif name == "rtcp-fb":
            if len(codec.feedback) < MAX_PER_MEDIA:
                codec.feedback.append(rest)
        else:
            encoding, _, tail = rest.partition("/")
            rate, _, channels = tail.partition("/")
            codec.name = encoding.lower()
            codec.clock_rate = _number(rate, 0xFFFF_FFFF)
            codec.channels = _number(channels, 255) if channels else 1


def _extension(media: Media, argument: str) -> None:
    found = _EXTMAP.fullmatch(argument)
    if found is None:
        raise _invalid("extmap")
    identifier = int(found[1])
    if 1 <= identifier <= 14 and len(media.extensions) < MAX_PER_MEDIA:
        media.extensions.setdefault(found[2], identifier)


def _rid(media: Media, argument: str) -> None:
    rid, _, rest = argument.partition(" ")
    if rest.partition(" ")[0] == "send" and len(media.send_rids) < MAX_PER_MEDIA:
        media.send_rids.append(_matched(_RID, rid, "rid"))


def _simulcast(media: Media, argument: str) -> None:
    parts = argument.split()
    for direction, streams in zip(parts[::2], parts[1::2], strict=False):
        if direction == "send":
            rids = [stream.split(",")[0].lstrip("~") for stream in streams.split(";")]
            if len(rids) > MAX_PER_MEDIA:
                raise _invalid("simulcast")
            media.simulcast_send = [_matched(_RID, rid, "simulcast") for rid in rids]


def _number(text: str, highest: int) -> int:
    if not text.isascii() or not text.isdigit() or len(text) > 10 or int(text) > highest:
        raise _invalid("a number")
    return int(text)


def _matched(pattern: re.Pattern[str], text: str, what: str) -> str:
    if pattern.fullmatch(text) is None:
        raise _invalid(what)
    return text
