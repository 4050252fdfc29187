"""A shared screen, with its sound, beside its owner's camera and voice; its owner is told."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import pytest

from tests.e2e.person import Person
from tests.e2e.screens import FAKE_SCREEN, SCREEN, gets_screen, switch_screen
from tests.e2e.waiting import eventually, perceive_each_other, perceives

pytestmark = [pytest.mark.e2e, pytest.mark.asyncio(loop_scope="session")]

People = Callable[..., Awaitable[list[Person]]]


@pytest.mark.parametrize("count", [2, 3])
async def test_screen_is_seen_and_heard_beside_its_owner_and_goes_away(count: int, people: People) -> None:
    everybody = await people(count)
    anna, *others = everybody
    call_id = await anna.create_call()
    for person in everybody:
        await person.enter(call_id)
    await perceive_each_other(everybody)
    await anna.page.evaluate(FAKE_SCREEN, [SCREEN.rgb, SCREEN.hz])
    for turn in (1, 2):
        await switch_screen(anna)
        for other in others:
            await eventually(
                lambda o=other: gets_screen(o, anna),  # type: ignore[misc]
                f"{other.look.name} sees and hears the screen, turn {turn}",
            )
            await perceives(other, anna)
        await perceive_each_other(everybody)
        assert [await person.find("sharing").count() for person in everybody] == [1, *(0 for _ in others)]
        await (switch_screen(anna) if turn == 1 else anna.tap("stop-sharing"))
        await anna.find("sharing").wait_for(state="detached")
        for other in others:
            await other.find(f"tile-{anna.id}-screen").wait_for(state="detached")
        await perceive_each_other(everybody)
    if count == 2:
        for person in everybody:
            await person.topology("p2p")
