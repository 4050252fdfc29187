"""The participant in Python in calls with the Mini App: both sides decode what the other one sends."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass

import pytest
import pytest_asyncio

from signaling.messages import Protocol
from telcall.client.measure import loudest, mean_colour
from telcall.client.media import Colour, Tone
from telcall.client.participant import Participant
from telcall.client.rest import Rest
from tests.e2e.fake_media import HEIGHT, LOOKS, WIDTH, Look
from tests.e2e.mesh_person import MeshPerson
from tests.e2e.person import COLOUR_TOLERANCE, Person
from tests.e2e.serving import Serving
from tests.e2e.waiting import eventually, perceive_each_other

pytestmark = [pytest.mark.e2e, pytest.mark.asyncio(loop_scope="session")]

People = Callable[..., Awaitable[list[Person]]]
ROBOT = Look("Robot", 1370, (40, 190, 190))


@dataclass
class Robot:
    """A Python participant with the look of `ROBOT`."""

    participant: Participant

    def perceives(self, person: Person) -> bool:
        tones = [look.hz for look in LOOKS]
        if loudest(self.participant.heard(person.id, 0.2), tones) != person.look.hz:
            return False
        picture = self.participant.seen(person.id)
        return picture is not None and all(
            abs(a - b) <= COLOUR_TOLERANCE for a, b in zip(mean_colour(picture), person.look.rgb, strict=True)
        )


@pytest_asyncio.fixture(loop_scope="session")
async def join(server: Serving) -> AsyncIterator[Callable[..., Awaitable[Robot]]]:
    """`await join(call_id, "documented")` -> a Robot, who leaves at the end."""
    async with AsyncExitStack() as stack:

        async def join(call_id: str, protocol: Protocol = "telcall.v2") -> Robot:
            rest = await stack.enter_async_context(Rest(server.url))
            token = (await rest.sign_in_as(ROBOT.name)).token
            return Robot(
                await stack.enter_async_context(
                    Participant.join(
                        server.url,
                        call_id,
                        token,
                        protocol=protocol,
                        microphone=Tone(ROBOT.hz),
                        camera=Colour(ROBOT.rgb, width=WIDTH, height=HEIGHT, frame_rate=10),
                        seats=3,
                    )
                )
            )

        yield join


async def know_each_other(robot: Robot, person: Person) -> None:
    async def both() -> bool:
        robot_id = robot.participant.user_id
        if not robot.perceives(person):
            return False
        levels = await person.levels(robot_id, [ROBOT.hz, *(look.hz for look in LOOKS)])
        hears = levels is not None and levels.pop(ROBOT.hz) > max(-55, 25 + max(levels.values()))
        return hears and await person.sees(robot_id, ROBOT)

    await eventually(both, f"{person.look.name} and the Python participant hear and see each other")


@pytest.mark.parametrize("protocol", ["telcall.v2", "documented"])
@pytest.mark.parametrize("person_first", [True, False])
async def test_directly_with_the_mini_app(
    protocol: Protocol, person_first: bool, people: People, join: Callable[..., Awaitable[Robot]]
) -> None:
    (anna,) = await people(1)
    call_id = await anna.create_call()
    if person_first:
        await anna.enter(call_id)
    robot = await join(call_id, protocol)
    if not person_first:
        await anna.enter(call_id)
    await know_each_other(robot, anna)
    await anna.topology("p2p")
    assert robot.participant.topology == "p2p"


async def test_through_the_server_with_two_mini_apps(
    people: People, join: Callable[..., Awaitable[Robot]]
) -> None:
    anna, boris = await people(2)
    call_id = await anna.create_call()
    await anna.enter(call_id)
    robot = await join(call_id)
    await know_each_other(robot, anna)  # directly, before the third comes
    await boris.enter(call_id)
    await perceive_each_other([anna, boris])
    for person in (anna, boris):
        await know_each_other(robot, person)
        await person.topology("sfu")
    await anna.leave()
    await boris.topology("p2p")
    await know_each_other(robot, boris)


@pytest.mark.parametrize("protocol", ["telcall.v2", "documented"])
async def test_with_a_mesh_client_and_a_mini_app(
    protocol: Protocol, people: People, join: Callable[..., Awaitable[Robot]]
) -> None:
    anna, boris = [(await people(1, kind=kind))[0] for kind in (MeshPerson, Person)]
    call_id = await boris.create_call()
    await anna.enter(call_id)
    robot = await join(call_id, protocol)
    await know_each_other(robot, anna)  # directly, before the third comes
    await boris.enter(call_id)
    await perceive_each_other([anna, boris])
    for person in (anna, boris):
        await know_each_other(robot, person)
    await boris.topology("sfu")
