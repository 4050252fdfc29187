"""PostgreSQL stops under every endpoint: those that need it say so at once, others go on, no row is torn."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import func, select

from api.routes.table import ROUTES, SECRET_HEADER, Route
from store.config import StoreConfig
from store.database import Database, migrate
from store.tables import Call, Participant
from telcall.embedded_postgres import EmbeddedPostgres, temporary_postgres
from tests.api.bot.conftest import SECRET, message, user
from tests.api.test_query_counts import COUNTS
from tests.api.whole.conftest import ADMIN_TOKEN, ENDLESS, SERVER
from tests.api.whole.hostile import valid_body
from tests.api.whole.rows import contents

if TYPE_CHECKING:
    from tests.api.bot.conftest import MakeWorld, World
    from tests.api.conftest import Answer, Client, StartApi

GOES_ON = frozenset(endpoint for endpoint, statements in COUNTS.items() if not statements)
"""What asks the database nothing."""
ROUNDS = 5
AT_ONCE = 100


@pytest.fixture
def server() -> Iterator[EmbeddedPostgres]:
    with temporary_postgres() as started:
        yield started


@pytest.fixture
async def database(server: EmbeddedPostgres) -> AsyncIterator[Database]:
    await migrate(server.url())
    async with Database(StoreConfig(url=server.url())) as opened:
        yield opened


async def asking(world: World) -> tuple[Client, Callable[[Route], Awaitable[Answer]]]:
    """Somebody, and what asks a route for them about what is there."""
    anna, seen, boris = await world.friends()
    call_id = (await anna.post("/api/calls", {"title": "before"})).json["call_id"]
    world.rooms.open(call_id, seen.id, at=world.api.time.utc)
    link = (await anna.post("/auth/browser-link")).json["url"]
    named: dict[str, Any] = {
        "initData": world.api.init_data(1001, first_name="Анна"),
        "token": link.partition("#browser=")[2],
        "friend_id": boris.id,
        "call_id": call_id,
        "call_code": call_id,
        "stars": 5,
    }
    operator = replace(anna, bearer=ADMIN_TOKEN)

    async def ask(route: Route) -> Answer:
        body: dict[str, Any] | None = None
        if route.secret_header is not None:
            body = world.telegram.bring(message(user(1001, "Анна"), "/start"))
        elif route.body is not None:
            valid = valid_body(route.body)
            body = valid | {name: value for name, value in named.items() if name in valid}
        path = route.path.format(call_id=call_id, user_id=seen.id if route.is_admin else boris.id)
        client = operator if route.is_admin else anna
        return await client.request(route.method, path, body, headers={SECRET_HEADER: SECRET})

    return anna, ask


async def back(client: Client) -> None:
    async with asyncio.timeout(60):
        while (await client.get("/api/friends")).status == 503:  # noqa: ASYNC110
            await asyncio.sleep(0.05)


async def test_every_endpoint_that_needs_it_is_a_503_at_once_and_serves_again(
    make_world: MakeWorld, server: EmbeddedPostgres
) -> None:
    world = await make_world(may_create=ENDLESS, api=SERVER)
    anna, ask = await asking(world)
    before = await contents(world.database)

    await asyncio.to_thread(server.stop)
    world.api.time.pass_s(60)  # what is remembered of tokens is not fresh any more
    async with asyncio.timeout(20):
        for _ in range(ROUNDS):
            answers = await asyncio.gather(*(ask(route) for route in ROUTES))
            for route, answer in zip(ROUTES, answers, strict=True):
                endpoint = (route.method, route.path)
                if endpoint in GOES_ON:
                    assert answer.status == route.status, (endpoint, answer.text)
                    continue
                assert answer.status == 503, (endpoint, answer.text)
                assert answer.headers["Retry-After"] == "2", endpoint
                assert json.loads(answer.text) == {"detail": "Database unavailable"}, endpoint
                assert "Set-Cookie" not in answer.headers, endpoint

    server.start()
    await back(anna)
    assert await contents(world.database) == before
    for route in sorted(ROUTES, key=lambda each: (each.method, each.path) == ("DELETE", "/api/me")):
        assert (await ask(route)).status < 500, route.path


async def test_what_was_under_way_is_there_as_a_whole_or_not_at_all(
    make_world: MakeWorld, server: EmbeddedPostgres
) -> None:
    world = await make_world(may_create=ENDLESS, api=SERVER)
    anna, _, boris = await world.friends()
    told: dict[str, int] = {}
    stopping = asyncio.Event()

    async def keep_calling() -> None:
        while True:
            answer = await anna.post("/api/calls/friend", {"friend_id": boris.id})
            assert answer.status in (201, 503), answer.text
            if answer.status == 503:
                return
            told[answer.json["call_id"]] = answer.status
            stopping.set()

    async with asyncio.timeout(60), asyncio.TaskGroup() as tasks:
        for _ in range(AT_ONCE):
            tasks.create_task(keep_calling())
        await stopping.wait()
        await asyncio.to_thread(server.stop)

    server.start()
    await back(anna)
    async with world.database.transaction() as session:
        people_of = (
            select(Call.call_id, func.count(Participant.id))
            .outerjoin(Participant, Participant.call_id == Call.id)
            .group_by(Call.id)
        )
        found: dict[str, int] = {row[0]: row[1] for row in await session.execute(people_of)}
    assert set(told) <= set(found), "who was told 201 has a call"
    assert set(found.values()) == {2}, "and each call has both its people"


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
        while (found := await person.get(f"/api/calls/{call_id}")).status == 503:  # noqa: ASYNC110
            await asyncio.sleep(0.05)
    assert (found.status, found.json["title"], found.json["status"]) == (200, "before", "active")
    assert (await person.post("/api/calls", {"title": "after"})).status == 201
    assert (await api.signed_in(78)).bearer
