"""A server that is killed under a call of four, and started at once again: how long until all hear all."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

from playwright.async_api import async_playwright

from tests.e2e.fake_media import LOOKS
from tests.e2e.person import Person, launch
from tests.e2e.serving import Serving
from tests.e2e.waiting import eventually

PEOPLE = 4
RETURNING = Path(__file__).with_name("returning.js")
STEADY_S = 3.0
"""For so long everybody hears everybody, before it counts and before the next kill."""


async def kills(server: Serving, folder: Path, count: int) -> AsyncIterator[float]:
    """Seconds from each `kill -9` until everybody hears everybody, and goes on doing so. No cameras."""
    async with AsyncExitStack() as stack:
        playwright = await stack.enter_async_context(async_playwright())
        people = []
        for look in LOOKS[:PEOPLE]:
            browser = await launch(playwright, look, folder)
            stack.push_async_callback(browser.close)
            person = await Person.arrive(browser, look, server.url)
            await person.context.add_init_script(path=RETURNING)
            people.append(person)
        call_id = await people[0].create_call()
        for person in people:
            await person.enter(call_id, camera=False)
        for listener in people:
            for other in people:
                if other is not listener:
                    await eventually(lambda p=listener, o=other: p.hears(o.id, o.look), "all hear all")  # type: ignore[misc]
        for _ in range(count):
            await asyncio.sleep(STEADY_S)
            yield await _kill(server, people)


async def _kill(server: Serving, people: list[Person]) -> float:
    for person in people:
        voices = [[other.id, other.look.hz] for other in people if other is not person]
        await person.page.evaluate("(voices) => telcallReturning.watch(voices)", voices)
    killed_s = time.time()
    server.kill_and_restart()
    returned: list[float] = []

    async def all_are_back() -> bool:
        found = [await person.page.evaluate("() => telcallReturning.heardAt()") for person in people]
        returned[:] = [at_ms / 1_000 for at_ms in found if at_ms is not None]
        return len(returned) == len(people) and time.time() - max(returned) > STEADY_S

    await eventually(all_are_back, "everybody hears everybody again", 60)
    return max(returned) - killed_s
