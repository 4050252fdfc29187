"""The bot in a running server, over kill -9: what happens in calls reaches Telegram."""

from __future__ import annotations

import asyncio
import signal
import time
from collections.abc import AsyncIterator, Callable
from typing import TYPE_CHECKING, Any
from urllib.error import HTTPError

import aiohttp
import pytest

from api.init_data import sign
from tests.api.bot.bot_api import TOKEN, BotApi
from tests.api.bot.conftest import message, user
from tests.telcall.test_operator import joined

if TYPE_CHECKING:
    from tests.telcall.conftest import Serving

Serve = Callable[..., "Serving"]
GROUP = -100_500


@pytest.fixture
async def telegram() -> AsyncIterator[BotApi]:
    server = BotApi()
    await server.start()
    yield server
    await server.stop()
    assert server.wrong == []


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(30):
        while not condition():  # noqa: ASYNC110
            await asyncio.sleep(0.05)


async def signed_in(serving: Serving, telegram_id: int) -> str:
    fields = {
        "auth_date": str(int(time.time())),
        "user": f'{{"id": {telegram_id}, "first_name": "Anna"}}',
    }
    answer: Any = await asyncio.to_thread(serving.post, "/auth/telegram", {"initData": sign(fields, TOKEN)})
    token: str = answer["access_token"]
    return token


async def test_card_of_a_group_follows_its_call_over_a_kill(serve: Serve, telegram: BotApi) -> None:
    telegram.groups.add(GROUP)
    environment = {
        "BOT_TOKEN": TOKEN,
        "TELCALL_TELEGRAM_API_URL": telegram.url,
        "TELCALL_DATAPLANE": "python",
        "TELCALL_RESUME_WINDOW_S": "0",
    }
    first = serve(**environment)
    await asyncio.to_thread(first.wait_ready)
    telegram.bring(message(user(1001, "Anna", language_code="en"), "/call", GROUP))
    await until(lambda: len(telegram.messages) == 1)
    [key] = telegram.messages
    button = telegram.messages[key]["reply_markup"]["inline_keyboard"][0][0]
    call_id = button["url"].rpartition("=")[2]
    token = await signed_in(first, 1001)
    async with aiohttp.ClientSession() as http:
        connection = await joined(http, first, call_id, token)
        await until(lambda: telegram.messages[key]["text"].endswith("In the call: Anna"))
        assert not connection.closed
        first.process.kill()
        await asyncio.to_thread(first.process.wait)

    second = serve(**environment)
    await asyncio.to_thread(second.wait_ready)
    await until(lambda: telegram.messages[key]["text"].endswith("Nobody is here yet"))
    token = await signed_in(second, 1001)
    await asyncio.to_thread(second.post, f"/api/calls/{call_id}/end", {}, token)
    await until(lambda: telegram.messages[key]["text"] == "The call from Anna has ended")
    assert second.end(signal.SIGTERM) == 0
    for serving in (first, second):
        assert TOKEN not in serving.text()
        assert "Traceback" not in serving.text()


async def test_calls_by_the_bot_and_over_rest_count_together(serve: Serve, telegram: BotApi) -> None:
    telegram.groups.add(GROUP)
    server = serve(
        BOT_TOKEN=TOKEN,
        TELCALL_TELEGRAM_API_URL=telegram.url,
        TELCALL_DATAPLANE="python",
        TELCALL_RATE_CREATE="2",
    )
    await asyncio.to_thread(server.wait_ready)
    anna = user(1001, "Anna")
    telegram.bring(message(anna, "/call", GROUP))
    await until(lambda: len(telegram.messages) == 1)
    token = await signed_in(server, 1001)
    await asyncio.to_thread(server.post, "/api/calls", {}, token)
    with pytest.raises(HTTPError, match="429"):
        await asyncio.to_thread(server.post, "/api/calls", {}, token)
    telegram.bring(message(anna, "/call", GROUP))
    telegram.bring(message(user(1002, "Boris"), "/call", GROUP))  # the next person is still served
    await until(lambda: len(telegram.messages) == 2)
    titles = [each["text"] for each in telegram.messages.values()]
    assert ["Anna" in titles[0], "Boris" in titles[1]] == [True, True]
