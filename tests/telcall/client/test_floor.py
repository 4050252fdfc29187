"""What participants do besides talking: chat, hands, what hosts do, the locked door, and coming back."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from signaling.messages import LayersWanted, Reaction, ServerMessage, UserLeft, Waiting
from telcall.client.errors import JoinRefused, RequestFailed
from telcall.client.participant import Participant
from telcall.client.rest import Account, Rest
from telcall.client.session import Session

Join = Callable[..., Awaitable[Any]]
Accounts = dict[str, Account]


@pytest.fixture
def call_id(running: Any, accounts: Accounts) -> str:
    """A call of its own for each test: locks and removals stay with it. Anna is its host."""
    return str(running.post("/api/calls", {"title": "Test"}, accounts["Anna"].token)["call_id"])


async def test_chat_hands_and_reactions_reach_everybody(join: Join) -> None:
    told: list[ServerMessage] = []
    anna, boris = await join("Anna"), await join("Boris", on_message=told.append)
    await anna.waits(lambda: boris.participant.user_id in anna.participant.people)
    await anna.participant.floor.say("Hello")
    await anna.participant.floor.raise_hand()
    await anna.participant.floor.react("👍")
    anna_id = anna.participant.user_id
    await boris.waits(lambda: any(isinstance(each, Reaction) for each in told))
    assert [(line.user_id, line.text) for line in boris.participant.floor.chat] == [(anna_id, "Hello")]
    assert boris.participant.people[anna_id].hand
    assert anna.participant.floor.chat == boris.participant.floor.chat


async def test_host_mutes_removes_and_makes_another_host(join: Join) -> None:
    anna, boris, clara = [await join(name) for name in ("Anna", "Boris", "Clara")]
    assert [guest.participant.floor.role for guest in (anna, boris)] == ["host", "participant"]
    await anna.waits(lambda: anna.perceives(boris))
    boris_id, clara_id = boris.participant.user_id, clara.participant.user_id
    await anna.participant.floor.moderate("mute", boris_id)
    await anna.waits(lambda: not anna.participant.people[boris_id].media.audio)
    await anna.waits(lambda: not anna.participant.heard(boris_id) and anna.sees(boris))
    await anna.participant.floor.moderate("make_host", boris_id)
    await boris.waits(lambda: boris.participant.floor.role == "host")
    assert clara.participant.people[boris_id].role == "host"
    await boris.participant.floor.moderate("remove", clara_id)
    await clara.participant.wait_until_over()
    assert clara_id not in anna.participant.people
    with pytest.raises(JoinRefused) as refused:
        await join("Clara")
    assert refused.value.code == "removed"


async def test_who_comes_to_a_locked_call_is_let_in_or_turned_away(join: Join) -> None:
    anna = await join("Anna")
    await anna.participant.floor.moderate("lock")
    await anna.waits(lambda: anna.participant.floor.is_locked)
    told: list[ServerMessage] = []
    for name, admitted in (("Boris", True), ("Clara", False)):
        coming = asyncio.create_task(join(name, on_message=told.append))
        await anna.waits(lambda: bool(anna.participant.floor.knocking))
        (user_id,) = anna.participant.floor.knocking
        await anna.participant.floor.admit(user_id, admitted)
        if admitted:
            guest = await coming
            await anna.waits(lambda guest=guest: anna.perceives(guest))
        else:
            with pytest.raises(JoinRefused) as refused:
                await coming
            assert refused.value.code == "locked"
        await anna.waits(lambda: not anna.participant.floor.knocking)
    assert sum(isinstance(each, Waiting) for each in told) == 2


async def test_who_wants_the_server_keeps_the_call_there(join: Join) -> None:
    anna, boris = await join("Anna"), await join("Boris")
    await anna.waits(lambda: anna.perceives(boris))
    await boris.participant.floor.want_server()
    await anna.waits(lambda: anna.participant.topology == "sfu" and anna.perceives(boris))


@pytest.mark.parametrize("count", [2, 3])
async def test_lost_connection_is_resumed_and_nobody_notices(
    count: int, join: Join, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[Session] = []

    class Noted(Session):
        def __init__(self, *args: Any) -> None:
            super().__init__(*args)
            made.append(self)

    left: list[ServerMessage] = []
    anna = await join(
        "Anna", on_message=lambda each: left.append(each) if isinstance(each, UserLeft) else None
    )
    monkeypatch.setattr("telcall.client.link.Session", Noted)
    boris = await join("Boris")
    others = [await join("Clara")] if count == 3 else []
    await anna.waits(lambda: anna.perceives(boris) and boris.perceives(anna))
    (lost,) = made[:1]
    assert lost._socket is not None
    opened = len(made)
    await lost._socket.close(code=4000)
    await anna.participant.floor.say("meanwhile")
    await boris.waits(lambda: len(made) > opened and bool(boris.participant.floor.chat))
    await anna.waits(lambda: all(anna.perceives(each) for each in (boris, *others)))
    await boris.waits(lambda: boris.perceives(anna))
    assert not left
    assert [line.text for line in boris.participant.floor.chat] == ["meanwhile"]


async def test_who_has_said_goodbye_is_gone_at_once(join: Join) -> None:
    anna, boris = await join("Anna"), await join("Boris")
    await anna.waits(lambda: anna.perceives(boris))
    await boris.participant.leave()
    await anna.participant.wait_for(lambda: not anna.participant.people, 3)  # sooner than the window


async def test_who_waits_knows_what_comes_of_calling_a_friend(
    url: str, join: Join, accounts: Accounts, eventually: Any
) -> None:
    anna, boris = await join("Anna"), await join("Boris")
    boris_id = boris.participant.user_id
    await anna.waits(lambda: boris_id in anna.participant.people)  # from now on they are friends
    async with Rest(url) as rest:
        await rest.sign_in_as("Anna")
        call_id = None
        async with asyncio.timeout(10):
            while call_id is None:
                with contextlib.suppress(RequestFailed):  # the link is written behind the call
                    call_id = await rest.call_friend(boris_id)
        async with Participant.join(url, call_id, accounts["Anna"].token, ice_servers=[]) as waiting:
            await eventually(lambda: boris_id in waiting.floor.rings)
            assert waiting.floor.rings[boris_id].state == "unreachable"  # there is no bot here
            assert waiting.floor.rings[boris_id].user.first_name == "Boris"
            await rest.invite(call_id, boris_id)
            async with Participant.join(url, call_id, accounts["Boris"].token, ice_servers=[]):
                await eventually(lambda: not waiting.floor.rings)


async def test_picture_that_nobody_is_shown_is_not_sent_until_somebody_is(join: Join) -> None:
    told: list[ServerMessage] = []
    anna = await join("Anna", on_message=told.append)
    boris, clara = [await join(name, seats=0) for name in ("Boris", "Clara")]

    def wanted() -> list[str]:
        return [each.max_layer for each in told if isinstance(each, LayersWanted)]

    def sent() -> dict[str, bool]:
        return {outlet.kind: outlet.is_open for outlet in anna.participant._sfu._outlets}

    await anna.waits(lambda: wanted() == ["off"])
    assert sent() == {"audio": True, "video": False}
    await clara.participant.leave()
    daniel = await join("Daniel")
    await daniel.waits(lambda: daniel.perceives(anna))
    assert wanted() == ["off", "high"]
    assert sent() == {"audio": True, "video": True}
    assert boris.participant.topology == "sfu"


async def test_everybody_knows_how_links_fare(join: Join) -> None:
    guests = [await join(name) for name in ("Anna", "Boris", "Clara")]
    ids = {guest.participant.user_id for guest in guests}
    anna = guests[0]
    for guest in guests[1:]:
        await anna.waits(lambda guest=guest: anna.perceives(guest))  # type: ignore[misc]
    await anna.waits(lambda: set(anna.participant.floor.qualities) == ids)
    await anna.waits(lambda: all(each.reason == "good" for each in anna.participant.floor.qualities.values()))
    await guests[2].participant.leave()
    await anna.waits(lambda: guests[2].participant.user_id not in anna.participant.floor.qualities)


async def test_whoever_is_a_host_ends_the_call_and_rates_it(join: Join) -> None:
    anna, boris = await join("Anna"), await join("Boris")
    await anna.participant.floor.moderate("make_host", boris.participant.user_id)
    await boris.waits(lambda: boris.participant.floor.role == "host")
    with pytest.raises(ValueError, match="stars"):
        await boris.participant.floor.rate(6)
    await boris.participant.floor.rate(4, ["echo"])
    await boris.participant.floor.end_for_all()
    await anna.participant.wait_until_over()
    assert anna.participant.end_reason == "ended"
