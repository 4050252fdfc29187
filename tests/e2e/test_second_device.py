"""The same person comes with another device: it takes the call over, and the others notice nothing."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import pytest

from tests.e2e.conftest import Browsers
from tests.e2e.person import Person
from tests.e2e.waiting import eventually, perceive_each_other

pytestmark = [pytest.mark.e2e, pytest.mark.asyncio(loop_scope="session")]

People = Callable[..., Awaitable[list[Person]]]


async def test_another_device_takes_over_in_a_group_call(people: People, browsers: Browsers) -> None:
    everybody = anna, boris, clara = await people(3)
    call_id = await anna.create_call()
    for person in everybody:
        await person.enter(call_id)
    await perceive_each_other(everybody)
    for other in (anna, clara):
        await other.watch_for_leaving(boris.id)

    tablet = await Person.arrive(await browsers.of(boris.look), boris.look, boris.url)
    try:
        assert tablet.id == boris.id
        await tablet.enter(call_id)
        await boris.page.wait_for_selector('[data-failure="replaced"]')
        await perceive_each_other([anna, tablet, clara])
        for other in (anna, clara):
            assert await other.times_gone() == 0

        await boris.tap("retry")
        await tablet.page.wait_for_selector('[data-failure="replaced"]')
        await eventually(lambda: boris.sees_tiles_of([anna.id, clara.id]), "Boris is back on the first one")
        await perceive_each_other(everybody)
    finally:
        await tablet.context.close()
