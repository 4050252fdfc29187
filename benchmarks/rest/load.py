"""What is done to a server: as many requests as it answers, then half as many, at an even pace."""

from __future__ import annotations

import asyncio
import statistics
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass

from benchmarks.rest.light_client import LightClient
from benchmarks.rest.population import Endpoint, mix
from benchmarks.signaling.contestants import Running
from benchmarks.signaling.load import TICK_S, percentile

CONNECTIONS = 64
MAX_WAITING = 10_000
"""Requests that are due and find no connection free; more is no pace any more."""
WARM_UP_S = 0.5


@dataclass(frozen=True, slots=True)
class Run:
    """CPU in microseconds per request; `busy`: of one processor, in 1. `half_*`: at half of the maximum."""

    per_s: float
    cpu_us: float
    database_cpu_us: float
    busy: float
    p50_ms: float
    p99_ms: float
    half_p50_ms: float
    half_p99_ms: float

    @property
    def per_cpu_s(self) -> float:
        return 1e6 / self.cpu_us


class Crowd:
    """64 connections to one server, open while the block lasts: uvicorn closes those idle for 5 seconds."""

    def __init__(self, server: Running, database_cpu_s: Callable[[], float]) -> None:
        self._server, self._database_cpu_s = server, database_cpu_s
        self._clients: list[LightClient] = []

    async def __aenter__(self) -> Crowd:
        loop = asyncio.get_running_loop()
        for number in range(CONNECTIONS):
            _, client = await loop.create_connection(
                lambda: LightClient(_ignore),
                "127.0.0.1",
                self._server.port,
                local_addr=(f"127.0.1.{number + 1}", 0),  # somebody else each, to limits by address
            )
            self._clients.append(client)
        return self

    async def __aexit__(self, *_: object) -> None:
        for client in self._clients:
            client.transport.abort()
        self._clients.clear()
        await asyncio.sleep(0.1)

    async def measure(self, endpoint: Endpoint, duration_s: float) -> Run:
        turns = endpoint.turns()
        await self._flood(turns, endpoint.status, WARM_UP_S)
        cpu_s, database_s = self._server.cpu_s(), self._database_cpu_s()
        began_s = time.perf_counter()
        took_s = await self._flood(turns, endpoint.status, duration_s)
        elapsed_s, count = time.perf_counter() - began_s, len(took_s)
        cpu_s, database_s = self._server.cpu_s() - cpu_s, self._database_cpu_s() - database_s
        half_s = await self._pace(turns, endpoint.status, count / elapsed_s / 2, duration_s)
        return Run(
            per_s=count / elapsed_s,
            cpu_us=cpu_s / count * 1e6,
            database_cpu_us=database_s / count * 1e6,
            busy=cpu_s / elapsed_s,
            p50_ms=statistics.median(took_s) * 1e3,
            p99_ms=percentile(took_s, 0.99) * 1e3,
            half_p50_ms=statistics.median(half_s) * 1e3,
            half_p99_ms=percentile(half_s, 0.99) * 1e3,
        )

    async def growth(self, measured: list[Endpoint], requests: int) -> float:
        """Megabytes that the server grows by while it answers so many requests of all kinds."""
        mixed = mix(measured)
        await self._mixed(mixed, max(requests // 10, 1_000))
        before_bytes = self._server.memory_bytes()
        await self._mixed(mixed, requests)
        return (self._server.memory_bytes() - before_bytes) / 1e6

    async def ask(self, request: bytes) -> tuple[int, bytes]:
        """Status and body of one answer."""
        client, answered = self._clients[0], asyncio.Event()
        client.answered = lambda _client: answered.set()
        client.send(request, 0)
        async with asyncio.timeout(10):
            await answered.wait()
        return client.status, client.body

    async def _flood(self, turns: Iterator[bytes], status: int, duration_s: float) -> list[float]:
        """Seconds that each request took."""
        took_s: list[float] = []
        now, until_s, open_requests = time.perf_counter, time.perf_counter() + duration_s, len(self._clients)
        done = asyncio.Event()

        def answered(client: LightClient) -> None:
            nonlocal open_requests
            now_s = now()
            took_s.append(now_s - client.sent_at_s)
            self._require(client, status)
            if now_s < until_s:
                client.send(next(turns), now_s)
                return
            open_requests -= 1
            if not open_requests:
                done.set()

        for client in self._clients:
            client.answered = answered
            client.send(next(turns), now())
        await self._wait(done, duration_s + 10)
        return took_s

    async def _pace(
        self, turns: Iterator[bytes], status: int, per_s: float, duration_s: float
    ) -> list[float]:
        """Seconds from the moment each request was due, whether a connection was free for it or not."""
        took_s: list[float] = []
        idle, waiting = deque(self._clients), deque[float]()
        done = asyncio.Event()

        def answered(client: LightClient) -> None:
            took_s.append(time.perf_counter() - client.sent_at_s)
            self._require(client, status)
            if waiting:
                client.send(next(turns), waiting.popleft())
            else:
                idle.append(client)
            if len(took_s) == total:
                done.set()

        for client in self._clients:
            client.answered = answered
        began_s, sent, total = time.perf_counter(), 0, int(per_s * duration_s)
        while sent < total:
            while sent < total and (due_s := began_s + sent / per_s) <= time.perf_counter():
                sent += 1
                if idle:
                    idle.popleft().send(next(turns), due_s)
                else:
                    waiting.append(due_s)
            if len(waiting) > MAX_WAITING:
                raise RuntimeError(f"{self._server.name} does not keep pace")
            await asyncio.sleep(TICK_S)
        await self._wait(done, 10)
        return took_s

    async def _mixed(self, mixed: Iterator[tuple[bytes, int]], requests: int) -> None:
        expected: dict[LightClient, int] = {}
        left, open_requests = requests, 0
        done = asyncio.Event()

        def ask(client: LightClient) -> None:
            nonlocal left, open_requests
            left, open_requests = left - 1, open_requests + 1
            content, expected[client] = next(mixed)
            client.send(content, 0)

        def answered(client: LightClient) -> None:
            nonlocal open_requests
            open_requests -= 1
            self._require(client, expected[client])
            if left:
                ask(client)
            elif not open_requests:
                done.set()

        for client in self._clients:
            client.answered = answered
            ask(client)
        await self._wait(done, 600)

    def _require(self, client: LightClient, status: int) -> None:
        if client.status != status:
            raise RuntimeError(f"{self._server.name} answered {client.status}: {client.body[:200]!r}")

    async def _wait(self, done: asyncio.Event, patience_s: float) -> None:
        """Until `done`, or one of the connections is no more."""
        deadline_s = time.monotonic() + patience_s
        while not done.is_set():
            with suppress(TimeoutError):
                async with asyncio.timeout(1):
                    await done.wait()
            closed = sum(client.is_closed for client in self._clients)
            if closed or time.monotonic() > deadline_s:
                raise RuntimeError(f"{self._server.name}: {closed} connections closed, answers missing")


def _ignore(_client: LightClient) -> None:
    """Between two loads nothing comes."""
