"""Calls over networks that lose and delay packets, are cut for some seconds, or change: nobody leaves."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, async_playwright

from tests.e2e.fake_media import LOOKS
from tests.e2e.network import Network, network
from tests.e2e.person import Person, launch
from tests.e2e.screens import FAKE_SCREEN, SCREEN, gets_screen, switch_screen
from tests.e2e.serving import serving
from tests.e2e.waiting import eventually, perceive_each_other

pytestmark = [pytest.mark.e2e, pytest.mark.asyncio(loop_scope="session")]

CONTINUITY = Path(__file__).with_name("continuity.js")
HOLE_MS, DOUBLE_MS, DARK_MS = 400, 400, 400
"""Loose: how short it is, benchmarks/switch says."""
CUT = (
    "add table inet cut; add chain inet cut in { type filter hook input priority 0; policy drop; };"
    " add chain inet cut out { type filter hook output priority 0; policy drop; }"
)


@dataclass(frozen=True)
class Town:
    """Three homes, each with a browser, and the server, each in a network namespace."""

    net: Network
    url: str
    browsers: tuple[Browser, ...]

    @asynccontextmanager
    async def people(self, count: int) -> AsyncIterator[list[Person]]:
        async with AsyncExitStack() as stack:
            here = []
            for look, browser in zip(LOOKS[:count], self.browsers, strict=False):
                person = await Person.arrive(browser, look, self.url)
                stack.push_async_callback(person.context.close)
                await person.context.add_init_script(path=CONTINUITY)
                here.append(person)
            yield here
            problems = {person.look.name: person.problems for person in here if person.problems}
        assert not problems, f"errors in pages: {problems}"


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def town(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Town]:
    folder = tmp_path_factory.mktemp("fake-media")
    chromium = shutil.which("chromium")
    assert chromium
    homes = [look.name for look in LOOKS[:3]]
    with network("server", *homes) as net, serving(net["server"]) as server:
        async with AsyncExitStack() as stack:
            playwright = await stack.enter_async_context(async_playwright())
            browsers = []
            for look in LOOKS[:3]:
                program, flags = net[look.name].program(chromium), server.browser_flags
                browser = await launch(playwright, look, folder, program=program, flags=flags)
                stack.push_async_callback(browser.close)
                browsers.append(browser)
            yield Town(net, server.url, tuple(browsers))


@pytest.fixture
def net(town: Town) -> Network:
    """In good order, whatever the test before has left."""
    town.net.impair()
    return town.net


async def meet(people: Sequence[Person], *, microphones: int) -> str:
    """All enter with cameras, the first ones with microphones too. Returns the call."""
    call_id = await people[0].create_call()
    for person in people:
        await person.enter(call_id, microphone=people.index(person) < microphones)
    await perceive_each_other(people[:microphones])
    return call_id


async def watch(pair: Sequence[Person]) -> None:
    for person, other in (pair, reversed(pair)):
        await person.page.evaluate("(id) => telcallContinuity.start(id)", other.id)


async def judge(pair: Sequence[Person], what: str, *, voices: int = 1) -> None:
    for person in pair:
        found = await person.page.evaluate("() => telcallContinuity.stop()")
        assert found["samples"] > 100
        assert found["hole"] <= HOLE_MS, (what, person.look.name, found)
        assert found["dark"] <= DARK_MS, (what, person.look.name, found)
        assert found["double"] <= DOUBLE_MS or voices > 1, (what, person.look.name, found)


async def test_paths_change_under_loss_and_delay_without_a_gap(town: Town, net: Network) -> None:
    async with town.people(3) as (anna, boris, clara):
        pair = [anna, boris]
        call_id = await meet(pair, microphones=2)
        await clara.prepare(call_id, microphone=False)
        net.impair(delay_ms=100, loss=0.02)
        await asyncio.sleep(2)

        await watch(pair)
        await clara.tap("join")
        for person in pair:
            await person.topology("sfu")
        await asyncio.sleep(4)
        await judge(pair, "a third comes")
        await perceive_each_other(pair)

        await watch(pair)
        await clara.leave()
        for person in pair:
            await person.topology("p2p")
        await asyncio.sleep(4)
        await judge(pair, "the third leaves")
        await perceive_each_other(pair)

        await anna.page.evaluate(FAKE_SCREEN, [SCREEN.rgb, SCREEN.hz])
        await watch(pair)
        await switch_screen(anna)
        await eventually(lambda: gets_screen(boris, anna), "the screen is seen and heard")
        await asyncio.sleep(2)
        await judge(pair, "a screen is shared", voices=2)
        await perceive_each_other(pair)


@pytest.mark.parametrize("count", [2, 3])
async def test_weak_connections_are_shown_until_they_are_well_again(
    count: int, town: Town, net: Network
) -> None:
    async with town.people(count) as everybody:
        anna, boris = everybody[:2]
        await meet(everybody, microphones=count)
        mark = anna.page.get_by_test_id(f"weak-{boris.id}")
        net.impair(loss=0.15)
        await mark.wait_for(timeout=20_000)
        assert await mark.get_attribute("data-reason") == "loss"
        net.impair()
        await mark.wait_for(state="detached", timeout=30_000)


@pytest.mark.parametrize(("count", "seconds"), [(2, 5), (3, 11)])
async def test_a_cut_of_some_seconds_ends_nobodys_call(
    count: int, seconds: int, town: Town, net: Network
) -> None:
    async with town.people(count) as everybody:
        anna, boris = everybody[:2]
        await meet(everybody, microphones=count)
        await anna.watch_for_leaving(boris.id)
        net["Boris"].run("nft", CUT)
        try:
            await eventually(lambda: anna.hears_nothing_of(boris.id), "the cut is felt")
            await asyncio.sleep(seconds)
        finally:
            net["Boris"].run("nft", "delete table inet cut")
        await boris.phase("in_call")
        await perceive_each_other(everybody)
        assert await anna.times_gone() == 0


@pytest.mark.parametrize("count", [2, 3])
async def test_another_network_is_taken_within_the_call(count: int, town: Town, net: Network) -> None:
    async with town.people(count) as everybody:
        anna, boris = everybody[:2]
        await meet(everybody, microphones=count)
        await anna.watch_for_leaving(boris.id)
        net["Boris"].move()
        await eventually(lambda: anna.hears_nothing_of(boris.id), "the old address is gone")
        await perceive_each_other(everybody)
        assert await anna.times_gone() == 0
