"""The app on one site, the API and the WebSockets on another one: `VITE_API_BASE_URL` at the build."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import pytest
from aiohttp import web

from tests.e2e.conftest import Browsers
from tests.e2e.fake_media import LOOKS
from tests.e2e.person import Person
from tests.e2e.serving import Serving, free_port, serving
from tests.e2e.waiting import perceive_each_other

pytestmark = [pytest.mark.e2e, pytest.mark.asyncio(loop_scope="session")]

FRONTEND = Path(__file__).parents[2] / "frontend"
APP = "http://127.0.0.1"
"""Another site than `localhost`, where the API is: cookies and requests between the two are cross-site."""


def build(folder: Path, api: str) -> None:
    """As `make` builds the app, into another folder and for an API at `api`."""
    node = Path(sys.prefix) / "bin" / "node"
    command = str(node) if node.exists() else shutil.which("node")
    assert command, "Node is missing: run make test, which sets it up"
    built = subprocess.run(
        [command, "node_modules/vite/bin/vite.js", "build", "--outDir", folder, "--emptyOutDir"],
        cwd=FRONTEND,
        env=os.environ | {"VITE_API_BASE_URL": api},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert built.returncode == 0, built.stderr


@pytest.fixture(scope="module")
def two_hosts(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Serving, Path, int]]:
    """The server; the app that was built for it; the port that this is to be served on."""
    port, folder = free_port(), tmp_path_factory.mktemp("app")
    with serving(CORS_ALLOW_ORIGINS=f"{APP}:{port}") as server:
        build(folder, server.url)
        yield server, folder, port


@asynccontextmanager
async def files_on(folder: Path, port: int, api: str) -> AsyncIterator[None]:
    """Any web server of files: the page for every path that is no file, and what it may talk to."""
    policy = (
        f"default-src 'self'; img-src 'self' data:; media-src 'self' blob:; connect-src {api} ws{api[4:]}"
    )

    async def file(request: web.Request) -> web.StreamResponse:
        found = folder / request.path.lstrip("/")
        headers = {"Content-Security-Policy": policy}
        return web.FileResponse(found if found.is_file() else folder / "index.html", headers=headers)

    app = web.Application()
    app.router.add_get("/{path:.*}", file)
    runner = web.AppRunner(app)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", port).start()
        yield
    finally:
        await runner.cleanup()


async def test_a_call_of_two_with_the_app_and_the_api_on_two_sites(
    two_hosts: tuple[Serving, Path, int], browsers: Browsers
) -> None:
    server, folder, port = two_hosts
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(files_on(folder, port, server.url))
        people = []
        for look in LOOKS[:2]:
            person = await Person.arrive(await browsers.of(look), look, f"{APP}:{port}")
            stack.push_async_callback(person.context.close)
            people.append(person)
        anna, boris = people
        call_id = await anna.create_call()  # loads the page anew: the cookie of the other site signs in
        assert await anna.find("call-link").inner_text() == f"{APP}:{port}/call/{call_id}"
        for person in people:
            await person.enter(call_id)
        await perceive_each_other(people)
        await anna.leave()

        # What changes something is signed in by the cookie alone after a reload: the Origin is one of ours.
        await anna.page.goto(f"{APP}:{port}/friends")
        await anna.tap(f"star-{boris.id}")
        await anna.page.wait_for_selector(f'[data-testid="star-{boris.id}"][aria-pressed="true"]')
        async with anna.page.expect_response("**/favourite") as unmarked:
            await anna.tap(f"star-{boris.id}")
        assert (await unmarked.value).status == 200
        assert anna.problems == boris.problems == []
