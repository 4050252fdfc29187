"""The bot between the REST application and a Bot API server, over real sockets and a real database."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

import pytest
from prometheus_client import CollectorRegistry

from api.bot.config import BotConfig, webhook_secret
from api.bot.service import TelegramBot
from signaling.lifecycle import Lifecycle
from signaling.messages import User
from signaling.room_state import CallEvent, EventKind
from store.database import Database
from store.queries.friend_links import link_friends
from tests.api.bot.bot_api import TOKEN, BotApi
from tests.api.conftest import SECRET_KEY, Client, Rooms, StartApi

SECRET = webhook_secret(SECRET_KEY, TOKEN)
CONFIG = BotConfig(
    token=TOKEN,
    webhook_secret=SECRET,
    mode="off",
    username="telcall_bot",
    public_url="https://tel.example",
    first_retry_s=0.02,
    request_timeout_s=2,
    drain_s=2,
)


@dataclass
class World:
    """A server with a bot, and Telegram around it."""

    telegram: BotApi
    api: Client
    bot: TelegramBot
    lifecycle: Lifecycle
    database: Database
    counter: itertools.count[int] = field(default_factory=lambda: itertools.count(1))

    @property
    def rooms(self) -> Rooms:
        return self.api.rooms

    async def person(self, telegram_id: int, name: str, **more: Any) -> tuple[Client, User]:
        """Somebody who is signed in, and as others see them."""
        client = await self.api.signed_in(telegram_id, first_name=name, **more)
        return client, User(id=(await client.get("/api/me")).json["id"], first_name=name)

    async def friends(self, **more: Any) -> tuple[Client, User, User]:
        """Anna (1001) and her friend Boris (1002), who has started the bot."""
        anna, anna_seen = await self.person(1001, "Анна")
        _, boris = await self.person(1002, "Борис", **more)
        async with self.database.transaction() as session:
            await link_friends(session, {(anna_seen.id, boris.id): self.api.time.utc})
        self.telegram.private.add(1002)
        return anna, anna_seen, boris

    async def webhook(self, update: dict[str, Any], secret: str | None = SECRET) -> int:
        """What Telegram would bring; the status of the answer."""
        headers = {} if secret is None else {"X-Telegram-Bot-Api-Secret-Token": secret}
        answer = await self.api.post("/api/telegram/webhook", self.telegram.bring(update), headers=headers)
        return answer.status

    def happen(self, kind: EventKind, call_id: str, user: User | None = None, **more: Any) -> None:
        self.bot.on_event(CallEvent(kind, call_id, datetime.now().astimezone(), user, **more))

    async def until(self, condition: Callable[[], bool]) -> None:
        async with asyncio.timeout(20):
            while not condition():  # noqa: ASYNC110
                await asyncio.sleep(0.01)

    def metric(self, name: str, **labels: str) -> float:
        return self.api.registry.get_sample_value(name, labels) or 0.0


MakeWorld = Callable[..., Awaitable[World]]


@pytest.fixture
async def telegram() -> AsyncIterator[BotApi]:
    server = BotApi()
    await server.start()
    yield server
    await server.stop()
    assert server.wrong == []


@pytest.fixture
async def make_world(telegram: BotApi, start_api: StartApi, database: Database) -> AsyncIterator[MakeWorld]:
    """`may_create`: how many calls people may still make by the bot; `api`: fields of `ApiConfig`; the rest:
    fields of `BotConfig`."""
    async with AsyncExitStack() as stack:

        async def make(*, may_create: int = 100, api: Mapping[str, Any] = {}, **config: Any) -> World:
            made: list[TelegramBot] = []
            lifecycles: list[Lifecycle] = []
            left = itertools.count(may_create, -1)

            async def allow(_user_id: int) -> bool:
                return next(left) > 0

            async def make_bot(
                lifecycle: Lifecycle, rooms: Rooms, registry: CollectorRegistry
            ) -> TelegramBot:
                wanted = replace(CONFIG, **{"api_url": telegram.url, **config})
                bot = TelegramBot(
                    wanted,
                    database=database,
                    lifecycle=lifecycle,
                    bus=rooms,
                    registry=registry,
                    may_create=allow,
                )
                lifecycle.on_ended = bot.call_over
                made.append(await stack.enter_async_context(bot))
                lifecycles.append(lifecycle)
                return bot

            started = await start_api(bot=make_bot, **api)
            return World(telegram, started, made[0], lifecycles[0], database)

        yield make


@pytest.fixture
async def world(make_world: MakeWorld) -> World:
    return await make_world()


def user(telegram_id: int, name: str, **more: Any) -> dict[str, Any]:
    """As updates have people."""
    return {"id": telegram_id, "is_bot": False, "first_name": name, **more}


def message(sender: dict[str, Any], text: str, chat_id: int | None = None, **more: Any) -> dict[str, Any]:
    """An update: somebody has written, privately or in a group."""
    chat = {"id": chat_id or sender["id"], "type": "private" if chat_id is None else "supergroup"}
    if chat_id is not None:
        chat["title"] = "Группа"
    command = text.split()[0]
    entities = [{"type": "bot_command", "offset": 0, "length": len(command)}]
    return {
        "message": {
            "message_id": 1,
            "date": 1_800_000_000,
            "chat": chat,
            "from": sender,
            "text": text,
            "entities": entities,
            **more,
        }
    }
