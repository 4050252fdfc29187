"""Secrets that a test has used, to be looked for in what a server has written."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, quote, quote_plus, unquote

SHAPES = {
    "a JWT": re.compile(r"eyJ[\w-]{4}"),
    "an ICE password": re.compile(r"ice-pwd|ice_pwd"),
    "a DTLS fingerprint": re.compile(r"sha-256\s*:?\s*[0-9A-F]{2}:", re.IGNORECASE),
    "initData": re.compile(r"auth_date(=|%3D|\W{1,4})\d|query_id(=|%3D)|\bhash(=|%3D)[0-9a-f]{8}"),
    "a cookie": re.compile(r"access_token=[^\[\s]", re.IGNORECASE),
    "a candidate": re.compile(r"candidate:\S+ \d+ (udp|tcp)", re.IGNORECASE),
}
"""Looked for beside the secrets themselves."""
IN_SDP = {
    "ICE password": re.compile(r"ice-pwd:([^\s\\]+)"),
    "DTLS fingerprint": re.compile(r"fingerprint:sha-\d+ ([0-9A-Fa-f:]+)"),
}
LEAST_CHARS = 8
"""A shorter one could be part of anything."""


@dataclass
class Secrets:
    """What was used so far: value -> what it is."""

    _seen: dict[str, str] = field(default_factory=dict)

    def add(self, name: str, value: str) -> str:
        """Gives the value back."""
        assert len(value) >= LEAST_CHARS, f"{name} is too short to be looked for"
        self._seen.setdefault(value, name)
        return value

    def init_data(self, value: str) -> str:
        """The whole, and the fields that open something or tell of somebody."""
        fields = dict(parse_qsl(value))
        for name in fields.keys() & {"hash", "signature", "query_id", "user"}:
            self.add(f"{name} of initData", fields[name])
        return self.add("initData", value)

    def from_server(self, message: Any) -> None:
        """Whatever of a JSON answer or message is secret: tokens, credentials, parts of SDP."""
        if isinstance(message, dict):
            for name, value in message.items():
                if name.endswith(("token", "credential")) and isinstance(value, str):
                    self.add(name, value)
                self.from_server(value)
        elif isinstance(message, list):
            for value in message:
                self.from_server(value)
        elif isinstance(message, str):
            for name, shape in IN_SDP.items():
                for found in shape.findall(message):
                    self.add(name, found)

    def kinds(self) -> set[str]:
        return set(self._seen.values())

    def leaks(self, text: str) -> list[str]:
        """What `text` holds, each with the line around it."""
        found = []
        for name, pattern in (*self._patterns(), *SHAPES.items()):
            if (match := pattern.search(text)) is not None:
                start = text.rfind("\n", 0, match.start()) + 1
                found.append(f"{name}: {text[start : text.find(chr(10), match.end())][:1_000]}")
        return found

    def _patterns(self) -> Iterator[tuple[str, re.Pattern[str]]]:
        for value, name in self._seen.items():
            yield name, re.compile("|".join(map(re.escape, _forms(value))))


def _forms(value: str) -> set[str]:
    """As it may stand in a line: as it is, in a URL, in JSON, in Python's quotes."""
    plain = {value, unquote(value), quote(value), quote(value, safe=""), quote_plus(value)}
    escaped = {json.dumps(each)[1:-1] for each in plain} | {repr(each)[1:-1] for each in plain}
    return plain | escaped | {json.dumps(each)[1:-1] for each in escaped}
