"""An operator with a running server: `telcall rooms`, and webhooks, with people in calls."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import aiohttp
import pytest
from typer.testing import CliRunner, Result

from telcall.cli import app
from telcall.rooms import Server, room_table, rooms_table
from telcall.settings import Settings
from tests.telcall.webhook_receiver import SECRET, Receiver, is_signed

if TYPE_CHECKING:
    from tests.telcall.conftest import Serving

Serve = Callable[..., "Serving"]
ADMIN_TOKEN = "an-admin-token-of-at-least-32-characters"


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in [name for name in os.environ if name.startswith("TELCALL_")]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    with socket.create_server(("127.0.0.1", 0)) as free:
        made = Receiver(free.getsockname()[1])
    made.open.set()
    await made.start()
    yield made
    await made.stop()


async def telcall(*arguments: str) -> Result:
    return await asyncio.to_thread(CliRunner().invoke, app, arguments)


async def joined(http: aiohttp.ClientSession, serving: Serving, call_id: str, token: str) -> Any:
    """A client of the documented protocol that is in the call."""
    url = f"ws://127.0.0.1:{serving.port}/ws/calls/{call_id}"
    connection = await http.ws_connect(url, protocols=["token", f"token.{token}"])
    for kind in ("call_metadata", "participants_snapshot"):
        assert (await connection.receive_json(timeout=20))["type"] == kind
    return connection


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(30):
        while not condition():  # noqa: ASYNC110
            await asyncio.sleep(0.02)


def kinds(receiver: Receiver) -> list[tuple[str, str | None]]:
    return [(event["type"], event.get("user", {}).get("first_name")) for event in receiver.taken]


async def test_operator_sees_ends_and_is_told(
    serve: Serve, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    serving = serve(
        TELCALL_ADMIN_TOKEN=ADMIN_TOKEN,
        TELCALL_WEBHOOK_URL=receiver.url,
        TELCALL_WEBHOOK_SECRET=SECRET,
        TELCALL_DATAPLANE="python",
    )
    await asyncio.to_thread(serving.wait_ready)
    anna, anna_id = await asyncio.to_thread(serving.sign_in, "Anna")
    boris, boris_id = await asyncio.to_thread(serving.sign_in, "Boris")
    call_id = (await asyncio.to_thread(serving.post, "/api/calls", {"title": None}, anna))["call_id"]
    monkeypatch.setenv("TELCALL_PORT", str(serving.port))
    monkeypatch.setenv("TELCALL_ADMIN_TOKEN", ADMIN_TOKEN)
    assert (await telcall("rooms")).output == "0 calls, 0 people\n"

    async with aiohttp.ClientSession() as http:
        first = await joined(http, serving, call_id, anna)
        second = await joined(http, serving, call_id, boris)

        listed = (await telcall("rooms")).output.splitlines()
        assert listed[0].split() == ["CALL", "PATH", "SINCE", "PEOPLE"]
        assert listed[1].split()[:2] == [call_id, "p2p"]
        assert listed[2] == "1 call, 2 people"
        answer = json.loads((await telcall("rooms", "list", "--json")).output)
        assert [room["call_id"] for room in answer["rooms"]] == [call_id]
        shown = (await telcall("rooms", "show", call_id)).output.splitlines()
        assert [line.split()[:4] for line in shown[2:]] == [
            [str(anna_id), "Anna", "host", "documented"],
            [str(boris_id), "Boris", "participant", "documented"],
        ]

        removed = await telcall("rooms", "remove", call_id, str(boris_id))
        assert removed.output == f"removed user {boris_id} from call {call_id}\n"
        assert (await second.receive_json(timeout=20))["code"] == "removed"
        await second.receive(timeout=20)
        assert second.close_code == 4403
        again = await telcall("rooms", "remove", call_id, str(boris_id))
        assert (again.exit_code, "They are not in this call" in again.output) == (1, True)

        assert (await telcall("rooms", "end", call_id)).output == f"ended call {call_id}\n"
        while (message := await first.receive_json(timeout=20))["type"] != "call_ended":
            assert message["type"] in ("user_joined", "user_left")
        assert (await telcall("rooms", "show", call_id)).exit_code == 1

        await until(lambda: len(receiver.taken) == 6)
        assert kinds(receiver) == [
            ("call.started", None),
            ("participant.joined", "Anna"),
            ("participant.joined", "Boris"),
            ("participant.left", "Boris"),
            ("participant.left", "Anna"),
            ("call.ended", None),
        ]
        assert receiver.taken[-1]["reason"] == "ended"
        assert {event["call_id"] for event in receiver.taken} == {call_id}
        assert all(map(is_signed, receiver.requests, receiver.bodies))

        # Whoever is in a call when the server stops has left it, and that is told too.
        call_id = (await asyncio.to_thread(serving.post, "/api/calls", {"title": None}, anna))["call_id"]
        last = await joined(http, serving, call_id, anna)
        assert await asyncio.to_thread(serving.end, signal.SIGTERM) == 0
        assert kinds(receiver)[6:] == [
            ("call.started", None),
            ("participant.joined", "Anna"),
            ("participant.left", "Anna"),
            ("call.ended", None),
        ]
        await last.close()
    assert SECRET not in serving.text()
    assert ADMIN_TOKEN not in serving.text()


async def test_what_is_wrong_is_one_line(running: Serving, monkeypatch: pytest.MonkeyPatch) -> None:
    url = f"http://127.0.0.1:{running.port}"
    without = await telcall("rooms", "--url", url)
    assert without.exit_code == 1
    assert (
        without.output == "telcall: set TELCALL_ADMIN_TOKEN to the token that the server was started with\n"
    )
    monkeypatch.setenv("TELCALL_ADMIN_TOKEN", ADMIN_TOKEN)
    closed = await telcall("rooms", "list", "--url", url)
    assert closed.output == f"telcall: {url} has no TELCALL_ADMIN_TOKEN, or is no Tel Call\n"
    with socket.create_server(("127.0.0.1", 0)) as free:
        nobody = f"http://127.0.0.1:{free.getsockname()[1]}"
    absent = await telcall("rooms", "end", "x", "--url", nobody)
    assert (absent.exit_code, absent.output.startswith(f"telcall: {nobody} does not answer")) == (1, True)
    assert ADMIN_TOKEN not in closed.output + absent.output


@pytest.mark.parametrize(
    ("hosts", "url"),
    [
        ("127.0.0.1,::1", "http://localhost:8080"),
        ("0.0.0.0", "http://localhost:8080"),
        ("10.0.0.7,127.0.0.1", "http://localhost:8080"),
        ("10.0.0.7", "http://10.0.0.7:8080"),
        ("fd00::7", "http://[fd00::7]:8080"),
    ],
)
def test_server_is_the_one_that_the_settings_start(hosts: str, url: str) -> None:
    settings = Settings.model_validate({"TELCALL_HOST": hosts, "TELCALL_ADMIN_TOKEN": ADMIN_TOKEN})
    assert Server.of(settings, None).url == url
    assert Server.of(settings, "https://call.example.com").url == "https://call.example.com"


def person(**fields: Any) -> dict[str, Any]:
    usual = {"user_id": 1, "first_name": "Anna", "last_name": None, "username": None, "role": "host"}
    media = {"audio": True, "video": False, "screen": True}
    return {**usual, "protocol": "telcall.v2", "media": media, "joined_at": "2026-11-24T12:00:00Z", **fields}


def test_names_say_nothing_to_the_terminal_and_columns_stand() -> None:
    room = {"call_id": "x", "topology": "sfu", "started_at": "2026-11-24T12:00:00.5Z"}
    hostile = person(first_name="\x1b[2JA\nB", username="a\u202eb", user_id=12345)
    lines = list(room_table({**room, "participants": [person(), person(first_name="安娜"), hostile]}))
    assert lines[0] == "call x, sfu, since 2026-11-24 12:00:00 UTC"
    assert all(line.isprintable() for line in lines)
    assert "\u202e" not in lines[-1]
    assert "audio, screen" in lines[2]
    # Wide characters take two columns.
    assert lines[3].index("host") == lines[2].index("host") - 2


def test_empty_list_has_no_head() -> None:
    assert list(rooms_table({"rooms": []})) == ["0 calls, 0 people"]
