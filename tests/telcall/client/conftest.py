"""People who are signed in at a running server, and participants that clean up after themselves."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Any

import pytest

from telcall.client.measure import loudest, mean_colour
from telcall.client.media import Colour, Tone
from telcall.client.participant import Participant
from telcall.client.rest import Account, Rest

TONES_HZ = {"Anna": 440, "Boris": 660, "Clara": 880, "Daniel": 1110}
COLOURS = {"Anna": (200, 40, 40), "Boris": (40, 180, 40), "Clara": (40, 40, 200), "Daniel": (200, 200, 40)}


@dataclass
class Guest:
    """A participant with a tone and a colour of its own."""

    name: str
    participant: Participant

    def hears(self, other: Guest) -> bool:
        return self.tone_of(other) == TONES_HZ[other.name]

    def tone_of(self, other: Guest) -> float | None:
        return loudest(self.participant.heard(other.participant.user_id, 0.2), TONES_HZ.values())

    def sees(self, other: Guest) -> bool:
        picture = self.participant.seen(other.participant.user_id)
        return picture is not None and all(
            abs(a - b) < 30 for a, b in zip(mean_colour(picture), COLOURS[other.name], strict=True)
        )

    def perceives(self, other: Guest) -> bool:
        return self.hears(other) and self.sees(other)

    async def waits(self, condition: Callable[[], bool]) -> None:
        await self.participant.wait_for(condition)


Join = Callable[..., Awaitable[Guest]]


@pytest.fixture(scope="session")
def url(running: Any) -> str:
    return f"http://127.0.0.1:{running.port}"


@pytest.fixture
async def rest(url: str) -> AsyncIterator[Rest]:
    async with Rest(url) as opened:
        yield opened


@pytest.fixture(scope="session")
def accounts(running: Any) -> dict[str, Account]:
    """In the order of their user ids."""
    signed_in = {}
    for name in TONES_HZ:
        token, user_id = running.sign_in(name)
        signed_in[name] = Account(user_id, token)
    return dict(sorted(signed_in.items(), key=lambda item: item[1].user_id))


@pytest.fixture(scope="module")
def call_id(running: Any, accounts: dict[str, Account]) -> str:
    """One call for all tests of a file: nobody is in it before and after each. Calls that Anna makes in other
    files would end it in the end."""
    call = running.post("/api/calls", {"title": "Test"}, accounts["Anna"].token)
    return str(call["call_id"])


@pytest.fixture
async def join(url: str, call_id: str, accounts: dict[str, Account]) -> AsyncIterator[Join]:
    """`await join("Anna")` -> a Guest who is in the call; all leave at the end."""
    async with AsyncExitStack() as stack:

        async def join(name: str, **options: Any) -> Guest:
            options = {
                "microphone": Tone(TONES_HZ[name]),
                "camera": Colour(COLOURS[name], width=160, height=120, frame_rate=10),
                "seats": 3,
                "ice_servers": [],
            } | options
            participant = await stack.enter_async_context(
                Participant.join(url, call_id, accounts[name].token, **options)
            )
            return Guest(name, participant)

        yield join


@pytest.fixture
async def leftovers() -> Callable[[], set[str]]:
    """Names of the tasks and threads that have come since and are still there; the test's own is not one."""
    loop = asyncio.get_running_loop()
    tasks, threads = asyncio.all_tasks(loop), set(threading.enumerate())

    def left() -> set[str]:
        new_tasks = asyncio.all_tasks(loop) - tasks - {asyncio.current_task()}
        new_threads = set(threading.enumerate()) - threads
        return {f"{task.get_name()} {task.get_coro()}" for task in new_tasks} | {
            thread.name for thread in new_threads if not thread.name.startswith("asyncio_")
        }

    return left


@pytest.fixture
def eventually() -> Callable[[Callable[[], bool]], Awaitable[None]]:
    """`await eventually(condition)`: true within 20 s, or the test fails."""

    async def eventually(condition: Callable[[], bool]) -> None:
        async with asyncio.timeout(5):
            while not condition():  # noqa: ASYNC110 - what is awaited is beyond this loop
                await asyncio.sleep(0.05)

    return eventually
