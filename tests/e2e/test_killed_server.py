"""A server that is killed under a call, and started again as a supervisor does: the call goes on."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence

import pytest

from tests.e2e.person import Person
from tests.e2e.serving import serving
from tests.e2e.waiting import eventually

pytestmark = [pytest.mark.e2e, pytest.mark.asyncio(loop_scope="session")]

People = Callable[..., Awaitable[list[Person]]]


async def all_hear_all(people: Sequence[Person]) -> None:
    for listener in people:
        for other in people:
            if other is not listener:
                await eventually(
                    lambda p=listener, o=other: p.hears(o.id, o.look),  # type: ignore[misc]
                    f"{listener.look.name} hears {other.look.name}",
                )


async def test_four_come_back_into_the_same_call(people: People) -> None:
    with serving() as server:
        everybody = anna, boris, *_ = await people(4, url=server.url)
        call_id = await anna.create_call()
        for person in everybody:
            await person.enter(call_id, camera=False)
        await all_hear_all(everybody)
        addresses = [person.page.url for person in everybody]
        await boris.tap("more")
        await boris.tap("hand")

        server.kill_and_restart()
        for person in everybody:
            await person.phase("reconnecting")
        for person in everybody:
            await person.phase("in_call")
        await all_hear_all(everybody)
        assert [person.page.url for person in everybody] == addresses
        for person in everybody:
            others = [other.id for other in everybody if other is not person]
            await eventually(lambda p=person, o=others: p.sees_tiles_of(o), "the same four")  # type: ignore[misc]
        await anna.find(f"hand-{boris.id}").wait_for()
        token, _ = server.sign_in("Anna")
        assert server.get(f"/api/calls/{call_id}", token)["call_id"] == call_id
        for person in everybody:
            await person.leave()
