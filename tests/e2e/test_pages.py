"""Every page at phone size in both languages: nothing runs over the edge, no text is missing.

Pictures are left in `.artifacts/screens` to look at.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from tests.e2e.conftest import Browsers
from tests.e2e.fake_media import LOOKS
from tests.e2e.person import LISTENING, PHONE, Person
from tests.e2e.serving import Serving
from tests.e2e.shots import Camera
from tests.e2e.waiting import perceives

pytestmark = [pytest.mark.e2e, pytest.mark.asyncio(loop_scope="session")]

People = Callable[..., Awaitable[list[Person]]]


@pytest.mark.parametrize("language", ["en", "ru"])
async def test_pages_fit_a_phone_in_both_languages(
    language: str, people: People, browsers: Browsers, server: Serving, artifacts: Path
) -> None:
    (anna,) = await people(1, language=language)
    camera = Camera(anna.page, artifacts / "screens" / language)
    go = anna.page.goto
    await anna.context.clear_cookies()
    await go(server.url)
    await anna.find("name-input").wait_for()
    assert await anna.page.locator("html").get_attribute("lang") == language
    await camera.shoot("01-sign-in")
    await anna.sign_in()
    await camera.shoot("02-home")
    call_id = await anna.create_call()
    await camera.shoot("03-call-created")
    await go(f"{server.url}/join-call")
    await camera.shoot("04-join")
    await anna.find("code-input").fill("?!")
    await anna.tap("join-call")
    await camera.shoot("05-join-malformed")
    await go(f"{server.url}/settings")
    await camera.shoot("06-settings")
    await go(f"{server.url}/terms")
    await camera.shoot("07-terms")
    await go(f"{server.url}/nowhere")
    await camera.shoot("08-not-found")
    await anna.prepare(call_id)
    await camera.shoot("10-before-the-call")
    await anna.tap("join")
    await anna.phase("in_call")
    await camera.shoot("11-alone")
    boris, clara, daniel, elena = await people(4)
    await boris.enter(call_id)
    await perceives(anna, boris)
    await camera.shoot("12-two")
    await clara.enter(call_id)
    await perceives(anna, clara)
    await camera.shoot("13-three")
    await daniel.enter(call_id)
    await elena.enter(call_id, camera=False)
    for other in (boris, clara, daniel):
        await perceives(anna, other)
    await anna.tap("mic")
    await camera.shoot("14-five-muted")
    await anna.leave()
    await camera.shoot("15-ended")
    await go(f"{server.url}/call/{'A' * 16}")
    await anna.failure()
    await camera.shoot("16-unknown-call")


@pytest.mark.parametrize("language", ["en", "ru"])
async def test_refused_microphone_is_told_and_listening_goes_on(
    language: str, people: People, browsers: Browsers, server: Serving, artifacts: Path
) -> None:
    (boris,) = await people(1)
    call_id = await boris.create_call()
    await boris.enter(call_id)
    browser = await browsers.of(LOOKS[1])
    context = await browser.new_context(viewport=PHONE, locale=language)
    await context.add_init_script(path=LISTENING)
    await context.add_init_script(
        "navigator.mediaDevices.getUserMedia = async () => {"
        " throw new DOMException('Permission denied', 'NotAllowedError'); }"
    )
    anna = Person(LOOKS[1], context, await context.new_page(), server.url)
    try:
        await anna.sign_in()
        await anna.enter(call_id)
        await anna.find("microphone-refused").wait_for()
        await perceives(anna, boris)
        await Camera(anna.page, artifacts / "screens" / language).shoot("17-microphone-refused")
    finally:
        await context.close()
