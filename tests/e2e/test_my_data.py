"""The settings: the bot's language, all that is stored of a person, and its end."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Page

from tests.e2e.acquaintance import meet
from tests.e2e.conftest import Browsers
from tests.e2e.fake_media import LOOKS
from tests.e2e.person import PHONE, Person
from tests.e2e.serving import serving
from tests.e2e.shots import Camera
from tests.e2e.test_friends_page import SMALL_PHONE
from tests.e2e.test_telegram import BOT_TOKEN, CLIENT, launch_address

pytestmark = [pytest.mark.e2e, pytest.mark.asyncio(loop_scope="session")]


async def downloaded(page: Page) -> Any:
    async with page.expect_download() as saved:
        await page.get_by_test_id("export").click()
    download = await saved.value
    assert download.suggested_filename == "telcall-export.json"
    file = Path(await download.path())
    return json.loads(await asyncio.to_thread(file.read_text))


@pytest.mark.parametrize(("language", "other"), [("en", "Русский"), ("ru", "English")])
async def test_language_export_and_the_end_of_an_account(
    language: str, other: str, browsers: Browsers, artifacts: Path
) -> None:
    with serving() as server:
        look = LOOKS[0]
        anna = await Person.arrive(await browsers.of(look), look, server.url, language=language)
        page, find, tap = anna.page, anna.find, anna.tap
        camera = Camera(page, artifacts / "screens" / language)
        await page.set_viewport_size(SMALL_PHONE)
        await meet(server, look.name, ["Boris"])
        await page.goto(f"{server.url}/settings")
        await find("export").wait_for()
        await camera.shoot("44-settings", whole=True)

        async with page.expect_response("**/api/me") as told:
            await page.get_by_text(other, exact=True).click()
        chosen = "ru" if language == "en" else "en"
        assert (await told.value).request.post_data_json == {"language_code": chosen}
        assert (await (await told.value).json())["language_code"] == chosen
        assert await page.locator("html").get_attribute("lang") == chosen
        async with page.expect_response("**/api/me") as told:
            await page.get_by_role("radio").first.check(force=True)
        assert (await told.value).request.post_data_json == {"language_code": None}
        await page.wait_for_selector(f'html[lang="{language}"]')

        exported = await downloaded(page)
        assert [row["id"] for row in exported["users"]] == [anna.id]
        assert len(exported["friend_links"]) >= 1

        await tap("delete-me")
        await find("delete-sheet").wait_for()
        assert await find("delete-for-good").is_disabled()
        await camera.shoot("45-delete-everything")
        await find("delete-sure").check()
        await tap("delete-for-good")
        await find("deleted").wait_for()
        await camera.shoot("46-deleted")
        boris, _ = server.sign_in("Boris")
        assert server.get("/api/friends", boris)["total"] == 0
        await page.goto(f"{server.url}/friends")
        await find("name-input").wait_for()  # nobody is signed in
        assert anna.problems == []
        await anna.context.close()


async def test_signing_out_ends_the_sign_in_of_this_device(browsers: Browsers) -> None:
    with serving() as server:
        look = LOOKS[0]
        anna = await Person.arrive(await browsers.of(look), look, server.url)
        await anna.page.goto(f"{server.url}/settings")
        await anna.tap("sign-out")
        await anna.find("signed-out").wait_for()
        assert await anna.find("export").count() == 0
        await anna.tap("start-anew")
        await anna.find("name-input").wait_for()
        assert not [cookie for cookie in await anna.context.cookies() if cookie["name"] == "access_token"]
        await anna.context.close()


async def test_inside_telegram_the_file_comes_by_a_browser(browsers: Browsers, artifacts: Path) -> None:
    """Telegram's clients save no files: the settings go on in a browser, signed in, and there it is."""
    with serving(BOT_TOKEN=BOT_TOKEN) as server:
        browser = await browsers.of(LOOKS[0])
        telegram = await browser.new_context(viewport=PHONE, locale="en-US")
        await telegram.add_init_script(CLIENT)
        page = await telegram.new_page()
        await page.goto(launch_address(server))
        await page.get_by_test_id("create-audio").wait_for()
        await page.get_by_role("link", name="Настройки").click()
        await page.get_by_test_id("export").click()
        await page.get_by_test_id("open-browser").wait_for()
        await Camera(page, artifacts / "screens" / "ru").shoot("47-export-inside-telegram")
        await page.get_by_test_id("open-browser").click()
        heard = await page.evaluate("() => window.telegramHeard")
        [address] = [data["url"] for kind, data in heard if kind == "web_app_open_link"]
        await telegram.close()

        outside = await browser.new_context(viewport=PHONE, locale="en-US")
        page = await outside.new_page()
        await page.goto(address)
        exported = await downloaded(page)
        assert exported["users"][0]["first_name"] == "Анна"
        assert page.url == f"{server.url}/settings"
        await outside.close()
