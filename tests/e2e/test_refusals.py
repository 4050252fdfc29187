"""Calls that can't be entered, or are over: what people are told."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import pytest

from tests.e2e.person import Person
from tests.e2e.serving import Serving, serving
from tests.e2e.waiting import perceive_each_other

pytestmark = [pytest.mark.e2e, pytest.mark.asyncio(loop_scope="session")]

People = Callable[..., Awaitable[list[Person]]]
UNKNOWN = "A" * 16


async def test_unknown_call_is_told(people: People) -> None:
    (anna,) = await people(1)
    await anna.page.goto(f"{anna.url}/call/{UNKNOWN}")  # and nobody has to join first
    assert await anna.failure() == "not_found"
    await anna.tap("home")
    await anna.find("create-audio").wait_for()


async def test_unknown_and_malformed_codes_are_told_on_the_join_page(people: People) -> None:
    (anna,) = await people(1)
    await anna.page.goto(f"{anna.url}/join-call")
    texts = []
    for code in ("?!", UNKNOWN):
        await anna.find("code-input").fill(code)
        await anna.tap("join-call")
        texts.append(await anna.page.get_by_role("alert").inner_text())
    assert all(texts)
    assert texts[0] != texts[1]


async def test_call_is_entered_by_its_code_and_by_its_link(people: People) -> None:
    anna, boris = await people(2)
    call_id = await anna.create_call()
    link = await anna.find("call-link").inner_text()
    assert link.endswith(call_id)
    for person, text in ((anna, call_id), (boris, link)):
        await person.page.goto(f"{person.url}/join-call")
        await person.find("code-input").fill(text)
        await person.tap("join-call")
        await person.page.wait_for_url(f"**/call/{call_id}")
        await person.tap("prejoin-camera")
        await person.tap("join")
        await person.phase("in_call")
    await perceive_each_other([anna, boris])


async def test_call_that_its_organizer_ends_is_over_for_all_and_stays_so(
    people: People, server: Serving
) -> None:
    anna, boris = await people(2)
    call_id = await anna.create_call()
    for person in (anna, boris):
        await person.enter(call_id)
    await perceive_each_other([anna, boris])
    token, _ = server.sign_in(anna.look.name)
    assert server.post(f"/api/calls/{call_id}/end", {}, token)["status"] == "ended"
    for person in (anna, boris):
        await person.phase("ended")
    await boris.page.goto(f"{boris.url}/call/{call_id}")
    assert await boris.failure() == "ended"


async def test_full_call_is_told_and_a_freed_place_can_be_taken(people: People) -> None:
    with serving(MAX_PARTICIPANTS_PER_CALL="2") as small:
        anna, boris, clara = await people(3, url=small.url)
        call_id = await anna.create_call()
        for person in (anna, boris):
            await person.enter(call_id)
        await perceive_each_other([anna, boris])
        await clara.prepare(call_id)
        await clara.tap("join")
        assert await clara.failure() == "room_full"
        await perceive_each_other([anna, boris])
        await boris.leave()
        await clara.tap("retry")
        await clara.phase("in_call")
        await perceive_each_other([anna, clara])
        for person in (anna, clara):
            await person.leave()
