"""A friend is called from the page: the bot writes to them, and who waits sees what comes of it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from tests.api.bot.bot_api import TOKEN, BotApi
from tests.e2e.conftest import Browsers
from tests.e2e.fake_media import LOOKS
from tests.e2e.person import PHONE, Person
from tests.e2e.serving import serving
from tests.e2e.test_telegram import CLIENT, launch_address
from tests.e2e.waiting import eventually

pytestmark = [pytest.mark.e2e, pytest.mark.asyncio(loop_scope="session")]


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(30):
        while not condition():  # noqa: ASYNC110
            await asyncio.sleep(0.05)


def pressed(message: dict[str, Any], message_id: int) -> dict[str, Any]:
    """'Not now' under the bot's message."""
    chat_id = int(message["chat_id"])
    buttons = [each for row in message["reply_markup"]["inline_keyboard"] for each in row]
    return {
        "callback_query": {
            "id": "1",
            "from": {"id": chat_id, "is_bot": False, "first_name": "Boris"},
            "chat_instance": "1",
            "data": next(each["callback_data"] for each in buttons if each.get("callback_data")),
            "message": {
                "message_id": message_id,
                "date": 1_800_000_000,
                "chat": {"id": chat_id, "type": "private"},
            },
        }
    }


async def test_friend_is_called_declines_and_comes_when_called_again(browsers: Browsers) -> None:
    telegram = BotApi()
    await telegram.start()
    with serving(BOT_TOKEN=TOKEN, TELCALL_TELEGRAM_API_URL=telegram.url, TELCALL_DEV_SIGN_IN="on") as server:
        anna, boris = [
            await Person.arrive(await browsers.of(look), look, server.url, language="en")
            for look in LOOKS[:2]
        ]
        token, boris_id = server.sign_in(boris.look.name)
        telegram.private.add(server.get("/api/me", token)["telegram_user_id"])
        call_id = await anna.create_call()
        await asyncio.gather(anna.enter(call_id), boris.enter(call_id))  # from now on they are friends
        await asyncio.gather(anna.leave(), boris.leave())

        await anna.page.goto(f"{server.url}/call-back/{boris_id}")
        await anna.find("call-back-audio").click()
        await anna.page.wait_for_url("**/call/*")
        await anna.find("join").click()
        ring = anna.find("ring")
        await ring.wait_for()
        assert await ring.get_attribute("data-state") == "ringing"
        assert boris.look.name in await ring.inner_text()
        assert await anna.find("alone").count() == 0
        await until(lambda: len(telegram.messages) == 1)

        [(_, message_id)] = telegram.messages
        telegram.bring(pressed(telegram.sent("sendMessage")[0], message_id))
        await anna.page.wait_for_selector('[data-testid="ring"][data-state="declined"]')
        await until(lambda: len(telegram.sent("editMessageText")) == 1)

        await anna.find("ring-again").click()
        await anna.page.wait_for_selector('[data-testid="ring"][data-state="ringing"]')
        await until(lambda: len(telegram.messages) == 2)
        await boris.enter(anna.page.url.rsplit("/", 1)[1], camera=False)
        await ring.wait_for(state="detached")
        await until(lambda: len(telegram.sent("editMessageText")) == 2)
        assert (anna.problems, boris.problems) == ([], [])
        await asyncio.gather(anna.context.close(), boris.context.close())
    await telegram.stop()
    assert telegram.wrong == []


async def test_call_is_shared_by_telegrams_own_picker(browsers: Browsers) -> None:
    telegram = BotApi()
    await telegram.start()
    with serving(BOT_TOKEN=TOKEN, TELCALL_TELEGRAM_API_URL=telegram.url) as server:
        browser = await browsers.of(LOOKS[0])
        context = await browser.new_context(viewport=PHONE, locale="en-US")
        await context.add_init_script(CLIENT)
        page = await context.new_page()
        page.set_default_timeout(60_000)
        await page.goto(launch_address(server, bot_token=TOKEN))
        await page.get_by_test_id("create-audio").click()
        await page.wait_for_url("**/call-created/*")
        call_id = page.url.rsplit("/", 1)[1].partition("?")[0]
        await page.get_by_test_id("share").click()
        asked = (
            "() => window.telegramHeard.find(([type]) => type === 'web_app_send_prepared_message') ?? null"
        )

        async def has_asked() -> bool:
            return await page.evaluate(asked) is not None

        await eventually(has_asked, "Telegram's picker is asked for")
        prepared = await page.evaluate(asked)
        assert prepared[1]["id"].startswith("prepared")
        result = telegram.sent("savePreparedInlineMessage")[0]["result"]
        button = result["reply_markup"]["inline_keyboard"][0][0]
        assert button["url"] == f"https://t.me/telcall_bot?startapp={call_id}"
        await page.evaluate("() => window.Telegram.WebView.receiveEvent('prepared_message_sent', {})")
        heard = await page.evaluate("() => window.telegramHeard.map(([type]) => type)")
        assert "web_app_open_tg_link" not in heard  # nothing else is opened beside it
        await context.close()
    await telegram.stop()
    assert telegram.wrong == []
