"""Calls of the Mini App in real browsers: everybody hears and sees everybody else."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Awaitable, Callable

import pytest

from tests.e2e.person import Person
from tests.e2e.serving import Serving
from tests.e2e.waiting import eventually, perceive_each_other, perceives

pytestmark = [pytest.mark.e2e, pytest.mark.asyncio(loop_scope="session")]

People = Callable[..., Awaitable[list[Person]]]
ONE_OF_EACH = {"audio": 1, "video": 1}


async def call_of(everybody: list[Person]) -> str:
    call_id = await everybody[0].create_call()
    for person in everybody:
        await person.enter(call_id)
    return call_id


async def what_they_send(everybody: list[Person]) -> list[dict[str, int]]:
    return await asyncio.gather(*(person.sends() for person in everybody))


async def test_two_are_connected_directly_and_the_server_forwards_nothing(
    people: People, server: Serving
) -> None:
    forwarded = server.counted("telcall_forwarded_packets_total")
    anna, boris = await people(2)
    await call_of([anna, boris])
    await perceive_each_other([anna, boris])
    for person in (anna, boris):
        await person.topology("p2p")
    assert await what_they_send([anna, boris]) == [ONE_OF_EACH] * 2
    assert server.counted("telcall_forwarded_packets_total") == forwarded


@pytest.mark.parametrize("count", [3, 5])
async def test_group_goes_through_the_server_with_one_upload_each(
    count: int, people: People, server: Serving
) -> None:
    everybody = await people(count)
    await call_of(everybody)
    await perceive_each_other(everybody)
    forwarded = server.counted("telcall_forwarded_packets_total")
    for person in everybody:
        await person.topology("sfu")
    assert await what_they_send(everybody) == [ONE_OF_EACH] * count
    assert server.counted("telcall_forwarded_packets_total") > forwarded


async def test_third_comes_and_goes_and_two_are_direct_again(people: People, server: Serving) -> None:
    anna, boris, clara = await people(3)
    call_id = await call_of([anna, boris])
    await perceive_each_other([anna, boris])
    await clara.enter(call_id)
    await perceive_each_other([anna, boris, clara])
    await clara.leave()
    for person, other in ((anna, boris), (boris, anna)):
        await person.topology("p2p")
        await eventually(lambda p=person, o=other: p.sees_tiles_of([o.id]), "the third has gone")  # type: ignore[misc]
    await perceive_each_other([anna, boris])

    async def forwards_nothing() -> bool:
        before = server.counted("telcall_forwarded_packets_total")
        await asyncio.sleep(1)
        return server.counted("telcall_forwarded_packets_total") == before

    await eventually(forwards_nothing, "the server forwards no more")
    assert await what_they_send([anna, boris]) == [ONE_OF_EACH] * 2
    await perceive_each_other([anna, boris])


async def test_late_joiner_gets_everybody_at_once(people: People) -> None:
    anna, boris, clara, daniel = await people(4)
    call_id = await call_of([anna, boris, clara])
    await perceive_each_other([anna, boris, clara])
    await asyncio.sleep(3)  # what was sent at the start is long gone
    await daniel.enter(call_id)
    for other in (anna, boris, clara):
        await perceives(daniel, other)
        await perceives(other, daniel)


@pytest.mark.parametrize("count", [2, 3])
async def test_camera_goes_off_and_on(count: int, people: People) -> None:
    everybody = await people(count)
    await call_of(everybody)
    await perceive_each_other(everybody)
    anna, *others = everybody
    await anna.tap("camera")
    for other in others:
        await other.page.wait_for_selector(f'[data-testid="tile-{anna.id}"][data-video="false"]')
        assert await other.hears(anna.id, anna.look)
    assert (await anna.sends())["video"] == 0
    await anna.tap("camera")
    for other in others:
        await perceives(other, anna)


@pytest.mark.parametrize("count", [2, 3])
async def test_muted_is_not_heard_but_seen(count: int, people: People) -> None:
    everybody = await people(count)
    await call_of(everybody)
    await perceive_each_other(everybody)
    anna, *others = everybody
    await anna.tap("mic")
    for other in others:
        await other.page.wait_for_selector(f'[data-testid="tile-{anna.id}"][data-audio="false"]')
        await eventually(lambda o=other: o.hears_nothing_of(anna.id), "the muted one is silent")  # type: ignore[misc]
        assert await other.sees(anna.id, anna.look)
    await anna.tap("mic")
    for other in others:
        await perceives(other, anna)


async def test_killed_browser_is_gone_for_the_others(people: People) -> None:
    anna, boris, clara = await people(3)
    await call_of([anna, boris, clara])
    await perceive_each_other([anna, boris, clara])
    await kill(clara)
    for person, other in ((anna, boris), (boris, anna)):
        await eventually(lambda p=person, o=other: p.sees_tiles_of([o.id]), "the killed one has gone")  # type: ignore[misc]
    await perceive_each_other([anna, boris])


async def kill(person: Person) -> None:
    """Ends the whole browser at once, as a phone that runs out of memory does: no goodbye."""
    browser = person.context.browser
    assert browser is not None
    session = await browser.new_browser_cdp_session()
    processes = (await session.send("SystemInfo.getProcessInfo"))["processInfo"]
    main = next(process["id"] for process in processes if process["type"] == "browser")
    os.kill(main, signal.SIGKILL)
    await eventually(lambda: _gone(person), "the browser has ended")


async def _gone(person: Person) -> bool:
    assert person.context.browser is not None
    return not person.context.browser.is_connected()


async def test_two_calls_at_once_stay_apart(people: People) -> None:
    anna, boris, clara, daniel = await people(4)
    await call_of([anna, boris])
    await call_of([clara, daniel])
    await perceive_each_other([anna, boris])
    await perceive_each_other([clara, daniel])
    for person, other in ((anna, boris), (boris, anna), (clara, daniel), (daniel, clara)):
        assert await person.sees_tiles_of([other.id])
        assert await person.page.locator("audio[data-testid^=audio-]").count() == 1
