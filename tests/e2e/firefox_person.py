"""A person with the mesh client in Firefox, which Node drives over WebDriver BiDi (`firefox/drive.mjs`)."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Literal, cast

from playwright.async_api import BrowserContext, Page

from tests.e2e.fake_media import Look
from tests.e2e.mesh_person import CLIENT, MeshPerson
from tests.e2e.person import LISTENING

FOLDER = Path(__file__).with_name("firefox")
_START_TIMEOUT_S = 60
_WAIT_S = 30.0


class FirefoxPage:
    """As much of Playwright's `Page` as a mesh person needs."""

    def __init__(self, driver: Process) -> None:
        self._driver = driver
        self._one_at_a_time = asyncio.Lock()
        self._on_error: Callable[[str], None] | None = None

    def on(self, event: Literal["pageerror"], handler: Callable[[str], None]) -> None:
        self._on_error = handler

    async def goto(self, url: str) -> None:
        await self._ask({"open": url})

    async def evaluate(self, script: str, argument: Any = None) -> Any:
        return (await self._ask({"evaluate": script, "argument": argument}))["value"]

    async def wait_for_selector(self, selector: str) -> None:
        async with asyncio.timeout(_WAIT_S):
            while not await self.evaluate("(s) => document.querySelector(s) !== null", selector):  # noqa: ASYNC110
                await asyncio.sleep(0.1)

    def get_by_test_id(self, test_id: str) -> FirefoxElement:
        return FirefoxElement(self, f'[data-testid="{test_id}"]')

    async def _ask(self, command: dict[str, Any]) -> dict[str, Any]:
        async with self._one_at_a_time, asyncio.timeout(_START_TIMEOUT_S):
            assert self._driver.stdin is not None
            assert self._driver.stdout is not None
            self._driver.stdin.write(json.dumps(command).encode() + b"\n")
            line = await self._driver.stdout.readline()
        assert line, "Firefox's driver has ended"
        answer: dict[str, Any] = json.loads(line)
        for problem in answer.get("problems", ()):
            if self._on_error is not None:
                self._on_error(problem)
        assert "error" not in answer, answer["error"]
        return answer


class FirefoxElement:
    def __init__(self, page: FirefoxPage, selector: str) -> None:
        self._page, self._selector = page, selector

    async def click(self) -> None:
        await self._page.evaluate("(s) => document.querySelector(s).click()", self._selector)

    async def fill(self, text: str) -> None:
        await self._page.evaluate(
            "([s, t]) => { document.querySelector(s).value = t; }", [self._selector, text]
        )

    async def text_content(self) -> str:
        return str(await self._page.evaluate("(s) => document.querySelector(s).textContent", self._selector))


class FirefoxPerson(MeshPerson):
    """Its microphone gives the tone of its look; its camera Firefox's own picture, of changing colours."""

    async def prepare(
        self,
        call_id: str,
        *,
        camera: bool = True,
        microphone: bool = True,
        microphone_after_s: float = 0,
    ) -> None:
        await self.page.goto(f"{self.url}/mesh-client/index.html?call={call_id}")
        await self.find("name-input").fill(self.look.name)
        await self.find("sign-in").click()
        await self.phase("signed_in")
        self.id = int(await self.page.evaluate("() => Number(document.body.dataset.selfId)"))


@asynccontextmanager
async def firefox_person(look: Look, url: str) -> AsyncIterator[FirefoxPerson]:
    """In a Firefox that is ended with the block."""
    browser, node = shutil.which("firefox-esr"), shutil.which("node")
    assert browser, "needs Debian's Firefox: apt-get install firefox-esr"
    assert node, "needs Node: `make setup` installs it"
    driver = await asyncio.create_subprocess_exec(
        node,
        str(FOLDER / "drive.mjs"),
        browser,
        str(CLIENT),
        str(look.hz),
        str(LISTENING),
        str(FOLDER / "ears.js"),
        stdin=PIPE,
        stdout=PIPE,
        env=os.environ | {"MOZ_DISABLE_CONTENT_SANDBOX": "1"},
    )
    try:
        page = FirefoxPage(driver)
        person = FirefoxPerson(look, cast(BrowserContext, None), cast(Page, page), url)
        yield person
        assert not person.problems, f"errors in Firefox's page: {person.problems}"
    finally:
        assert driver.stdin is not None
        driver.stdin.close()
        try:
            async with asyncio.timeout(_WAIT_S):
                await driver.wait()
        except TimeoutError:
            driver.kill()
            await driver.wait()
