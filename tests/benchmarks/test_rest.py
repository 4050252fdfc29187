"""Both servers of the benchmark are asked the same and say the same; what counts counts right."""

from __future__ import annotations

import asyncio
import os
import tempfile
from collections import Counter
from itertools import islice
from pathlib import Path

from benchmarks.rest.contestants import telcall, yardstick
from benchmarks.rest.light_client import LightClient
from benchmarks.rest.load import Crowd
from benchmarks.rest.population import Endpoint, endpoints, mix, parsed, populate
from benchmarks.rest.statements import Counted
from benchmarks.signaling.contestants import Running
from store.database import migrate


def test_both_servers_answer_the_same(empty_database_url: str) -> None:
    measured = endpoints()

    async def fill() -> None:
        await migrate(empty_database_url)
        await populate(empty_database_url)

    async def answers(server: Running) -> dict[str, object]:
        async with Crowd(server, lambda: 0.0) as crowd:
            return {endpoint.name: await answer(crowd, endpoint) for endpoint in measured}

    async def answer(crowd: Crowd, endpoint: Endpoint) -> object:
        status, body = await crowd.ask(endpoint.requests[-1])
        assert status == endpoint.status, body
        return parsed(endpoint.name, body)

    asyncio.run(fill())
    processor = min(os.sched_getaffinity(0))
    with tempfile.TemporaryDirectory(prefix="telcall-bench-", dir="/tmp") as name:
        folder = Path(name)
        with telcall(empty_database_url, processor, folder) as server:
            ours = asyncio.run(answers(server))
        with yardstick(empty_database_url, processor, folder) as server:
            theirs = asyncio.run(answers(server))
    assert ours == theirs
    friends = ours["friends"]
    assert isinstance(friends, dict)
    assert (len(friends["friends"]), friends["total"]) == (50, 125)


def test_mix_has_the_shares_that_it_says() -> None:
    measured = endpoints()
    asked = Counter(request.split(b" HTTP", 1)[0] for request, _ in islice(mix(measured), 200))
    assert sum(asked[method] for method in (b"GET /health", b"POST /auth/telegram", b"POST /api/calls")) == 80
    assert sum(number for path, number in asked.items() if b"/api/calls/" in path) == 100


def test_statements_are_counted_apart_from_what_stands_around_them() -> None:
    def message(kind: bytes, content: bytes) -> bytes:
        return kind + (4 + len(content)).to_bytes(4, "big") + content

    stream = b"".join(
        [message(b"Q", b"BEGIN;\0"), message(b"B", b"E" * 40), message(b"E", b"\0" * 5), message(b"S", b"")]
    )
    counted, pending = Counted(), bytearray()
    for byte in stream + stream:
        pending.append(byte)
        counted.take(pending)
    assert (counted.statements, counted.transactions, pending) == (2, 2, b"")


def test_client_waits_for_the_whole_answer() -> None:
    heard: list[tuple[int, bytes]] = []
    client = LightClient(lambda client: heard.append((client.status, client.body)))
    answer = b"HTTP/1.1 201 Created\r\nContent-Length: 4\r\nServer: any\r\n\r\nbody"
    for byte in answer:
        client.data_received(bytes([byte]))
    client.data_received(answer.replace(b"Content-Length: 4", b"content-length: 0").removesuffix(b"body"))
    assert heard == [(201, b"body"), (201, b"")]
