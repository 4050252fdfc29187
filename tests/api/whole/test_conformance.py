"""The API does what its OpenAPI document says, whatever is sent: Schemathesis, about 2,000 cases.

Its command line is a process of its own, which asks a real server over real sockets. It is deterministic:
what fails once fails again. Of each failure it prints a `curl` that shows it.
"""

from __future__ import annotations

import asyncio
import json
import os
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from api.openapi import openapi_document
from api.routes.table import ROUTES
from store.queries.calls import find_call
from store.queries.friend_links import link_friends
from store.queries.participants import Stay, write_stays
from tests.api.bot.conftest import SECRET
from tests.api.whole.conftest import ADMIN_TOKEN, ENDLESS, SERVER

if TYPE_CHECKING:
    from tests.api.bot.conftest import MakeWorld, World

HERE = Path(__file__).parent
LEAVING, LOSING = 3003, 1007

pytestmark = [pytest.mark.fuzz, pytest.mark.timeout(600)]


async def calls_of(world: World, *telegram_ids: int) -> list[str]:
    """Running calls that people of these ids are in; the first has made them."""
    people = [await world.person(telegram_id, "Анна") for telegram_id in telegram_ids]
    made = []
    for _ in range(2):
        call_id = (await people[0][0].post("/api/calls", {})).json["call_id"]
        async with world.database.transaction() as session:
            found = await find_call(session, call_id)
            assert found is not None
            stays = [
                Stay(f"{call_id}{user.id}", found.call.id, user.id, world.api.time.utc) for _, user in people
            ]
            await write_stays(session, stays)
        world.rooms.open(call_id, *(user.id for _, user in people), at=world.api.time.utc)
        made.append(call_id)
    return made


async def dictionaries(world: World) -> dict[str, list[str | int]]:
    anna, _, boris = await world.friends()
    vera, dasha, gleb = [(await world.person(each, "Вера"))[1].id for each in (1006, 1008, LOSING)]
    async with world.database.transaction() as session:
        await link_friends(session, dict.fromkeys([(gleb, vera), (gleb, dasha)], world.api.time.utc))
    links = [(await anna.post("/auth/browser-link")).json["url"] for _ in range(4)]
    return {
        "calls": [*await calls_of(world, 1002, 1001)],
        "doomed": [*await calls_of(world, 1004, 1001)],
        "people": [boris.id],
        "deleted": [vera],
        "blocked": [dasha],
        "init_data": [world.api.init_data(1005)],
        "links": [link.partition("#browser=")[2] for link in links],
    }


async def run_schemathesis(world: World, folder: Path, *arguments: str, signed_in: bool) -> str:
    """What it prints. Fails with that when it has found anything."""
    document, config = folder / "openapi.json", folder / "schemathesis.toml"
    document.write_text(json.dumps(openapi_document(ROUTES)))
    known = (f"{name}.values = {json.dumps(values)}" for name, values in (await dictionaries(world)).items())
    fixed = (HERE / "conformance/schemathesis.toml").read_text()
    config.write_text("\n".join((fixed, "[dictionaries]", *known)))
    server = {
        "url": world.api.url,
        "somebody": world.api.init_data(1001),
        "leaving": world.api.init_data(LEAVING),
        "losing": world.api.init_data(LOSING),
        "admin_token": ADMIN_TOKEN,
        "webhook_secret": SECRET,
    }
    environment = os.environ | {"TELCALL_CONFORMANCE": json.dumps(server)}
    if signed_in:
        environment["SCHEMATHESIS_HOOKS"] = "tests.api.whole.conformance.sign_in"
    command = [sys.executable, "-m", "schemathesis.cli", "--config-file", str(config), "run", str(document)]
    process = await asyncio.create_subprocess_exec(
        *command,
        *("--url", world.api.url, "--no-color", *arguments),
        env=environment,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    try:
        output = (await process.communicate())[0].decode()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    print(output)
    assert process.returncode == 0, "see what it printed"
    return output


def cases(output: str) -> int:
    found = re.search(r"(\d+) generated", output)
    assert found is not None, output
    return int(found[1])


async def test_schemathesis_finds_nothing_signed_in(make_world: MakeWorld, tmp_path: Path) -> None:
    world = await make_world(may_create=ENDLESS, api=SERVER)
    output = await run_schemathesis(world, tmp_path, signed_in=True)
    assert cases(output) > 1_500
    for route in ROUTES:  # or it has only seen refusals
        labels = {"method": route.method, "route": route.path, "status": str(route.status)}
        assert world.metric("telcall_http_requests_total", **labels), labels


async def test_schemathesis_finds_nothing_as_a_stranger(make_world: MakeWorld, tmp_path: Path) -> None:
    world = await make_world(may_create=ENDLESS, api=SERVER)
    output = await run_schemathesis(world, tmp_path, "--max-examples", "4", signed_in=False)
    assert cases(output) > 1_000
