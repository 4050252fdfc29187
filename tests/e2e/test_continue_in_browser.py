"""Telegram's client denies the microphone: the call goes on in a browser, by a link that is good once."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.async_api import Page

from tests.e2e.conftest import Browsers
from tests.e2e.fake_media import LOOKS
from tests.e2e.person import LISTENING, Person
from tests.e2e.serving import serving
from tests.e2e.shots import Camera
from tests.e2e.test_friends_page import SMALL_PHONE
from tests.e2e.test_telegram import BOT_TOKEN, CLIENT, launch_address
from tests.e2e.waiting import perceives

pytestmark = [pytest.mark.e2e, pytest.mark.asyncio(loop_scope="session")]

NO_MICROPHONE = (
    "navigator.mediaDevices.getUserMedia = async () => {"
    " throw new DOMException('Permission denied', 'NotAllowedError'); }"
)


async def test_a_call_without_a_microphone_goes_on_in_a_browser(browsers: Browsers, artifacts: Path) -> None:
    with serving(BOT_TOKEN=BOT_TOKEN, TELCALL_DEV_SIGN_IN="on") as server:
        boris = await Person.arrive(await browsers.of(LOOKS[1]), LOOKS[1], server.url)
        call_id = await boris.create_call()
        await boris.enter(call_id)

        browser = await browsers.of(LOOKS[0])
        telegram = await browser.new_context(viewport=SMALL_PHONE, locale="en-US")
        for script in (CLIENT, NO_MICROPHONE):
            await telegram.add_init_script(script)
        page = await telegram.new_page()
        page.set_default_timeout(60_000)
        await page.goto(launch_address(server, call_id))
        await page.get_by_test_id("join").click()
        camera = Camera(page, artifacts / "screens" / "ru")
        await page.get_by_test_id("continue-in-browser").wait_for()
        await camera.shoot("48-microphone-refused-inside")
        await page.get_by_test_id("continue-in-browser").click()
        await page.get_by_test_id("open-browser").wait_for()
        await camera.shoot("49-continue-in-browser")
        await page.get_by_test_id("open-browser").click()
        heard = await page.evaluate("() => window.telegramHeard")
        [address] = [data["url"] for kind, data in heard if kind == "web_app_open_link"]
        assert address == await page.get_by_test_id("browser-link").input_value()
        parts = urlsplit(address)
        assert (parts.path, parts.fragment.partition("=")[0]) == (f"/call/{call_id}", "browser")

        outside = await browser.new_context(viewport=SMALL_PHONE, locale="en-US")
        await outside.add_init_script("localStorage.setItem('telcall.audioProcessing', 'off')")
        await outside.add_init_script(path=LISTENING)
        anna = Person(LOOKS[0], outside, await outside.new_page(), server.url)
        anna.page.set_default_timeout(60_000)
        async with anna.page.expect_response("**/auth/browser") as signed_in:
            await anna.page.goto(address)
        anna.id = (await (await signed_in.value).json())["user"]["id"]
        await anna.find("join").wait_for()
        assert anna.page.url == f"{server.url}/call/{call_id}"
        assert await anna.page.evaluate("() => history.length") <= 2  # the address with the link is not kept
        await anna.find("prejoin-camera").click()
        await anna.tap("join")
        await anna.phase("in_call")
        await perceives(boris, anna)
        # The same person: Telegram's page has given the call up, and offers it back.
        await page.wait_for_selector('[data-failure="replaced"]')

        # A reload is signed in by the cookie; the link itself opens nothing for anybody else.
        await anna.page.reload()
        await anna.find("join").wait_for()
        for language in ("en", "ru"):
            await tells_that_the_link_is_of_no_use(
                await (await browser.new_context(viewport=SMALL_PHONE, locale=language)).new_page(),
                address,
                artifacts / "screens" / language,
            )
        assert anna.problems == []
        for context in (boris.context, telegram, outside):
            await context.close()


async def tells_that_the_link_is_of_no_use(page: Page, address: str, folder: Path) -> None:
    await page.goto(address)
    await page.get_by_test_id("stale-link").wait_for()
    assert "#" not in page.url
    await Camera(page, folder).shoot("50-stale-link")
    await page.context.close()
