"""Receiving ends of a benchmark: sockets that are emptied outside of what is measured."""

from __future__ import annotations

import socket
from types import TracebackType

from sfu.dataplane import udp


class Sinks:
    """`count` UDP sockets on loopback; `drain` empties them and counts the datagrams, RTCP left out."""

    def __init__(self, count: int) -> None:
        self.sockets: list[socket.socket] = []
        for _ in range(count):
            opened = socket.socket(socket.AF_INET, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
            opened.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 * 1_024 * 1_024)
            opened.bind(("127.0.0.1", 0))
            self.sockets.append(opened)
        self.addresses: list[tuple[str, int]] = [each.getsockname() for each in self.sockets]
        self._receiver = udp.Receiver()
        self.last: list[bytes] = [b""] * count
        """The last RTP packet that each has received."""

    def drain(self) -> int:
        total = 0
        for i, each in enumerate(self.sockets):
            while self._receiver.receive(each.fileno()):
                for slot, size in enumerate(self._receiver.sizes):
                    view = self._receiver.views[slot]
                    if not 192 <= view[1] <= 223:  # RTCP (RFC 5761 §4)
                        total += 1
                        self.last[i] = bytes(view[:size])
        return total

    def __enter__(self) -> Sinks:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for each in self.sockets:
            each.close()
