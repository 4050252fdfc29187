"""What those in a call hear of somebody who is being called, over real sockets."""

from __future__ import annotations

from typing import Any

from signaling.messages import Ring, RingState, User
from signaling.ring_board import MAX_CALLS, MAX_RINGS, RingBoard


def ring(user: User, state: RingState = "ringing") -> Ring:
    return Ring(user_id=user.id, state=state, user=user)


async def test_who_waits_hears_what_comes_of_a_ring(server: Any) -> None:
    anna, boris = await server.user("Anna"), await server.user("Boris")
    call_id = await server.call(anna)
    waiting = await server.join(call_id, anna)
    server.bus.ring(call_id, ring(boris))
    server.bus.ring(call_id, ring(boris, "missed"))
    heard = [await waiting.hear(), await waiting.hear()]
    assert [(each["type"], each["user_id"], each["state"]) for each in heard] == [
        ("ring", boris.id, "ringing"),
        ("ring", boris.id, "missed"),
    ]
    assert heard[0]["user"]["first_name"] == "Boris"


async def test_a_ring_that_began_before_the_caller_came_is_told_after_the_snapshot(server: Any) -> None:
    anna, boris = await server.user("Anna"), await server.user("Boris")
    call_id = await server.call(anna)
    server.bus.ring(call_id, ring(boris))
    waiting = await server.join(call_id, anna)
    assert (await waiting.hear())["state"] == "ringing"


async def test_a_documented_client_hears_nothing_of_rings(server: Any) -> None:
    anna, boris = await server.user("Anna"), await server.user("Boris")
    call_id = await server.call(anna)
    server.bus.ring(call_id, ring(boris))
    waiting = await server.join(call_id, anna, v2=False)
    server.bus.ring(call_id, ring(boris, "declined"))
    await waiting.silence()


async def test_who_has_come_is_rung_no_more(server: Any) -> None:
    anna, boris = await server.user("Anna"), await server.user("Boris")
    call_id = await server.call(anna)
    waiting = await server.join(call_id, anna)
    server.bus.ring(call_id, ring(boris))
    await waiting.hear("ring")
    called = await server.join(call_id, boris)
    await called.silence()  # not told that they are being called
    await waiting.hear("user_joined")
    server.bus.ring(call_id, ring(boris, "missed"))  # crosses their coming
    await waiting.silence()
    await called.leave()
    again = await server.join(call_id, anna)
    await again.silence()


async def test_a_call_that_is_over_keeps_no_rings(server: Any) -> None:
    anna, boris = await server.user("Anna"), await server.user("Boris")
    call_id = await server.call(anna)
    server.bus.ring(call_id, ring(boris))
    await server.lifecycle.end_call(call_id, anna.id)
    server.bus.ring(call_id, ring(boris, "missed"))
    assert server.rooms._board.rings(call_id) == []


def test_the_board_is_bounded() -> None:
    board = RingBoard()
    for number in range(MAX_CALLS + 1):
        board.note(f"call {number}", ring(User(id=1)))
    assert board.rings("call 0") == []
    assert len(board.rings("call 1")) == 1
    for number in range(MAX_RINGS + 1):
        board.note("call 1", ring(User(id=number + 1)))
    assert len(board.rings("call 1")) == MAX_RINGS
    assert board.rings("call 1")[0].user_id == 2
