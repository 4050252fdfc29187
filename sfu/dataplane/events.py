"""The way up: events of the engine's thread, taken by the control plane's event loop."""

from __future__ import annotations

import asyncio
import os
from collections import deque

from sfu.dataplane.engine import Event, EventSink, StunReceived

MAX_EVENTS = 4_096


class EventQueue:
    """Bounded: while the loop does not come, STUN of strangers is dropped first, then that of participants,
    whose consent depends on it, and last everything else.

    `put` is for the engine's thread, the rest for the loop's.
    """

    def __init__(self, sink: EventSink) -> None:
        self._sink = sink
        self._events: deque[Event] = deque()
        self._wake_fd = os.eventfd(0, os.EFD_NONBLOCK | os.EFD_CLOEXEC)
        self._loop = asyncio.get_running_loop()
        self._loop.add_reader(self._wake_fd, self._deliver)
        self.dropped = 0

    def put(self, event: Event) -> None:
        self._put(event, MAX_EVENTS)

    def put_stun(self, event: StunReceived, *, from_stranger: bool) -> None:
        self._put(event, MAX_EVENTS // 4 if from_stranger else MAX_EVENTS // 2)

    def _put(self, event: Event, limit: int) -> None:
        if len(self._events) >= limit:
            self.dropped += 1
            return
        self._events.append(event)

    def wake(self) -> None:
        """Once per turn, after its last `put`."""
        if self._events:
            os.eventfd_write(self._wake_fd, 1)

    def close(self) -> None:
        self._loop.remove_reader(self._wake_fd)
        os.close(self._wake_fd)
        self._events.clear()

    def _deliver(self) -> None:
        try:
            os.eventfd_read(self._wake_fd)
        except BlockingIOError:
            return
        events: list[Event] = []
        while self._events and len(events) < 256:
            events.append(self._events.popleft())
        if self._events:
            os.eventfd_write(self._wake_fd, 1)  # the rest in another turn of the loop
        self._sink(events)
