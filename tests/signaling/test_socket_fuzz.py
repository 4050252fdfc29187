"""Thousands of hostile frames against a live server: it answers, and the others in the call do not notice."""

from __future__ import annotations

import asyncio
import json
import random
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

import pytest

from signaling.config import Rate, RateLimits, SignalingConfig

ENDLESS = Rate(1e12, 1e12)
PATIENT = RateLimits(
    sdp=ENDLESS, candidates=ENDLESS, other=ENDLESS, bytes=ENDLESS, violations=1, violations_window_s=-1
)
FRAMES = 3_000
TYPES = (
    "offer",
    "answer",
    "ice_candidate",
    "sfu_offer",
    "seats_wanted",
    "media_state",
    "p2p_state",
    "ping",
    "x",
)
KEYS = (
    *("to_user_id", "payload", "offer_id", "tracks", "seats", "visible", "pinned", "audio", "video"),
    *("user_id", "state", "t", "id", "type"),
)


def some_value(rng: random.Random, depth: int = 0) -> Any:
    plain = (None, True, 0, -1, 2**70, 1.5, 1e308, "", "1", "\0", "\ud83d", "я" * 50, "connected", "camera")
    if depth > 4 or rng.random() < 0.6:
        return rng.choice(plain)
    if rng.random() < 0.5:
        return [some_value(rng, depth + 1) for _ in range(rng.randrange(4))]
    return {rng.choice(KEYS): some_value(rng, depth + 1) for _ in range(rng.randrange(4))}


def some_frame(rng: random.Random, others: list[int]) -> str | bytes:
    message = {rng.choice(KEYS): some_value(rng) for _ in range(rng.randrange(6))}
    message["type"] = rng.choice(TYPES)
    if rng.random() < 0.5:
        message["to_user_id"] = rng.choice(others)
    text = json.dumps(message)
    match rng.randrange(6):
        case 0:
            cut = rng.randrange(len(text))
            return text[:cut] + rng.choice('[]{}",\\\u2028x') + text[cut + rng.randrange(3) :]
        case 1:
            return rng.randbytes(rng.randrange(40))
        case 2:
            return rng.choice("[{\"'") * rng.randrange(2_000)
        case _:
            return text


@pytest.mark.fuzz
@pytest.mark.parametrize("seed", [1, 2])
async def test_a_hostile_client_costs_only_itself(
    make_server: Callable[..., Awaitable[Any]], seed: int
) -> None:
    rng = random.Random(seed)
    server = await make_server(replace(SignalingConfig(), rates=PATIENT))
    users = [await server.user(name) for name in ("Anna", "Boris", "Mallory")]
    call_id = await server.call(users[0])
    anna, boris = await server.join(call_id, users[0]), await server.join(call_id, users[1])
    mallory = await server.join(call_id, users[2])
    others = [user.id for user in users[:2]]

    async def listen(client: Any) -> None:
        """Read until our own answer comes, so that no queue fills."""
        while (await client.hear()) != {"type": "pong", "t": 4_711}:
            pass

    readers = [asyncio.create_task(listen(client)) for client in (boris, anna, mallory)]
    for number in range(FRAMES):
        if number % 20 == 0:
            await asyncio.sleep(0)
        frame = some_frame(rng, others)
        send = mallory.socket.send_str if isinstance(frame, str) else mallory.socket.send_bytes
        await send(frame)
    for client, reader in zip((mallory, anna, boris), reversed(readers), strict=True):
        await client.send(type="ping", t=4_711)
        await reader

    assert [client.socket.closed for client in (anna, boris, mallory)] == [False, False, False]
    assert server.rooms.participants() == 3
    await anna.send(type="offer", to_user_id=users[1].id, payload="still here")
    assert (await boris.hear("offer"))["payload"] == "still here"
