"""A picture that nobody is shown is not encoded, and is there again as soon as somebody looks."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import pytest

from tests.e2e.gatherings import ONE_OF_EACH, all_perceive_all, one_after_another
from tests.e2e.person import Person
from tests.e2e.waiting import eventually

pytestmark = [pytest.mark.e2e, pytest.mark.asyncio(loop_scope="session")]

People = Callable[..., Awaitable[list[Person]]]


async def turn_page(person: Person, visibility: str) -> None:
    """As when the app is put away, or comes back: headless pages are always in front."""
    await person.page.evaluate(
        """(visibility) => {
            Object.defineProperty(document, "visibilityState", { value: visibility, configurable: true });
            document.dispatchEvent(new Event("visibilitychange"));
        }""",
        visibility,
    )


async def test_camera_rests_while_the_others_have_put_their_app_away(people: People) -> None:
    anna, boris, clara = everybody = await people(3)
    await one_after_another(everybody)
    await all_perceive_all(everybody)

    async def sends(streams: dict[str, int]) -> bool:
        return await anna.sends() == streams

    for person in (boris, clara):
        await turn_page(person, "hidden")
    await eventually(lambda: sends({"audio": 1, "video": 0}), "Anna's camera is not encoded any more", 15)
    assert await anna.sees(boris.id, boris.look), "whoever looks is still shown the others"
    assert await boris.hears(anna.id, anna.look)

    await turn_page(clara, "visible")
    await eventually(lambda: clara.sees(anna.id, anna.look), "Clara sees Anna again", 10)
    assert await anna.sends() == ONE_OF_EACH
    await turn_page(boris, "visible")
    await all_perceive_all(everybody)
