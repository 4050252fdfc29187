"""What is done to a server: people join, then send as much as it can relay, then half as much."""

from __future__ import annotations

import asyncio
import random
import statistics
import time
from collections.abc import Iterator
from dataclasses import dataclass

from benchmarks.signaling.contestants import Running
from benchmarks.signaling.light_socket import Heard, LightSocket, handshake
from benchmarks.signaling.offer import Offer, stamp_of

JOINS_PER_S = 100
IN_FLIGHT = 64
"""Messages on their way while the maximum is sought: enough that the server never waits for the next."""
TICK_S = 0.001


@dataclass(frozen=True, slots=True)
class Person:
    user_id: int
    token: str
    call_id: str
    others: tuple[int, ...]
    """User ids of those in the same room."""


@dataclass(frozen=True, slots=True)
class Run:
    """Times in milliseconds, CPU in microseconds of the server's process per relayed message."""

    join_p50_ms: float
    join_p99_ms: float
    max_per_s: float
    cpu_at_max_us: float
    relay_p50_ms: float
    relay_p99_ms: float
    cpu_us: float
    socket_kb: float
    socket_after_load_kb: float


class Crowd:
    """Everybody's sockets at one server."""

    def __init__(self, server: Running, people: list[Person]) -> None:
        self._server, self._people = server, people
        self._sockets: dict[int, LightSocket] = {}  # by user id
        self._turns = self._take_turns()

    async def join(self) -> list[float]:
        """Everybody comes, in an order that mixes the rooms. Seconds until each one's first message."""
        loop = asyncio.get_running_loop()
        people = random.Random(1).sample(self._people, len(self._people))
        waits: list[float] = []
        begin = loop.time()
        async with asyncio.TaskGroup() as group:
            for number, person in enumerate(people):
                await asyncio.sleep(begin + number / JOINS_PER_S - loop.time())
                group.create_task(self._join(person, waits))
        return waits

    async def _join(self, person: Person, waits: list[float]) -> None:
        loop = asyncio.get_running_loop()
        greeted: asyncio.Future[float] = loop.create_future()

        def heard(_socket: LightSocket, _text: bytes) -> None:
            if not greeted.done():
                greeted.set_result(loop.time())

        begin = loop.time()
        request = handshake(self._server.port, person.call_id, person.token)
        _, socket = await loop.create_connection(
            lambda: LightSocket(request, heard), "127.0.0.1", self._server.port
        )
        self._sockets[person.user_id] = socket
        async with asyncio.timeout(60):
            waits.append(await greeted - begin)

    def require_open(self) -> None:
        closed = sum(socket.is_closed for socket in self._sockets.values())
        if closed:
            raise RuntimeError(f"{closed} sockets were closed by {self._server.name}")

    async def flood(self, duration_s: float) -> tuple[float, float]:
        """As much as the server takes: relayed messages a second, and its CPU microseconds for each."""
        relayed = 0
        is_over = False

        def heard(_socket: LightSocket, text: bytes) -> None:
            nonlocal relayed
            if stamp_of(text) is not None:
                relayed += 1
                if not is_over:
                    self._say()

        self._all_hear(heard)
        for _ in range(IN_FLIGHT):
            self._say()
        await asyncio.sleep(1)
        before, began, cpu_s = relayed, time.monotonic(), self._server.cpu_s()
        await asyncio.sleep(duration_s)
        count, took_s, cpu_s = relayed - before, time.monotonic() - began, self._server.cpu_s() - cpu_s
        is_over = True
        await asyncio.sleep(1)
        self.require_open()
        return count / took_s, cpu_s / count * 1e6

    async def pace(self, per_s: float, duration_s: float) -> tuple[list[float], float]:
        """At an even pace: seconds from sending to hearing, and CPU microseconds per message.

        What is due in the same millisecond is sent together.
        """
        took_s: list[float] = []

        def heard(_socket: LightSocket, text: bytes) -> None:
            if (stamp := stamp_of(text)) is not None:
                took_s.append((time.monotonic_ns() - stamp) / 1e9)

        self._all_hear(heard)
        sent = await self._pace(per_s, 1.0)
        warm_up, cpu_s = len(took_s), self._server.cpu_s()
        sent += await self._pace(per_s, duration_s)
        count, cpu_s = len(took_s) - warm_up, self._server.cpu_s() - cpu_s
        await asyncio.sleep(1)
        self.require_open()
        if len(took_s) != sent:
            raise RuntimeError(f"{self._server.name} relayed {len(took_s)} of {sent} messages")
        return took_s[warm_up:], cpu_s / count * 1e6

    async def _pace(self, per_s: float, duration_s: float) -> int:
        began, sent = time.monotonic(), 0
        while (elapsed_s := time.monotonic() - began) < duration_s:
            for _ in range(int(elapsed_s * per_s) - sent):
                self._say()
                sent += 1
            await asyncio.sleep(TICK_S)
        return sent

    async def leave(self) -> None:
        for socket in self._sockets.values():
            socket.transport.abort()
        await asyncio.sleep(0.5)

    def _all_hear(self, heard: Heard) -> None:
        for socket in self._sockets.values():
            socket.heard = heard

    def _say(self) -> None:
        socket, offer = next(self._turns)
        socket.transport.write(offer.stamped(time.monotonic_ns()))

    def _take_turns(self) -> Iterator[tuple[LightSocket, Offer]]:
        """One message of each person to each other one in the room, again and again."""
        offers = {person.user_id: Offer(person.user_id) for person in self._people}
        while True:
            for turn in range(len(self._people[0].others)):
                for person in self._people:
                    yield self._sockets[person.user_id], offers[person.others[turn]]


async def measure(server: Running, people: list[Person], duration_s: float) -> Run:
    crowd = Crowd(server, people)
    empty_bytes = server.memory_bytes()
    waits_s = await crowd.join()
    await asyncio.sleep(2)
    crowd.require_open()
    full_bytes = server.memory_bytes()
    max_per_s, cpu_at_max_us = await crowd.flood(duration_s)
    took_s, cpu_us = await crowd.pace(max_per_s / 2, duration_s)
    loaded_bytes = server.memory_bytes()
    await crowd.leave()
    return Run(
        join_p50_ms=statistics.median(waits_s) * 1e3,
        join_p99_ms=percentile(waits_s, 0.99) * 1e3,
        max_per_s=max_per_s,
        cpu_at_max_us=cpu_at_max_us,
        relay_p50_ms=statistics.median(took_s) * 1e3,
        relay_p99_ms=percentile(took_s, 0.99) * 1e3,
        cpu_us=cpu_us,
        socket_kb=(full_bytes - empty_bytes) / len(people) / 1e3,
        socket_after_load_kb=(loaded_bytes - empty_bytes) / len(people) / 1e3,
    )


def percentile(values: list[float], share: float) -> float:
    """Nearest rank."""
    return sorted(values)[min(round(share * len(values) + 0.5) - 1, len(values) - 1)]
