"""Servers, browsers and people. Browsers start one after another: each costs a core for a second."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Playwright, async_playwright

from tests.e2e.fake_media import LOOKS, Look
from tests.e2e.person import Person, launch
from tests.e2e.serving import Serving, serving

ARTIFACTS = Path(__file__).parents[2] / ".artifacts"


@pytest.fixture(scope="module")
def server() -> Iterator[Serving]:
    """One server for the tests of a module."""
    with serving() as running:
        yield running


class Browsers:
    """A browser for each look, kept from test to test; one that was killed is started anew."""

    def __init__(self, playwright: Playwright, folder: Path) -> None:
        self._playwright, self._folder = playwright, folder
        self._running: dict[Look, Browser] = {}

    async def of(self, look: Look) -> Browser:
        browser = self._running.get(look)
        if browser is None or not browser.is_connected():
            browser = self._running[look] = await launch(self._playwright, look, self._folder)
        return browser

    async def close(self) -> None:
        for browser in self._running.values():
            await browser.close()


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browsers(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Browsers]:
    async with async_playwright() as playwright:
        running = Browsers(playwright, tmp_path_factory.mktemp("fake-media"))
        yield running
        await running.close()


@pytest_asyncio.fixture(loop_scope="session")
async def people(
    server: Serving, browsers: Browsers
) -> AsyncIterator[Callable[..., Awaitable[list[Person]]]]:
    """`await people(3)`: so many signed-in persons, each in a browser of their own."""
    async with AsyncExitStack() as stack:
        here: list[Person] = []

        async def arrive(
            count: int, *, url: str = server.url, language: str = "en", kind: type[Person] = Person
        ) -> list[Person]:
            arrived = []
            for look in LOOKS[len(here) : len(here) + count]:
                person = await kind.arrive(await browsers.of(look), look, url, language=language)
                stack.push_async_callback(person.context.close)
                arrived.append(person)
            here.extend(arrived)
            return arrived

        yield arrive
        problems = {person.look.name: person.problems for person in here if person.problems}
    assert not problems, f"errors in pages: {problems}"


@pytest.fixture(scope="session")
def artifacts() -> Path:
    """Where screenshots are left to look at; not in the repository."""
    ARTIFACTS.mkdir(exist_ok=True)
    return ARTIFACTS
