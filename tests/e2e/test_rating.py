"""After a call people say how it was."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from tests.e2e.person import Person
from tests.e2e.waiting import perceive_each_other

pytestmark = [pytest.mark.e2e, pytest.mark.asyncio(loop_scope="session")]

People = Callable[..., Awaitable[list[Person]]]
WORTH_RATING_S = 11


@pytest.mark.parametrize("language", ["en", "ru"])
async def test_who_was_not_content_says_why(people: People, language: str, artifacts: Path) -> None:
    anna, boris = await people(2, language=language)
    call_id = await anna.create_call()
    for person in (anna, boris):
        await person.enter(call_id)
    worth_rating = asyncio.create_task(asyncio.sleep(WORTH_RATING_S))
    await perceive_each_other([anna, boris])
    await worth_rating
    await boris.leave()
    await boris.tap("star-2")
    await boris.tap("reason-echo")
    (artifacts / "screens" / language).mkdir(parents=True, exist_ok=True)
    await boris.page.screenshot(path=artifacts / "screens" / language / "21-rating.png")
    async with boris.page.expect_response("**/rating") as sent:
        await boris.tap("send-rating")
    response = await sent.value
    assert response.status == 202
    assert response.request.post_data_json == {"stars": 2, "reasons": ["echo"]}
    await boris.find("rated").wait_for()
