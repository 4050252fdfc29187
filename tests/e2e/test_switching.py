"""The change between the direct path and the server: nobody hears a hole or a double, or sees black."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from tests.e2e.person import Person
from tests.e2e.waiting import eventually, perceive_each_other

pytestmark = [pytest.mark.e2e, pytest.mark.asyncio(loop_scope="session")]

People = Callable[..., Awaitable[list[Person]]]
CONTINUITY = Path(__file__).with_name("continuity.js")
HOLE_MS, DOUBLE_MS, DARK_MS = 150, 250, 60
"""A sample is 20 ms; browsers that share two cores with each other miss some."""


async def watch(person: Person, other: Person) -> None:
    await person.page.evaluate("(id) => telcallContinuity.start(id)", other.id)


async def judge(person: Person, direction: str) -> None:
    found = await person.page.evaluate("() => telcallContinuity.stop()")
    print(f"\n{direction}, heard by {person.look.name}: {found}")
    assert found["samples"] > 100
    assert found["hole"] <= HOLE_MS, (direction, found)
    assert found["double"] <= DOUBLE_MS, (direction, found)
    assert found["dark"] <= DARK_MS, (direction, found)


async def test_third_who_comes_and_goes_is_not_noticed_by_ear_or_eye(people: People) -> None:
    anna, boris, clara = await people(3)
    pair = ((anna, boris), (boris, anna))
    for person, _ in pair:
        await person.context.add_init_script(path=CONTINUITY)
    call_id = await anna.create_call()
    for person, _ in pair:
        await person.enter(call_id)
    await perceive_each_other([anna, boris])

    for person, other in pair:
        await watch(person, other)
    await clara.enter(call_id, microphone=False)  # so that one voice is right, and two are not
    for person, _ in pair:
        await person.topology("sfu")
    await asyncio.sleep(4)  # until the old path is gone
    for person, _ in pair:
        await judge(person, "to the server")
    await eventually(lambda: both_send_once(anna, boris), "the direct path is let go")

    for person, other in pair:
        await watch(person, other)
    await clara.leave()
    for person, _ in pair:
        await person.topology("p2p")
    await asyncio.sleep(5)
    for person, _ in pair:
        await judge(person, "back to the direct path")
    await eventually(lambda: both_send_once(anna, boris), "the server's path is let go")
    await perceive_each_other([anna, boris])


async def both_send_once(*people: Person) -> bool:
    sent = await asyncio.gather(*(person.sends() for person in people))
    return all(streams == {"audio": 1, "video": 1} for streams in sent)
