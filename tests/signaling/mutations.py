"""Hostile input, made from a seed: frames that are nearly messages, and session descriptions gone wrong."""

from __future__ import annotations

import json
import random
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

DESCRIPTIONS = {
    path.stem: path.read_bytes().decode()
    for path in sorted(Path(__file__).with_name("sdp_seeds").glob("*.sdp"))
}
"""As Chromium, Firefox and aiortc made them; stem of the file -> text."""

MAX_CHARS = 150_000
"""More than a description may have and less than a message: those too large are answered without their id."""

TYPES = (
    *("offer", "answer", "ice_candidate", "sfu_offer", "seats_wanted", "media_state", "p2p_state", "ping"),
    *("topology_wanted", "chat", "reaction", "hand", "moderation", "admit"),
    *("user_left", "call_ended", "x"),
)
KEYS = (
    *("to_user_id", "payload", "offer_id", "tracks", "seats", "visible", "pinned", "audio", "video"),
    *("user_id", "state", "t", "id", "type", "text", "emoji", "raised", "action", "admit", "mode"),
)
_PLAIN = (
    None,
    True,
    0,
    -1,
    2**70,
    1.5,
    1e308,
    "",
    "1",
    "\0",
    "\ud83d",
    "я" * 50,
    "connected",
    "camera",
    "sfu",
    "remove",
    "lock",
    "mute",
)
_NUMBERS = (
    "0",
    "-1",
    "1",
    "127",
    "256",
    "65536",
    "4294967295",
    "4294967296",
    "18446744073709551616",
    "9" * 40,
)
_JUNK = (
    "",
    " ",
    "\0",
    "\t",
    ":",
    "=",
    "a=",
    "m=",
    "/",
    "é",
    "\u2028",
    "\ud83d",
    "%s",
    "A" * 300,
    "0x1",
    "1e9",
)


def frame(rng: random.Random, others: list[int]) -> str | bytes:
    """One WebSocket message; half of those that are JSON speak to somebody who is there."""
    message = {rng.choice(KEYS): _value(rng) for _ in range(rng.randrange(6))}
    message["type"] = rng.choice(TYPES)
    if rng.random() < 0.5:
        message["to_user_id"] = rng.choice(others)
    text = json.dumps(message)
    match rng.randrange(6):
        case 0:
            cut = rng.randrange(len(text))
            return text[:cut] + rng.choice('[]{}",\\\u2028x') + text[cut + rng.randrange(3) :]
        case 1:
            return rng.randbytes(rng.randrange(40))
        case 2:
            return rng.choice("[{\"'") * rng.randrange(2_000)
        case _:
            return text


def _value(rng: random.Random, depth: int = 0) -> Any:
    if depth > 4 or rng.random() < 0.6:
        return rng.choice(_PLAIN)
    if rng.random() < 0.5:
        return [_value(rng, depth + 1) for _ in range(rng.randrange(4))]
    return {rng.choice(KEYS): _value(rng, depth + 1) for _ in range(rng.randrange(4))}


def description(rng: random.Random, kind: str) -> str:
    """An `offer` or `answer` with one to four faults; one in fifty has none.

    Each is of a session of its own, so that one which is rightly passed over in silence, as an answer that
    came too late, does not silence those after it (RFC 8829 section 5.2.1).
    """
    sdp = DESCRIPTIONS[rng.choice([name for name in DESCRIPTIONS if name.endswith(kind)])]
    sdp = re.sub(r"^o=(\S+) \d+", rf"o=\1 {rng.getrandbits(62)}", sdp, flags=re.MULTILINE)
    if rng.random() < 0.02:
        return sdp
    for _ in range(rng.randint(1, 4)):
        sdp = rng.choice(_MUTATIONS)(rng, sdp)[:MAX_CHARS]
    return sdp.encode(errors="surrogatepass").decode(errors="replace")


def _by_lines(change: Callable[[random.Random, list[str]], None]) -> Callable[[random.Random, str], str]:
    def mutate(rng: random.Random, sdp: str) -> str:
        lines = sdp.split("\r\n")
        change(rng, lines)
        return "\r\n".join(lines)

    return mutate


def _drop(rng: random.Random, lines: list[str]) -> None:
    del lines[rng.randrange(len(lines))]


def _repeat(rng: random.Random, lines: list[str]) -> None:
    at = rng.randrange(len(lines))
    lines[at:at] = [lines[at]] * rng.choice((1, 2, 40, 200))


def _move(rng: random.Random, lines: list[str]) -> None:
    line = lines.pop(rng.randrange(len(lines)))
    lines.insert(rng.randint(0, len(lines)), line)


def _spoil_value(rng: random.Random, lines: list[str]) -> None:
    at = rng.randrange(len(lines))
    name, separator, _ = lines[at].partition(rng.choice(":= "))
    lines[at] = name + separator + rng.choice(_JUNK)


def _borrow(rng: random.Random, lines: list[str]) -> None:
    """A line of another browser's, but not the name of its session."""
    other = rng.choice(list(DESCRIPTIONS.values())).split("\r\n")
    lines[rng.randrange(len(lines))] = rng.choice([line for line in other if not line.startswith("o=")])


def _turn(rng: random.Random, lines: list[str]) -> None:
    at = rng.randrange(len(lines))
    for word in ("sendrecv", "sendonly", "recvonly", "inactive", "actpass", "active", "passive", "holdconn"):
        lines[at] = lines[at].replace(
            word, rng.choice(("sendonly", "inactive", "active", "passive", "actpass"))
        )


def _section(rng: random.Random, sdp: str) -> str:
    """An m-line and all under it, again and again or never."""
    head, *sections = re.split(r"(?=^m=)", sdp, flags=re.MULTILINE)
    if sections:
        at = rng.randrange(len(sections))
        sections[at : at + 1] = [sections[at]] * rng.choice((0, 2, 3, 20, 127, 200))
    return head + "".join(sections)


def _number(rng: random.Random, sdp: str) -> str:
    places = list(re.finditer(r"\d+", sdp))
    if not places:
        return sdp
    place = rng.choice(places)
    return sdp[: place.start()] + rng.choice(_NUMBERS) + sdp[place.end() :]


def _bytes(rng: random.Random, sdp: str) -> str:
    at = rng.randint(0, len(sdp))
    return sdp[:at] + rng.choice(_JUNK) + sdp[at + rng.randrange(4) :]


def _cut(rng: random.Random, sdp: str) -> str:
    return sdp[: rng.randint(0, len(sdp))]


def _line_ends(rng: random.Random, sdp: str) -> str:
    return sdp.replace("\r\n", rng.choice(("\n", "\r", "\r\n\r\n", "\0", "")))


def _swell(rng: random.Random, sdp: str) -> str:
    return sdp + "a=" + rng.choice(_JUNK) * rng.choice((10, 400, 1_000))


def _credentials(rng: random.Random, sdp: str) -> str:
    """As in an ICE restart, or of another connection."""
    ufrag = "".join(rng.choices("abcdefghij+/", k=rng.choice((0, 3, 4, 256, 300))))
    return re.sub(r"a=ice-ufrag:[^\r\n]*", f"a=ice-ufrag:{ufrag}", sdp, count=rng.choice((0, 1)))


_MUTATIONS: tuple[Callable[[random.Random, str], str], ...] = (
    *map(_by_lines, (_drop, _repeat, _move, _spoil_value, _borrow, _turn)),
    *(_section, _number, _number, _bytes, _cut, _line_ends, _swell, _credentials),
)
