"""Groups of clients that know the documented mesh protocol alone: through the server, one upload each."""

from __future__ import annotations

import random

import pytest

from tests.e2e.gatherings import (
    People,
    all_perceive_all,
    documented,
    each_uploads_once,
    new_call,
    one_after_another,
)
from tests.e2e.serving import Serving
from tests.e2e.waiting import eventually, perceives

pytestmark = [pytest.mark.e2e, pytest.mark.asyncio(loop_scope="session")]


async def test_two_are_connected_directly(people: People, server: Serving) -> None:
    forwarded = server.counted("telcall_forwarded_packets_total")
    pair = await documented(people, 2)
    await one_after_another(pair)
    await all_perceive_all(pair)
    await each_uploads_once(pair)
    assert server.counted("telcall_forwarded_packets_total") == forwarded


@pytest.mark.parametrize(
    ("count", "order"), [(3, "ascending"), (3, "descending"), (4, "shuffled"), (6, "shuffled")]
)
async def test_group_hears_and_sees_everybody_and_uploads_once(
    count: int, order: str, people: People, server: Serving
) -> None:
    """Whoever comes first: the lower user id offers, so the order decides who offers to whom."""
    everybody = await documented(people, count)
    if order == "descending":
        everybody.reverse()
    elif order == "shuffled":
        random.Random(count).shuffle(everybody)
    forwarded = server.counted("telcall_forwarded_packets_total")
    await one_after_another(everybody)
    await all_perceive_all(everybody)
    await each_uploads_once(everybody)
    assert server.counted("telcall_forwarded_packets_total") > forwarded


async def test_cameras_that_are_on_in_the_moment_of_joining(people: People) -> None:
    everybody = await documented(people, 3)
    call_id = await new_call(everybody[0])
    for person in everybody:
        await person.enter(call_id, at_once=person is everybody[-1])
    await all_perceive_all(everybody)


async def test_one_without_a_camera_sees_the_others(people: People) -> None:
    """Its own descriptions have no m-line for pictures."""
    anna, boris, clara = await documented(people, 3)
    call_id = await one_after_another([boris, clara])
    await anna.enter(call_id, camera=False)
    for other in (boris, clara):
        await perceives(anna, other)
        await eventually(lambda o=other: o.hears(anna.id, anna.look), "the one without a camera is heard")  # type: ignore[misc]
    await anna.switch_camera()
    await all_perceive_all([anna, boris, clara])
