"""A mesh client in Firefox among others in Chromium: other descriptions, other DTLS, other decoders."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from tests.e2e.fake_media import LOOKS
from tests.e2e.firefox_person import firefox_person
from tests.e2e.gatherings import documented, each_uploads_once, new_call
from tests.e2e.mesh_person import MeshPerson
from tests.e2e.person import Person
from tests.e2e.serving import Serving
from tests.e2e.waiting import eventually, perceive_each_other, perceives

pytestmark = [pytest.mark.e2e, pytest.mark.asyncio(loop_scope="session")]

People = Callable[..., Awaitable[list[Person]]]


async def shows_moving_colours(viewer: Person, other: Person) -> None:
    """Firefox's fake camera goes through colours: what is shown is not what was shown before."""
    first: list[tuple[int, int, int]] = []

    async def has_changed() -> bool:
        colour = await viewer.colour(other.id)
        if colour is None:
            return False
        first.append(colour)
        return max(abs(a - b) for a, b in zip(colour, first[0], strict=True)) > 30

    await eventually(has_changed, f"{viewer.look.name} sees {other.look.name}'s changing picture")


async def test_firefox_in_a_group_of_three(people: People, server: Serving) -> None:
    """It comes second, and its camera goes off and on."""
    anna, boris = await documented(people, 2)
    call_id = await new_call(anna)
    async with firefox_person(LOOKS[2], server.url) as clara:
        for person in (anna, clara, boris):
            await person.enter(call_id)
        await all_perceive(anna, boris, clara)
        await each_uploads_once([anna, boris, clara])
        await clara.switch_camera()
        await asyncio.sleep(1)
        await clara.switch_camera()
        await all_perceive(anna, boris, clara)


async def all_perceive(anna: MeshPerson, boris: MeshPerson, clara: MeshPerson) -> None:
    await perceive_each_other([anna, boris])
    for person in (anna, boris):
        await perceives(clara, person)
        await eventually(lambda p=person: p.hears(clara.id, clara.look), "Firefox is heard")  # type: ignore[misc]
        await shows_moving_colours(person, clara)
