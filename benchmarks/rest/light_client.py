"""An HTTP/1.1 client (RFC 9112) that costs next to nothing, so that the server is what is measured."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import cast

Answered = Callable[["LightClient"], None]
"""Told of each answer that has come whole."""


class LightClient(asyncio.Protocol):
    """One connection, kept alive; one request at a time. `answered` may be exchanged between requests."""

    def __init__(self, answered: Answered) -> None:
        self.answered = answered
        self.status, self.body = 0, b""
        """Of the last answer."""
        self.sent_at_s = 0.0
        """For who sends: when the request was due."""
        self.is_closed = False
        self._received = b""
        self.transport: asyncio.Transport

    def send(self, request: bytes, sent_at_s: float) -> None:
        self.sent_at_s = sent_at_s
        self.transport.write(request)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)  # uvloop's is none by inheritance

    def connection_lost(self, _error: Exception | None) -> None:
        self.is_closed = True

    def data_received(self, data: bytes) -> None:
        received = self._received + data if self._received else data
        head, end, body = received.partition(b"\r\n\r\n")
        if not end or len(body) < (size := _content_length(head)):
            self._received = received
            return
        if len(body) > size:
            raise ValueError(f"more than one answer: {body[size:]!r}")
        self._received = b""
        self.status, self.body = int(head[9:12]), body
        self.answered(self)


def _content_length(head: bytes) -> int:
    _, found, rest = head.lower().partition(b"\r\ncontent-length:")
    if not found:
        raise ValueError(f"an answer without a length: {head!r}")
    return int(rest.partition(b"\r\n")[0])


def request(method: str, path: str, *, token: str | None = None, body: bytes | None = None) -> bytes:
    """A request as the Mini App's `fetch` sends it, with fewer words about itself."""
    lines = [f"{method} {path} HTTP/1.1", "Host: tel.example", "Accept: */*", "User-Agent: bench"]
    if token is not None:
        lines.append(f"Authorization: Bearer {token}")
    if body is not None:
        lines += ["Content-Type: application/json", f"Content-Length: {len(body)}"]
    return "\r\n".join([*lines, "", ""]).encode() + (body or b"")
