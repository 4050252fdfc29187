"""The life of a call, on a real database."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from signaling.config import SignalingConfig
from signaling.lifecycle import (
    CallExpired,
    CallNotActive,
    CallNotAvailable,
    CallNotFound,
    NotOrganizer,
)

MakeServer = Callable[..., Awaitable[Any]]


async def test_a_new_call_is_active_for_a_day(server: Any) -> None:
    user = await server.user("Anna")
    call = await server.lifecycle.create_call(user, title="Tea", is_video_enabled=True)
    assert re.fullmatch(r"[A-Za-z0-9_-]{16}", call.call_id)
    assert (call.title, call.is_video_enabled, call.status, call.creator) == ("Tea", True, "active", user)
    assert call.expires_at is not None
    assert (call.expires_at - call.created_at).total_seconds() == 86_400
    assert await server.lifecycle.find_call(call.call_id) == call


async def test_only_the_organizer_ends_and_only_once(server: Any) -> None:
    anna, boris = await server.user("Anna"), await server.user("Boris")
    call_id = await server.call(anna)
    with pytest.raises(NotOrganizer):
        await server.lifecycle.end_call(call_id, boris.id)
    assert (await server.lifecycle.end_call(call_id, anna.id)).status == "ended"
    with pytest.raises(CallNotActive):
        await server.lifecycle.end_call(call_id, anna.id)
    with pytest.raises(CallNotAvailable):
        await server.lifecycle.find_call(call_id)


async def test_a_call_past_its_time_is_expired_before_anybody_wrote_so(make_server: MakeServer) -> None:
    server = await make_server(SignalingConfig(call_ttl_s=-1))
    user = await server.user("Anna")
    call_id = await server.call(user)
    with pytest.raises(CallExpired):
        await server.lifecycle.find_call(call_id)
    with pytest.raises(CallNotActive):
        await server.lifecycle.end_call(call_id, user.id)
    await server.lifecycle.expire_due()
    with pytest.raises(CallExpired):
        await server.lifecycle.find_call(call_id)


@pytest.mark.parametrize("call_id", ["unknown", "", "\0", "я" * 300, "' OR 1=1 --", "%"])
async def test_no_call_has_such_an_id(server: Any, call_id: str) -> None:
    with pytest.raises(CallNotFound):
        await server.lifecycle.find_call(call_id)


async def test_the_newest_five_calls_of_a_person_are_kept(server: Any) -> None:
    anna, boris = await server.user("Anna"), await server.user("Boris")
    other = await server.call(boris)
    calls = [await server.call(anna) for _ in range(7)]
    for call_id in calls[:2]:
        with pytest.raises(CallNotAvailable):
            await server.lifecycle.find_call(call_id)
    for call_id in (*calls[2:], other):
        assert (await server.lifecycle.find_call(call_id)).status == "active"


async def test_a_call_knows_who_is_in_it(server: Any) -> None:
    anna, boris = await server.user("Anna"), await server.user("Boris")
    call_id = await server.call(anna)
    await server.join(call_id, anna)
    await server.join(call_id, boris)
    assert await server.journal.flush(20)
    assert (await server.lifecycle.find_call(call_id)).participants_count == 2


async def test_a_join_that_was_looked_up_before_the_end_comes_too_late(server: Any) -> None:
    user = await server.user("Anna")
    call_id = await server.call(user)
    call = await server.lifecycle.joinable(call_id)
    await server.lifecycle.end_call(call_id, user.id)

    class Late:
        session, v2, is_closing = "late", True, False
        refusal: Any = None

        def send(self, message: Any) -> bool:
            raise AssertionError("in the room")

        def refuse(self, refusal: Any) -> None:
            self.refusal = refusal

        def close(self, close_code: int) -> None:
            raise AssertionError("closed without a word")

    late = Late()
    assert server.rooms.join(late, call, server.identities[f"t{user.id}"], []) is False
    assert late.refusal.code == "ended"
    assert server.rooms.participants() == 0
