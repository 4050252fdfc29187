"""A hundred thousand hostile messages and twenty thousand broken session descriptions for a live server.

It stays, answers whoever is still connected and keeps nothing, and two people who talk in the same call hear
each other all the while.
"""

from __future__ import annotations

import asyncio
import json
import random
import re
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import pytest

from telcall.client.measure import loudest
from telcall.client.media import Colour, Tone
from telcall.client.participant import Participant
from tests.e2e.serving import Serving, serving
from tests.signaling import mutations

pytestmark = [pytest.mark.fuzz, pytest.mark.timeout(400)]

WIDE = {
    "TELCALL_WS_SDP": "1000000/1000000",
    "TELCALL_WS_CANDIDATE": "1000000/1000000",
    "TELCALL_WS_OTHER": "1000000/1000000",
    "TELCALL_WS_BYTES": "100000000/1000000000",
    "TELCALL_WS_VIOLATIONS": "1000000",
    "TELCALL_WS_QUEUE": "65536",
    "TELCALL_WS_QUEUE_BYTES": "268435456",
}
"""So that each message is looked at."""
MESSAGES = 100_000
DESCRIPTIONS = 20_000
TONES_HZ = {"Anna": 440, "Boris": 660}
SILENCE_S = 4.0
"""Tones that are not heard for so long count as gone: five processes share two processors here."""
ANSWER_S = 20.0
DATABASE_CONNECTIONS = 15
"""As many as the pool has made by the end, whoever is there."""


@pytest.fixture(scope="module")
def live() -> Iterator[Serving]:
    with serving(**WIDE) as server:
        yield server


class Hostile:
    """A connection that reads all it is sent, and knows what of it answers what it said."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse, user_id: int, *, v2: bool) -> None:
        self.socket, self.user_id, self.v2 = socket, user_id, v2
        self._answers: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self._number = 0
        self.reader = asyncio.create_task(self._read())

    async def _read(self) -> None:
        async for received in self.socket:
            message = json.loads(received.data)
            if message["type"] in ("answer", "sfu_answer", "user_left") or message.get("ref") is not None:
                self._answers.put_nowait(message)

    def next_id(self) -> str:
        self._number += 1
        return f"n{self._number}"

    async def answer(self, is_it: Callable[[dict[str, Any]], bool], what: str) -> None:
        """Wait for the message that `is_it`; earlier ones are passed over."""
        try:
            async with asyncio.timeout(ANSWER_S):
                while not is_it(await self._answers.get()):
                    pass
        except TimeoutError:
            assert not self.socket.closed, f"closed with {self.socket.close_code}: {what}"
            raise AssertionError(f"no answer: {what}") from None

    async def is_answered(self, what: str) -> None:
        """Everything before this has been looked at, and the connection is still good."""
        ref = self.next_id()
        await self.socket.send_str(json.dumps({"type": "made_up", "id": ref}))
        await self.answer(lambda message: message.get("ref") == ref, what)


class Call:
    """Anna and Boris talk through the SFU; hostile ones come to the same call."""

    def __init__(
        self, server: Serving, http: aiohttp.ClientSession, people: list[Participant], call_id: str
    ) -> None:
        self.server, self.people, self._http, self._call_id = server, people, http, call_id
        self._last_heard_s = [time.monotonic()] * 2

    async def hostile(self, name: str, *, v2: bool) -> Hostile:
        token, user_id = await asyncio.to_thread(self.server.sign_in, name)
        protocols = ["telcall.v2" if v2 else "token", f"token.{token}"]
        url = f"{self.server.url}/ws/calls/{self._call_id}"
        return Hostile(await self._http.ws_connect(url, protocols=protocols, max_msg_size=0), user_id, v2=v2)

    def look_for_silence(self) -> None:
        anna, boris = self.people
        now_s = time.monotonic()
        pairs = ((anna, boris, TONES_HZ["Boris"]), (boris, anna, TONES_HZ["Anna"]))
        for at, (listener, speaker, hz) in enumerate(pairs):
            if loudest(listener.heard(speaker.user_id, 0.2), TONES_HZ.values()) == hz:
                self._last_heard_s[at] = now_s
            assert now_s - self._last_heard_s[at] < SILENCE_S, f"{speaker.user_id} is not heard any more"

    async def while_they_talk(self, *attacks: Any) -> None:
        """Runs the attacks; Anna and Boris hear each other all the time."""
        self._last_heard_s = [time.monotonic()] * 2
        attack = asyncio.gather(*attacks)
        try:
            while not attack.done():
                self.look_for_silence()
                await asyncio.wait([attack], timeout=0.2)
            await attack
        finally:
            attack.cancel()
            await asyncio.wait([attack])

    async def held(self) -> dict[str, float]:
        """What the server holds, by its own metrics."""
        async with self._http.get(f"{self.server.url}/metrics") as response:
            text = await response.text()
        ours = r"telcall_(?:ws_open|participants|calls|sfu_held|spool_rows)(?:{[^}]*})?"
        found = re.findall(rf"^({ours}|process_open_fds) (\S+)$", text, re.MULTILINE)
        assert 'telcall_ws_close_total{code="1011"}' not in text
        return {name: float(value) for name, value in found}

    async def holds_no_more_than(self, before: dict[str, float]) -> None:
        deadline_s = time.monotonic() + 40
        while True:
            now = await self.held()
            spare = {"process_open_fds": DATABASE_CONNECTIONS}
            left = {
                name: value for name, value in now.items() if value > before.get(name, 0) + spare.get(name, 0)
            }
            if not left:
                return
            assert time.monotonic() < deadline_s, f"left behind: {left}, before: {before}"
            self.look_for_silence()
            await asyncio.sleep(0.2)


@pytest.fixture
async def call(live: Serving) -> AsyncIterator[Call]:
    async with _talking(live) as opened:
        yield opened


@asynccontextmanager
async def _talking(server: Serving) -> AsyncIterator[Call]:
    tokens = {name: server.sign_in(name) for name in (*TONES_HZ, "Clara")}
    call_id = server.post("/api/calls", {"title": "Fuzz"}, tokens["Anna"][0])["call_id"]

    def join(name: str) -> Any:
        return Participant.join(
            server.url,
            call_id,
            tokens[name][0],
            microphone=Tone(TONES_HZ.get(name, 880)),
            camera=Colour((200, 40, 40), width=160, height=120, frame_rate=5),
            seats=3,
            ice_servers=[],
        )

    async with join("Anna") as anna, join("Boris") as boris, join("Clara"), aiohttp.ClientSession() as http:
        # The third keeps the call on the SFU while hostile ones come and go.
        await anna.wait_for(lambda: anna.topology == "sfu")
        opened = Call(server, http, [anna, boris], call_id)
        ids = [anna.user_id, boris.user_id]
        for one, other in (ids, ids[::-1]):
            person = anna if one == anna.user_id else boris
            await person.wait_for(
                lambda p=person, o=other: loudest(p.heard(o, 0.2), TONES_HZ.values()) is not None
            )
        yield opened
        log = server.output.read_text()
        for event in ("message_failed", "sfu_command_failed", "Traceback"):
            assert event not in log, log[log.index(event) - 200 :][:3_000]


async def test_hostile_messages(call: Call) -> None:
    before = await call.held()
    attackers = [await call.hostile(f"Mallory {at}", v2=at % 2 == 0) for at in range(4)]
    others = [person.user_id for person in call.people] + [attacker.user_id for attacker in attackers]

    async def attack(attacker: Hostile, seed: int) -> None:
        rng = random.Random(seed)
        for number in range(MESSAGES // len(attackers)):
            sent = mutations.frame(rng, others)
            await (
                attacker.socket.send_str(sent) if isinstance(sent, str) else attacker.socket.send_bytes(sent)
            )
            if number % 100 == 99:
                await attacker.is_answered(f"seed {seed}, message {number}")
        await attacker.is_answered(f"seed {seed}, the end")

    await call.while_they_talk(*(attack(attacker, seed) for seed, attacker in enumerate(attackers)))
    for attacker in attackers:
        await attacker.socket.close()
        await attacker.reader
    await call.holds_no_more_than(before)


async def test_broken_descriptions(call: Call) -> None:
    before = await call.held()
    attackers = [await call.hostile(f"Trudy {at}", v2=at == 3) for at in range(4)]
    others = [person.user_id for person in call.people] + [attacker.user_id for attacker in attackers]

    async def documented(attacker: Hostile, seed: int) -> None:
        rng = random.Random(seed)
        peers = [user_id for user_id in others if user_id != attacker.user_id]
        for number in range(DESCRIPTIONS // len(attackers) // 2):
            peer, ref = rng.choice(peers), attacker.next_id()
            for kind in ("answer", "offer"):
                payload = {"type": kind, "sdp": mutations.description(rng, kind)}
                message = {"type": kind, "to_user_id": peer, "payload": payload}
                await attacker.socket.send_str(json.dumps(message | ({"id": ref} if kind == "offer" else {})))

            def is_it(message: dict[str, Any], peer: int = peer, ref: str = ref) -> bool:
                # Where the answer made no sense the two are told to begin anew; the offer is past then.
                said_by = message.get("from_user", message.get("user", {})).get("id")
                return said_by == peer or message.get("ref") == ref

            await attacker.answer(is_it, f"seed {seed}, offer {number} to {peer}: {payload}")

    async def seated(attacker: Hostile, seed: int) -> None:
        rng = random.Random(seed)
        for number in range(DESCRIPTIONS // len(attackers)):
            message = {
                "type": "sfu_offer",
                "id": (ref := attacker.next_id()),
                "offer_id": number,
                "payload": {"type": "offer", "sdp": mutations.description(rng, "offer")},
                "tracks": rng.choice(
                    ({"0": "microphone", "1": "camera"}, {"1": "camera"}, {}, {"7": "screen"})
                ),
                "seats": [
                    {"seat": seat, "audio_mid": str(seat)} for seat in range(rng.choice((0, 0, 1, 40)))
                ],
            }
            await attacker.socket.send_str(json.dumps(message))
            await attacker.answer(
                lambda m, n=number, r=ref: m.get("offer_id") == n or m.get("ref") == r,  # type: ignore[misc]
                f"seed {seed}: {message}",
            )

    await call.while_they_talk(
        *((seated if each.v2 else documented)(each, seed) for seed, each in enumerate(attackers, 100))
    )
    for attacker in attackers:
        await attacker.is_answered("after all descriptions")
        await attacker.socket.close()
        await attacker.reader
    await call.holds_no_more_than(before)
