"""PostgreSQL stops under the API and comes back: everybody is told so at once, and nothing is half done."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from typing import TYPE_CHECKING

import pytest

from store.config import StoreConfig
from store.database import Database, migrate
from telcall.embedded_postgres import EmbeddedPostgres, temporary_postgres

if TYPE_CHECKING:
    from tests.api.conftest import Answer, Client, StartApi


@pytest.fixture
def server() -> Iterator[EmbeddedPostgres]:
    with temporary_postgres() as started:
        yield started


@pytest.fixture
async def database(server: EmbeddedPostgres) -> AsyncIterator[Database]:
    await migrate(server.url())
    async with Database(StoreConfig(url=server.url())) as opened:
        yield opened


def requests(person: Client, call_id: str) -> list[asyncio.Task[Answer]]:
    """One of each kind: reading, writing, signing in."""
    return [
        asyncio.create_task(person.get(f"/api/calls/{call_id}")),
        asyncio.create_task(person.post("/api/calls", {"title": "while away"})),
        asyncio.create_task(person.post(f"/api/calls/{call_id}/end")),
        asyncio.create_task(person.get("/api/friends")),
        asyncio.create_task(person.post("/auth/telegram", {"initData": person.init_data(77)})),
    ]


async def test_requests_are_answered_503_at_once_and_served_again(
    start_api: StartApi, server: EmbeddedPostgres
) -> None:
    api = await start_api()
    person = await api.signed_in()
    call_id = (await person.post("/api/calls", {"title": "before"})).json["call_id"]

    await asyncio.to_thread(server.stop)
    async with asyncio.timeout(20):
        answers = await asyncio.gather(*(task for _ in range(20) for task in requests(person, call_id)))
    assert {answer.status for answer in answers} == {503}
    assert {answer.detail for answer in answers} == {"Database unavailable"}
    assert {answer.headers["Retry-After"] for answer in answers} == {"2"}
    assert (await api.get("/health")).json == {"status": "ok"}

    server.start()
    async with asyncio.timeout(60):
        while True:
            found = await person.get(f"/api/calls/{call_id}")
            if found.status != 503:
                break
            await asyncio.sleep(0.05)
    assert (found.status, found.json["title"], found.json["status"]) == (200, "before", "active")
    assert (await person.post("/api/calls", {"title": "after"})).status == 201
    assert (await api.signed_in(78)).bearer
