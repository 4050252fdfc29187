"""PostgreSQL stops under a running server: calls go on, what needs it is refused at once, it comes back."""

from __future__ import annotations

import asyncio
import urllib.error
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import aiohttp
import pytest
from sqlalchemy import select

from store.config import StoreConfig
from store.database import Database
from store.errors import DatabaseUnavailable
from store.tables import Participant
from telcall.embedded_postgres import EmbeddedPostgres, temporary_postgres

if TYPE_CHECKING:
    from tests.telcall.conftest import Serving

Serve = Callable[..., "Serving"]


@pytest.fixture
def postgres_of_its_own() -> Iterator[EmbeddedPostgres]:
    with temporary_postgres() as started:
        yield started


def socket_of(http: aiohttp.ClientSession, serving: Serving, call_id: str, token: str) -> Any:
    url = f"ws://127.0.0.1:{serving.port}/ws/calls/{call_id}"
    return http.ws_connect(url, protocols=["token", f"token.{token}"])


async def joined(http: aiohttp.ClientSession, serving: Serving, call_id: str, token: str) -> Any:
    connection = await socket_of(http, serving, call_id, token)
    for kind in ("call_metadata", "participants_snapshot"):
        assert (await connection.receive_json(timeout=20))["type"] == kind
    return connection


async def next_of(connection: Any, kind: str) -> Any:
    while (message := await connection.receive_json(timeout=20))["type"] != kind:
        pass
    return message


async def test_call_goes_on_and_everything_comes_back(
    serve: Serve, postgres_of_its_own: EmbeddedPostgres
) -> None:
    postgres = postgres_of_its_own
    serving = serve(DATABASE_URL=postgres.url())
    await asyncio.to_thread(serving.wait_ready)
    people = [await asyncio.to_thread(serving.sign_in, name) for name in ("Anna", "Boris", "Clara")]
    (anna, _), (boris, boris_id), (clara, _) = people
    call_id = (await asyncio.to_thread(serving.post, "/api/calls", {}, anna))["call_id"]

    async with aiohttp.ClientSession() as http:
        of_anna = await joined(http, serving, call_id, anna)
        of_boris = await joined(http, serving, call_id, boris)
        await asyncio.to_thread(postgres.stop)

        await of_anna.send_json({"type": "offer", "to_user_id": boris_id, "payload": {"kept": "talking"}})
        assert (await next_of(of_boris, "offer"))["payload"] == {"kept": "talking"}
        refused = await socket_of(http, serving, call_id, clara)
        assert (await refused.receive_json(timeout=20))["code"] == "database_unavailable"
        assert (await refused.receive(timeout=20)).data == 1013
        with pytest.raises(urllib.error.HTTPError) as answer:
            await asyncio.to_thread(serving.post, "/api/calls", {}, anna)
        assert (answer.value.code, answer.value.headers["Retry-After"]) == (503, "2")
        assert (await asyncio.to_thread(serving.get, "/health")) == {"status": "ok"}
        await of_boris.close()
        assert (await next_of(of_anna, "user_left"))["user"]["id"] == boris_id

        postgres.start()  # here: it ends with the thread that started it
        await eventually_joined(http, serving, call_id, clara)
        await eventually_left(Database(StoreConfig(url=postgres.url())), boris_id)
        assert (await next_of(of_anna, "user_joined"))["user"]["first_name"] == "Clara"
    assert "Traceback" not in serving.text()


async def eventually_joined(http: aiohttp.ClientSession, serving: Serving, call_id: str, token: str) -> None:
    for _ in range(25):
        connection = await socket_of(http, serving, call_id, token)
        if (await connection.receive_json(timeout=20))["type"] == "call_metadata":
            return
        await connection.close()
        await asyncio.sleep(0.5)  # attempts are limited
    raise AssertionError("nobody gets in again")


async def eventually_left(database: Database, user_id: int) -> None:
    """The row of a leave that happened without the database."""
    async with database:
        for _ in range(300):
            try:
                async with database.transaction() as session:
                    statement = select(Participant.left_at).where(Participant.user_id == user_id)
                    if await session.scalar(statement) is not None:
                        return
            except DatabaseUnavailable:
                pass
            await asyncio.sleep(0.1)
    raise AssertionError("the leave is not written")
