"""Calls in which some speak telcall.v2 and others the documented mesh protocol."""

from __future__ import annotations

import pytest

from tests.e2e.gatherings import (
    People,
    all_perceive_all,
    each_uploads_once,
    new_call,
    of_kinds,
    one_after_another,
)
from tests.e2e.mesh_person import MeshPerson
from tests.e2e.person import Person
from tests.e2e.waiting import eventually, perceives

pytestmark = [pytest.mark.e2e, pytest.mark.asyncio(loop_scope="session")]


async def in_sfu(everybody: list[Person]) -> None:
    for person in everybody:
        if not isinstance(person, MeshPerson):
            await person.topology("sfu")


@pytest.mark.parametrize("kinds", ["mmv", "vvm", "mvmv"])
async def test_all_hear_and_see_all(kinds: str, people: People) -> None:
    """The first two are connected directly until the third comes."""
    everybody = await of_kinds(people, kinds)
    call_id = await one_after_another(everybody[:2])
    await all_perceive_all(everybody[:2])
    await one_after_another(everybody[2:], call_id)
    await all_perceive_all(everybody)
    await in_sfu(everybody)
    await each_uploads_once(everybody)


async def test_all_hear_and_see_all_in_the_other_order_of_ids(people: People) -> None:
    everybody = list(reversed(await of_kinds(people, "mvm")))
    await one_after_another(everybody)
    await all_perceive_all(everybody)
    await in_sfu(everybody)


async def test_cameras_and_microphones_of_both_kinds_go_off_and_on(people: People) -> None:
    everybody = mesh, ours, third = await of_kinds(people, "mvm")
    await one_after_another(everybody)
    await all_perceive_all(everybody)
    for one, other in ((mesh, ours), (ours, mesh), (ours, third)):
        await one.tap("camera")

        async def unseen(one: Person = one, other: Person = other) -> bool:
            return not await other.sees(one.id, one.look)

        await eventually(unseen, f"{one.look.name}'s camera is off for {other.look.name}")
        await one.tap("mic")
        await eventually(lambda o=one, p=other: p.hears_nothing_of(o.id), "the muted one is silent")  # type: ignore[misc]
        await one.tap("mic")
        await one.tap("camera")
        await perceives(other, one)
    await all_perceive_all(everybody)


async def test_two_are_left_of_three(people: People) -> None:
    """One of them with a mesh client: they stay where they are."""
    mesh, ours, third = everybody = await of_kinds(people, "mvv")
    await one_after_another(everybody)
    await all_perceive_all(everybody)
    await third.leave()
    await all_perceive_all([mesh, ours])
    await each_uploads_once([mesh, ours])


@pytest.mark.parametrize("kinds", ["vm", "mv"])
async def test_one_takes_over_in_another_tab(kinds: str, people: People) -> None:
    """Two people, directly connected: the other one begins anew with the tab that is there now."""
    pair = await of_kinds(people, kinds)
    mesh = next(person for person in pair if isinstance(person, MeshPerson))
    call_id = await one_after_another(pair)
    await all_perceive_all(pair)
    await mesh.continue_in_another_tab(call_id)
    await all_perceive_all(pair)


async def test_a_pair_that_finds_no_direct_way_goes_through_the_server(people: People) -> None:
    pair = await of_kinds(people, "mv")
    for person in pair:
        await person.without_a_direct_way()
    call_id = await new_call(pair[0])
    for person in pair:
        await person.enter(call_id, camera=not isinstance(person, MeshPerson))
    await in_sfu(pair)
    for person in pair:
        if isinstance(person, MeshPerson):
            await person.settled()
            await person.switch_camera()
    await all_perceive_all(pair)
