"""Asks publishers for key frames: merged, and again while somebody waits for a picture."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

from sfu.core.seating.keyframes import KeyframeRequests
from sfu.dataplane.engine import SourceId


class KeyframeTimer:
    """`request` sends one request to the source's publisher."""

    def __init__(self, request: Callable[[SourceId], None]) -> None:
        self._request = request
        self._requests: KeyframeRequests[SourceId] = KeyframeRequests()
        self._loop = asyncio.get_running_loop()
        self._timer: asyncio.TimerHandle | None = None

    def want(self, source: SourceId) -> None:
        self._requests.want(source)
        self._advance(_now_us())

    def forget(self, source: SourceId) -> None:
        self._requests.forget(source)

    def close(self) -> None:
        if self._timer is not None:
            self._timer.cancel()

    def _advance(self, now_us: int) -> None:
        for source in self._requests.take_due(now_us):
            self._request(source)
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        deadline_us = self._requests.next_deadline_us()
        if deadline_us is not None:
            delay_s = max(deadline_us - now_us, 0) / 1_000_000
            self._timer = self._loop.call_later(delay_s, lambda: self._advance(max(deadline_us, _now_us())))


def _now_us() -> int:
    return time.monotonic_ns() // 1_000
