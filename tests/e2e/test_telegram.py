"""Inside Telegram: its client's own signature, start parameter, language, theme and back button.

Telegram's client is what the page's environment holds of it: launch parameters in the address, a proxy that
takes events, and events that come back (core.telegram.org/api/web-events).
"""

from __future__ import annotations

import hashlib
import hmac
import json
import time
from urllib.parse import quote, urlencode

import pytest

from tests.e2e.conftest import Browsers
from tests.e2e.fake_media import LOOKS
from tests.e2e.person import PHONE
from tests.e2e.serving import Serving, serving

pytestmark = [pytest.mark.e2e, pytest.mark.asyncio(loop_scope="session")]

BOT_TOKEN = "123456:AAtest-token-of-no-bot-at-all-000000"
CLIENT = """
  window.telegramHeard = [];
  window.TelegramWebviewProxy = {
    postEvent: (type, data) => window.telegramHeard.push([type, JSON.parse(data || 'null')]),
  };
"""
THEME = {
    "bg_color": "#17212b",
    "text_color": "#f5f5f5",
    "button_color": "#5288c1",
    "button_text_color": "#ffffff",
    "secondary_bg_color": "#232e3c",
    "hint_color": "#708499",
    "link_color": "#6ab3f3",
}


def init_data(
    start_param: str | None,
    first_name: str = "Анна",
    user_id: int = 279_058_397,
    bot_token: str = BOT_TOKEN,
) -> str:
    """Signed as Telegram signs it (core.telegram.org/bots/webapps, 'Validating data')."""
    user = {"id": user_id, "first_name": first_name, "username": "anna_test", "language_code": "ru"}
    fields = {"auth_date": str(int(time.time())), "query_id": "AAHdF6IQ", "user": json.dumps(user)}
    if start_param:
        fields["start_param"] = start_param
    secret = hmac.digest(b"WebAppData", bot_token.encode(), "sha256")
    checked = "\n".join(f"{key}={fields[key]}" for key in sorted(fields))
    fields["hash"] = hmac.new(secret, checked.encode(), hashlib.sha256).hexdigest()
    return urlencode(fields)


def launch_address(server: Serving, start_param: str | None = None, **data: object) -> str:
    parameters = {
        "tgWebAppData": init_data(start_param, **data),  # type: ignore[arg-type]
        "tgWebAppVersion": "8.0",
        "tgWebAppPlatform": "android",
        "tgWebAppThemeParams": json.dumps(THEME),
    }
    if start_param:
        parameters["tgWebAppStartParam"] = start_param
    return server.url + "/#" + urlencode(parameters, quote_via=quote)


async def test_a_launch_by_link_signs_in_and_leads_to_its_call(browsers: Browsers) -> None:
    with serving(BOT_TOKEN=BOT_TOKEN, BOT_USERNAME="some_test_bot") as server:
        browser = await browsers.of(LOOKS[0])
        context = await browser.new_context(viewport=PHONE, locale="en-US")
        await context.add_init_script(CLIENT)
        page = await context.new_page()
        page.set_default_timeout(60_000)

        signed_in = server.post("/auth/telegram", {"initData": init_data(None, "Boris", 5_000)})
        call = server.post("/api/calls", {"title": None}, signed_in["access_token"])
        assert call["join_url"] == f"https://t.me/some_test_bot?startapp={call['call_id']}"

        await page.goto(launch_address(server, call["call_id"]))
        await page.wait_for_url(f"**/call/{call['call_id']}*")
        join = page.get_by_test_id("join")
        await join.wait_for()
        assert await join.inner_text() == "Войти"  # Telegram's language, not the browser's
        assert await page.locator("html").get_attribute("data-theme") == "dark"
        background = await page.evaluate(
            "() => getComputedStyle(document.documentElement).getPropertyValue('--tg-theme-bg-color')"
        )
        assert background.strip() == THEME["bg_color"]

        heard = await page.evaluate("() => window.telegramHeard")
        assert ["web_app_ready", None] in heard
        assert ["web_app_setup_back_button", {"is_visible": True}] in heard

        await join.click()
        await page.wait_for_selector('[data-testid="call-phase"][data-phase="in_call"]')
        heard = await page.evaluate("() => window.telegramHeard")
        assert ["web_app_setup_closing_behavior", {"need_confirmation": True}] in heard

        # The back button closes what lies on top, then asks before it leaves the call.
        press_back = "() => window.Telegram.WebView.receiveEvent('back_button_pressed', null)"
        await page.get_by_test_id("more").click()
        await page.get_by_test_id("more-sheet").wait_for()
        await page.evaluate(press_back)
        await page.get_by_test_id("more-sheet").wait_for(state="detached")
        assert await page.get_by_role("button", name="Остаться").count() == 0
        await page.evaluate(press_back)
        await page.get_by_role("button", name="Остаться").click()
        await page.get_by_test_id("leave").click()
        await page.wait_for_url("**/call-ended")

        # A reload of the launch does not enter the call again.
        await page.goto(launch_address(server, call["call_id"]))
        await page.get_by_test_id("create-audio").wait_for()
        await context.close()


async def test_data_that_telegram_did_not_sign_is_told_and_leads_nowhere(browsers: Browsers) -> None:
    with serving(BOT_TOKEN="654321:AAanother-token-of-no-bot-0000000000") as server:
        browser = await browsers.of(LOOKS[0])
        context = await browser.new_context(viewport=PHONE, locale="en-US")
        await context.add_init_script(CLIENT)
        page = await context.new_page()
        page.set_default_timeout(60_000)
        await page.goto(launch_address(server))
        await page.get_by_text("Telegram").first.wait_for()
        await page.get_by_role("button", name="Повторить").wait_for()
        assert await page.get_by_test_id("name-input").count() == 0  # no dev sign-in beside a bot
        await context.close()
