"""Two people, one or both with a client of the documented mesh protocol: directly connected."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import pytest

from tests.e2e.mesh_person import MeshPerson
from tests.e2e.person import Person
from tests.e2e.waiting import eventually, perceive_each_other, perceives

pytestmark = [pytest.mark.e2e, pytest.mark.asyncio(loop_scope="session")]

People = Callable[..., Awaitable[list[Person]]]


@pytest.mark.parametrize("documented_first", [False, True])
async def test_documented_client_and_mini_app_hear_and_see_each_other(
    documented_first: bool, people: People
) -> None:
    """Whoever of them has the lower id, which decides who offers, and whoever was there first."""
    kinds: list[type[Person]] = [MeshPerson, Person] if documented_first else [Person, MeshPerson]
    anna, boris = [(await people(1, kind=kind))[0] for kind in kinds]
    assert anna.id < boris.id
    mini_app = boris if documented_first else anna
    for order in ([anna, boris], [boris, anna]):
        call_id = await mini_app.create_call()
        for person in order:
            await person.enter(call_id)
        await perceive_each_other([anna, boris])
        await mini_app.topology("p2p")
        for person in order:
            await person.leave()


@pytest.mark.parametrize("documented_first", [False, True])
async def test_camera_toggles_reach_the_other_side(documented_first: bool, people: People) -> None:
    kinds: list[type[Person]] = [MeshPerson, Person] if documented_first else [Person, MeshPerson]
    anna, boris = [(await people(1, kind=kind))[0] for kind in kinds]
    documented, mini_app = (anna, boris) if documented_first else (boris, anna)
    call_id = await mini_app.create_call()
    await mini_app.enter(call_id)
    await documented.enter(call_id, camera=False)

    async def without_picture() -> bool:
        return await mini_app.hears(documented.id, documented.look) and await mini_app.colour(
            documented.id
        ) in (None, (0, 0, 0))

    await eventually(without_picture, "the documented one is heard, and not seen")
    await perceives(documented, mini_app)
    for _ in range(2):
        await documented.tap("camera")
        await perceives(mini_app, documented)
        await documented.tap("camera")
        await eventually(without_picture, "the camera is off")
    await mini_app.tap("camera")
    await mini_app.tap("camera")
    await perceives(documented, mini_app)
