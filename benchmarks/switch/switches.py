"""The change between the direct path and the server, there and back, as often as wanted."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from playwright.async_api import async_playwright

from benchmarks.switch.chirp import Sound
from benchmarks.switch.party import (
    LISTENER,
    SENDER,
    THIRD,
    Listener,
    Recording,
    Where,
    arrive_listener,
    launch_listener,
    launch_sender,
)
from tests.e2e.person import Person, launch
from tests.e2e.waiting import eventually

BEFORE_S = 1.0
"""Recorded of the path that is to be left."""
AFTER_S = 3.5
"""Recorded from the room's change on: the old path is let go within."""
REST_S = 2.0
JOIN_TIMEOUT_MS = 20_000


@dataclass(frozen=True)
class Switch:
    """to: `sfu` or `p2p`; `none` for a recording without a change.

    third_heard_ms: from the third one's tap on Join to the first sound of the sender that he hears.
    """

    to: str
    recording: Recording
    third_heard_ms: float | None = None

    def __str__(self) -> str:
        heard = self.recording.heard
        joined = "" if self.third_heard_ms is None else f", third hears after {self.third_heard_ms:.0f} ms"
        return (
            f"to {self.to:<4} hole {heard.hole} ms ({heard.hole_at_change} at the change), "
            f"double {heard.double} ms, jump {heard.jump} ms, "
            f"black {self.recording.black} of {self.recording.looks}{joined}"
        )


class Party:
    """A call of two in which a third comes and goes."""

    def __init__(self, sender: Person, listener: Listener, third: Person, known: Sound) -> None:
        self._sender, self._listener, self._third, self._known = sender, listener, third, known
        self._call_id = ""

    async def begin(self) -> None:
        self._call_id = await self._sender.create_call()
        await self._sender.enter(self._call_id)
        await self._listener.enter(self._call_id, camera=False)
        await self._listener.record_from_here()
        await self._see_sender()

    async def stay(self) -> Switch:
        await self._listener.start(self._sender)
        await asyncio.sleep(BEFORE_S + AFTER_S)
        return Switch("none", await self._stop())

    async def to_server(self) -> Switch:
        await self._listener.start(self._sender)
        await asyncio.sleep(BEFORE_S)
        came = await self._third.page.evaluate(
            "([ids, timeout]) => telcallListening.joinAndPerceive(ids, timeout)",
            [[self._sender.id], JOIN_TIMEOUT_MS],
        )
        await self._listener.topology("sfu")
        await asyncio.sleep(AFTER_S)
        return Switch("sfu", await self._stop(), came["heard"].get(str(self._sender.id)))

    async def to_direct(self) -> Switch:
        await self._third.leave()
        # Hysteresis: the room waits for some seconds before it changes.
        await asyncio.sleep(3)
        await self._listener.start(self._sender)
        await self._listener.topology("p2p")
        await asyncio.sleep(AFTER_S)
        return Switch("p2p", await self._stop())

    async def invite(self) -> None:
        """The third one's page is loaded, up to the last tap."""
        await self._third.prepare(self._call_id, camera=False)
        await asyncio.sleep(REST_S)

    async def _stop(self) -> Recording:
        return await self._listener.stop(self._known)

    async def _see_sender(self) -> None:
        await eventually(lambda: self._listener.sees(self._sender.id, self._sender.look), "a picture")
        await asyncio.sleep(REST_S)


@asynccontextmanager
async def gathered(url: str, folder: Path, where: Where) -> AsyncIterator[Party]:
    """The three in their browsers, two of them in the call."""
    async with AsyncExitStack() as stack:
        playwright = await stack.enter_async_context(async_playwright())
        sending, known = await launch_sender(playwright, folder, where(SENDER))
        stack.push_async_callback(sending.close)
        listening = await launch_listener(playwright, where(LISTENER))
        stack.push_async_callback(listening.close)
        spot = where(THIRD)
        coming = await launch(playwright, THIRD, folder, program=spot.program, flags=spot.flags)
        stack.push_async_callback(coming.close)
        third = await Person.arrive(coming, THIRD, url)
        # As somebody who has let this page have the microphone before.
        await third.context.grant_permissions(["microphone"], origin=url)
        sender = await Person.arrive(sending, SENDER, url)
        party = Party(sender, await arrive_listener(listening, url), third, known)
        await party.begin()
        yield party
