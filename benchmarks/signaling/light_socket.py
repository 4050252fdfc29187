"""A WebSocket client (RFC 6455) that costs next to nothing, so that the server is what is measured.

Frames are built once and masked with zeros, which spares the client the work and not the server, that unmasks
by whatever key it is given.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import cast

TEXT, CLOSE, PING, PONG = 0x81, 0x88, 0x89, 0x8A
NO_MASK = bytes(4)

Heard = Callable[["LightSocket", bytes], None]
"""Told of each text frame."""


class LightSocket(asyncio.Protocol):
    """Opened by `opened`. `heard` may be exchanged at any time; `is_closed` once the server is gone."""

    def __init__(self, request: bytes, heard: Heard) -> None:
        self._request, self.heard = request, heard
        self._pending = b""
        self._is_open = False
        self.is_closed = False
        self.transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)  # uvloop's is none by inheritance
        self.transport.write(self._request)

    def connection_lost(self, _error: Exception | None) -> None:
        self.is_closed = True

    def data_received(self, data: bytes) -> None:
        if self._pending:
            data = self._pending + data
        if not self._is_open:
            head, end, data = data.partition(b"\r\n\r\n")
            if not end:
                self._pending = head
                return
            if not head.startswith(b"HTTP/1.1 101 "):
                raise ValueError(f"refused: {head!r}")
            self._is_open = True
        self._pending = self._take_frames(data)

    def _take_frames(self, data: bytes) -> bytes:
        """Handles whole frames; gives what is left."""
        at, end = 0, len(data)
        while end - at >= 2:
            size, begin = data[at + 1], at + 2
            if size == 126:
                size, begin = int.from_bytes(data[at + 2 : at + 4], "big"), at + 4
            elif size == 127:
                size, begin = int.from_bytes(data[at + 2 : at + 10], "big"), at + 10
            if end < begin + size:
                break
            payload = data[begin : begin + size]
            if data[at] == TEXT:
                self.heard(self, payload)
            elif data[at] == PING:
                self.transport.write(frame(PONG, payload))
            elif data[at] == CLOSE:
                self.transport.close()
            else:
                raise ValueError(f"a frame that begins with {data[at]:#x}")
            at = begin + size
        return data[at:]


def frame(kind: int, payload: bytes) -> bytes:
    """A client's frame of less than 64 kB."""
    size = len(payload)
    if size < 126:
        return bytes((kind, 0x80 | size)) + NO_MASK + payload
    return bytes((kind, 0xFE)) + size.to_bytes(2, "big") + NO_MASK + payload


def handshake(port: int, call_id: str, token: str) -> bytes:
    """The request of a client that speaks `telcall.v2` and does not ask for compression."""
    return (
        f"GET /ws/calls/{call_id} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: Upgrade\r\n"
        "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
        f"Sec-WebSocket-Protocol: telcall.v2, token.{token}\r\n\r\n"
    ).encode()
