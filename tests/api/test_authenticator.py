"""Tokens against the database, cached."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

import api.authenticator
from api.authenticator import Authenticator
from api.tokens import TokenError, Tokens
from store.config import StoreConfig
from store.database import Database, migrate
from store.errors import DatabaseUnavailable
from store.queries.users import TelegramProfile, upsert_telegram_user
from telcall.embedded_postgres import EmbeddedPostgres, temporary_postgres

KEY = "k" * 32


class Clock:
    def __init__(self) -> None:
        self.now_s = 0.0

    def __call__(self) -> float:
        return self.now_s


def new_authenticator(database: Database, clock: Clock) -> Authenticator:
    return Authenticator(
        database, Tokens(KEY), clock_s=clock, utc=lambda: datetime.fromtimestamp(1_800_000_000, UTC)
    )


async def person(database: Database) -> int:
    async with database.transaction() as session:
        return (await upsert_telegram_user(session, TelegramProfile(1, first_name="Anna"))).id


async def test_revocation_elsewhere_is_noticed_after_some_seconds(database: Database) -> None:
    clock = Clock()
    here, elsewhere = new_authenticator(database, clock), new_authenticator(database, clock)
    claims = here.read(here.issue(await person(database), "api", 60), ("api",))
    await here.account(claims)
    await elsewhere.revoke(claims)
    assert await here.account(claims)
    clock.now_s = 15.1
    with pytest.raises(TokenError, match="Invalid token"):
        await here.account(claims)


async def test_known_people_get_in_while_the_database_is_away() -> None:
    with temporary_postgres() as server:
        await get_in_without(server)


async def get_in_without(server: EmbeddedPostgres) -> None:
    await migrate(server.url())
    async with Database(StoreConfig(url=server.url())) as database:
        clock = Clock()
        authenticator = new_authenticator(database, clock)
        user_id = await person(database)
        known, other = (authenticator.issue(user_id, "ws", 60) for _ in range(2))
        assert await authenticator.authenticate_socket(known)
        server.stop()
        clock.now_s = 600
        identity = await authenticator.authenticate_socket(known)
        assert identity is not None
        assert identity.user.first_name == "Anna"
        with pytest.raises(DatabaseUnavailable):
            await authenticator.authenticate_socket(other)
        clock.now_s = 3_700
        with pytest.raises(DatabaseUnavailable):
            await authenticator.authenticate_socket(known)


async def test_who_goes_while_the_database_is_asked_stays_out(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    authenticator = new_authenticator(database, Clock())
    user_id = await person(database)
    claims = authenticator.read(authenticator.issue(user_id, "api", 60), ("api",))

    async def asked(*arguments: Any) -> Any:
        found = await find_holder(*arguments)
        authenticator.forget(user_id)
        return found

    find_holder = api.authenticator.find_token_holder
    monkeypatch.setattr("api.authenticator.find_token_holder", asked)
    for _ in range(2):
        with pytest.raises(TokenError, match="not found"):
            await authenticator.account(claims)


async def test_who_has_gone_is_not_renewed(database: Database) -> None:
    authenticator = new_authenticator(database, Clock())
    user_id = await person(database)
    claims = authenticator.read(authenticator.issue(user_id, "api", 60), ("api",))
    account = await authenticator.account(claims)
    authenticator.forget(user_id)
    authenticator.renew(account)
    with pytest.raises(TokenError, match="not found"):
        await authenticator.account(claims)
