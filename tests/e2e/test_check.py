"""The page that checks the connection, at phone size in both languages; and `telcall check` beside it."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from tests.e2e.person import Person
from tests.e2e.serving import Serving

pytestmark = [pytest.mark.e2e, pytest.mark.asyncio(loop_scope="session")]

People = Callable[..., Awaitable[list[Person]]]
CHECK_MS = 40_000


@pytest.mark.parametrize("language", ["en", "ru"])
async def test_the_page_finds_the_direct_way(
    language: str, people: People, server: Serving, artifacts: Path
) -> None:
    (anna,) = await people(1, language=language)
    await anna.page.goto(f"{server.url}/settings")
    await anna.tap("check-link")
    await anna.tap("run-check")
    direct = anna.find("path-direct")
    await anna.find("check-verdict").wait_for(timeout=CHECK_MS)
    assert await direct.get_attribute("data-works") == "true"
    await anna.find("copy-check").wait_for()
    await anna.page.wait_for_timeout(500)  # transitions have come to rest
    folder = artifacts / "screens" / language
    folder.mkdir(parents=True, exist_ok=True)
    await anna.page.screenshot(path=folder / "20-check.png", full_page=True)
    assert await anna.page.evaluate("() => document.documentElement.scrollWidth - innerWidth") <= 0
    assert server.counted("telcall_checks_running") == 0


async def test_without_a_microphone_the_way_is_tested_all_the_same(people: People, server: Serving) -> None:
    (boris,) = await people(1)
    await boris.page.add_init_script(
        "navigator.mediaDevices.getUserMedia = async () => {"
        " throw new DOMException('none', 'NotFoundError'); }"
    )
    await boris.page.goto(f"{server.url}/check")
    await boris.tap("run-check")
    await boris.find("check-verdict").wait_for(timeout=CHECK_MS)
    assert await boris.find("path-direct").get_attribute("data-works") == "true"


async def test_the_command_line_finds_it_too(server: Serving) -> None:
    command = [sys.executable, "-m", "telcall", "check", server.url, "--name", "Carl"]
    done = await asyncio.to_thread(subprocess.run, command, capture_output=True, text=True, timeout=90)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "direct" in done.stdout
