"""Friends: who was in a call with one is found, marked, called, deleted and blocked."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from tests.e2e.acquaintance import meet
from tests.e2e.conftest import Browsers
from tests.e2e.fake_media import LOOKS
from tests.e2e.person import Person
from tests.e2e.serving import Serving, serving
from tests.e2e.shots import Camera
from tests.e2e.waiting import eventually

pytestmark = [pytest.mark.e2e, pytest.mark.asyncio(loop_scope="session")]

People = Callable[..., Awaitable[list[Person]]]

SMALL_PHONE = {"width": 375, "height": 667}
WORDS = {
    "en": {"two": "2 friends", "found": "Found: 1", "block": "Block"},
    "ru": {"two": "2 друга", "found": "Найдено: 1", "block": "Заблокировать"},
}
GUESTS = 55
NAMES = ["Boris Petrov", "Анна-Мария Константинопольская-Преображенская", "Clara"]


async def names(person: Person) -> list[str]:
    found = await person.page.evaluate(
        """() => [...document.querySelectorAll('[data-testid^="friend-menu-"]')]
          .map((row) => row.querySelector(".truncate").innerText)"""
    )
    return [str(name) for name in found]


async def id_of(server: Serving, name: str) -> int:
    return (await asyncio.to_thread(server.sign_in, name))[1]


@pytest.mark.parametrize("language", ["en", "ru"])
async def test_friends_are_found_marked_deleted_and_blocked(
    language: str, browsers: Browsers, artifacts: Path
) -> None:
    words = WORDS[language]
    with serving() as server:
        look = LOOKS[0]
        anna = await Person.arrive(await browsers.of(look), look, server.url, language=language)
        page, find, tap = anna.page, anna.find, anna.tap
        camera = Camera(page, artifacts / "screens" / language)
        await page.set_viewport_size(SMALL_PHONE)
        await camera.shoot("30-home-small", whole=True)

        await tap("to-friends")
        await find("start-a-call").wait_for()
        await camera.shoot("31-friends-nobody")
        await meet(server, look.name, NAMES)
        boris, maria, clara = [await id_of(server, name) for name in NAMES]
        await page.reload()
        await find(f"friend-{boris}").wait_for()
        await camera.shoot("32-friends", whole=True)

        await tap(f"star-{clara}")
        await page.wait_for_selector(f'[data-testid="star-{clara}"][aria-pressed="true"]')
        await tap("only-favourites")
        await eventually(lambda: shows(anna, ["Clara"]), "favourites alone are shown")
        await tap("everybody")
        await eventually(lambda: shows(anna, NAMES), "all are shown again")

        # As Cyrillic is typed, in whatever case, and a part of a name.
        await find("search").fill("константин")
        await eventually(lambda: shows(anna, [NAMES[1]]), "Maria is found")
        assert await find("total").inner_text() == words["found"]
        await find("search").fill("%")
        await find("empty").wait_for()
        await camera.shoot("33-friends-not-found")
        await tap("clear-search")
        await find(f"friend-{boris}").wait_for()
        assert await page.evaluate("() => document.activeElement.dataset.testid") == "search"

        # By the keyboard: a friend's sheet opens, traps the focus, and gives it back.
        await find(f"friend-menu-{boris}").focus()
        await page.keyboard.press("Enter")
        await find("friend-sheet").wait_for()
        await camera.shoot("34-friend-sheet")
        assert await page.evaluate("() => document.activeElement.closest('dialog') !== null")
        await page.keyboard.press("Escape")
        await find("friend-sheet").wait_for(state="detached")
        assert await page.evaluate("() => document.activeElement.dataset.testid") == f"friend-menu-{boris}"

        await tap(f"friend-menu-{boris}")
        await tap("do-block")
        await page.get_by_role("dialog").get_by_text(words["block"]).first.wait_for()
        await camera.shoot("35-block-question")
        await tap("confirm-yes")
        await find(f"friend-{boris}").wait_for(state="detached")
        assert await find("total").inner_text() == words["two"]
        await tap("blocked-link")
        await find(f"unblock-{boris}").wait_for()
        await camera.shoot("36-blocked")
        await tap(f"unblock-{boris}")
        await find("empty").wait_for()
        await page.go_back()
        await find(f"friend-{boris}").wait_for()

        await tap("select")
        await page.locator("label", has=find(f"choose-{maria}")).click()
        await find(f"choose-{clara}").focus()
        await page.keyboard.press("Space")
        await page.emulate_media(color_scheme="dark")
        await camera.shoot("37-friends-chosen-dark")
        await tap("delete-chosen")
        await find("confirm-yes").wait_for()
        await camera.shoot("38-delete-question-dark")
        await tap("confirm-yes")
        await eventually(lambda: shows(anna, ["Boris Petrov"]), "the two are gone")
        token, _ = server.sign_in(look.name)
        assert [friend["id"] for friend in server.get("/api/friends", token)["friends"]] == [boris]
        assert anna.problems == []
        await anna.context.close()


async def shows(person: Person, wanted: list[str]) -> bool:
    return sorted(await names(person)) == sorted(wanted)


async def test_many_friends_come_page_by_page_and_who_is_called_gets_a_call(
    server: Serving, people: People
) -> None:
    (anna,) = await people(1)
    everybody = [f"Guest {number:02}" for number in range(GUESTS)]
    await meet(server, anna.look.name, everybody)
    await anna.page.goto(f"{server.url}/friends")
    await anna.find("more-rows").wait_for()
    assert await anna.find("total").inner_text() == f"{GUESTS} friends"
    assert len(await names(anna)) == 50
    await anna.tap("more-rows")
    await anna.find("more-rows").wait_for(state="detached")
    assert sorted(await names(anna)) == everybody

    guest = await id_of(server, everybody[7])
    await anna.tap(f"friend-menu-{guest}")
    async with anna.page.expect_response("**/api/calls/friend") as called:
        await anna.tap("do-video")
    answer = await called.value
    assert answer.request.post_data_json == {"friend_id": guest, "is_video_enabled": True}
    call_id = (await answer.json())["call_id"]
    await anna.page.wait_for_url(f"**/call/{call_id}")
    assert await anna.find("prejoin-camera").get_attribute("aria-pressed") == "true"


@pytest.mark.parametrize("language", ["en", "ru"])
async def test_what_the_server_refuses_and_a_lost_network_are_told_in_words(
    language: str, browsers: Browsers, artifacts: Path
) -> None:
    with serving(TELCALL_RATE_ALL="20") as server:
        look = LOOKS[0]
        anna = await Person.arrive(await browsers.of(look), look, server.url, language=language)
        camera = Camera(anna.page, artifacts / "screens" / language)
        await anna.page.set_viewport_size(SMALL_PHONE)

        await anna.context.set_offline(True)
        await anna.tap("to-friends")
        trouble = anna.find("trouble")
        await trouble.wait_for()
        assert await trouble.get_attribute("data-code") == "network"
        await camera.shoot("39-friends-offline")
        await anna.context.set_offline(False)
        await anna.tap("retry")
        await anna.find("empty").wait_for()

        for _ in range(25):
            await anna.page.evaluate("() => fetch('/api/friends')")
        await anna.tap("only-favourites")
        await trouble.wait_for()
        assert await trouble.get_attribute("data-code") == "rate_limited"
        assert await anna.find("retry").is_disabled()
        assert any(digit.isdigit() for digit in await anna.find("retry").inner_text())
        await camera.shoot("40-friends-too-often")
        await anna.context.close()
