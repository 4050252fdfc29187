"""Moves IPv4 packets between the interfaces of namespaces, late and with losses.

`python relay.py 1=FD 2=FD ...`: the number is the third byte of the addresses behind a descriptor. A line of
JSON on standard input says how bad it is from now on, for each packet on its way from one namespace to
another, as {"delay_ms": 100, "loss": 0.02}. The end of the input is ours. Not every kernel has a queue for
this (`tc netem`).
"""

from __future__ import annotations

import heapq
import json
import os
import random
import select
import sys
import time

MAX_WAITING = 20_000
LARGEST = 65_536
DESTINATION = 18
"""Of an IPv4 header (RFC 791, 3.1): the third byte of the address it goes to."""
BATCH = 64


class Relay:
    def __init__(self, interfaces: dict[int, int]) -> None:
        self._interfaces = interfaces
        self._delay_s, self._loss = 0.0, 0.0
        self._waiting: list[tuple[float, int, int, bytes]] = []
        self._count = 0
        self._random = random.Random(1)

    def run(self) -> None:
        poll = select.poll()
        for descriptor in (0, *self._interfaces.values()):
            poll.register(descriptor, select.POLLIN)
        while True:
            for descriptor, _ in poll.poll(self._patience_ms()):
                if descriptor:
                    self._take(descriptor)
                elif not self._obey():
                    return
            self._deliver()

    def _patience_ms(self) -> float | None:
        return max(0.0, (self._waiting[0][0] - time.monotonic()) * 1_000) if self._waiting else None

    def _obey(self) -> bool:
        line = os.read(0, LARGEST)
        for each in line.splitlines():
            order = json.loads(each)
            self._delay_s, self._loss = order["delay_ms"] / 1_000, order["loss"]
        return bool(line)

    def _take(self, descriptor: int) -> None:
        for _ in range(BATCH):
            try:
                packet = os.read(descriptor, LARGEST)
            except BlockingIOError:
                return
            if len(packet) < 20 or packet[0] >> 4 != 4 or len(self._waiting) >= MAX_WAITING:
                continue
            target = self._interfaces.get(packet[DESTINATION])
            if target is None or (self._loss and self._random.random() < self._loss):
                continue
            self._count += 1  # packets that are due at once keep their order
            heapq.heappush(self._waiting, (time.monotonic() + self._delay_s, self._count, target, packet))

    def _deliver(self) -> None:
        now_s = time.monotonic()
        while self._waiting and self._waiting[0][0] <= now_s:
            _, _, target, packet = heapq.heappop(self._waiting)
            try:
                os.write(target, packet)
            except OSError:
                continue  # a full queue, or an interface that is down: lost, as on a real way


if __name__ == "__main__":
    Relay({int(number): int(fd) for number, fd in (each.split("=") for each in sys.argv[1:])}).run()
