"""One's own calls: with whom, how long, which were missed; one that is still open is entered from here."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.e2e.acquaintance import meet
from tests.e2e.conftest import Browsers
from tests.e2e.fake_media import LOOKS
from tests.e2e.person import Person
from tests.e2e.serving import serving
from tests.e2e.shots import Camera
from tests.e2e.test_friends_page import SMALL_PHONE

pytestmark = [pytest.mark.e2e, pytest.mark.asyncio(loop_scope="session")]

WORDS = {
    "en": {"today": "Today", "open": "still open", "group": "and 1 more"},
    "ru": {"today": "Сегодня", "open": "ещё открыт", "group": "ещё 1"},
}
PAGE = 20


@pytest.mark.parametrize("language", ["en", "ru"])
async def test_own_calls_are_listed_entered_and_made_again(
    language: str, browsers: Browsers, artifacts: Path
) -> None:
    words = WORDS[language]
    with serving() as server:
        look = LOOKS[0]
        anna = await Person.arrive(await browsers.of(look), look, server.url, language=language)
        page, find = anna.page, anna.find
        camera = Camera(page, artifacts / "screens" / language)
        await page.set_viewport_size(SMALL_PHONE)
        await anna.tap("to-history")
        await find("empty").wait_for()
        await camera.shoot("41-history-nothing")

        [group] = await meet(server, look.name, ["Борис Петров", "Clara", "Daniel", "Elena"], video=True)
        [pair] = await meet(server, look.name, ["Борис Петров"])
        running = await anna.create_call()
        await anna.enter(running)
        await anna.leave()
        await page.goto(f"{server.url}/history")
        await find(f"past-{running}").wait_for()
        assert await page.get_by_role("heading", name=words["today"]).count() == 1
        assert words["group"] in await find(f"past-{group}").inner_text()
        assert await find(f"again-{group}").count() == 0
        assert "Борис Петров" in await find(f"past-{pair}").inner_text()
        assert words["open"] in await find(f"past-{running}").inner_text()
        assert await find("no-more").count() == 1
        await camera.shoot("42-history", whole=True)
        await page.emulate_media(color_scheme="dark")
        await camera.shoot("43-history-dark")

        await anna.tap(f"link-{running}")
        await page.wait_for_url(f"**/call-created/{running}")
        await page.go_back()
        await anna.tap(f"return-{running}")
        await page.wait_for_url(f"**/call/{running}")
        await page.go_back()

        await anna.tap(f"again-{pair}")
        await find("join").wait_for()
        assert "Борис Петров" in await page.get_by_role("heading").inner_text()
        await camera.shoot("58-call-to-a-friend")
        called = page.url.rsplit("/", 1)[1]
        token, _ = server.sign_in("Борис Петров")
        assert called not in (running, pair, group)
        newest = server.get("/api/calls", token)["calls"][0]
        assert (newest["call_id"], newest["is_missed"]) == (called, True)
        assert anna.problems == []
        await anna.context.close()


async def test_an_older_call_comes_with_the_next_page(browsers: Browsers) -> None:
    with serving() as server:
        look = LOOKS[0]
        anna = await Person.arrive(await browsers.of(look), look, server.url)
        [oldest] = await meet(server, look.name, ["Boris"])
        for number in range(PAGE):
            await meet(server, look.name, [f"Guest {number}"])
        await anna.tap("to-history")
        await anna.find("more-rows").wait_for()
        assert await anna.find(f"past-{oldest}").count() == 0
        await anna.tap("more-rows")
        await anna.find(f"past-{oldest}").wait_for()
        await anna.find("no-more").wait_for()
        assert await anna.page.locator('[data-testid^="past-"]').count() == PAGE + 1
        await anna.context.close()
