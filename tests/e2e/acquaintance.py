"""People who have met: in calls without media, by the sockets and routes that every client has."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import AsyncExitStack
from typing import Any

from signaling.messages import V2_SUBPROTOCOL
from telcall.client.session import Session
from tests.e2e.serving import Serving

TOGETHER = 20
"""Fewer than a call takes."""


async def meet(server: Serving, host: str, names: Sequence[str], *, video: bool = False) -> list[str]:
    """`host` is in a call with each of `names`, the last one last. Returns the calls' ids; they are over.

    Everybody gets an account by their name, as on the page for it.
    """
    token, _ = await asyncio.to_thread(server.sign_in, host)
    calls = []
    for start in range(0, len(names), TOGETHER):
        some = names[start : start + TOGETHER]
        created = await asyncio.to_thread(
            server.post, "/api/calls", {"title": None, "is_video_enabled": video}, token
        )
        call_id = str(created["call_id"])
        async with AsyncExitStack() as stack:
            for name in (host, *some):
                person_token, _ = await asyncio.to_thread(server.sign_in, name)
                session = await stack.enter_async_context(
                    Session(server.url, call_id, person_token, V2_SUBPROTOCOL)
                )
                await session.first()
        await asyncio.to_thread(server.post, f"/api/calls/{call_id}/end", {}, token)
        calls.append(call_id)
    await _until_friends(server, token, len(names))
    return calls


async def _until_friends(server: Serving, token: str, count: int) -> None:
    """What happens in calls is written behind them."""
    async with asyncio.timeout(30):
        while True:
            answer: dict[str, Any] = await asyncio.to_thread(server.get, "/api/friends", token)
            if answer["total"] >= count:
                return
            await asyncio.sleep(0.1)
