"""Participants in calls on a real server: each has a tone and a colour, and is known by them."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from telcall.client.errors import JoinRefused
from telcall.client.media import Colour, Tone
from telcall.client.participant import Participant
from telcall.client.rest import Account

Join = Callable[..., Awaitable[Any]]


async def test_two_hear_and_see_each_other_directly(join: Join) -> None:
    anna, boris = await join("Anna"), await join("Boris")
    await anna.waits(lambda: anna.perceives(boris) and boris.perceives(anna))
    assert anna.participant.topology == boris.participant.topology == "p2p"
    assert anna.participant.is_connected
    assert anna.participant.people[boris.participant.user_id].name == "Boris"


async def test_three_hear_and_see_each_other_through_the_sfu(join: Join) -> None:
    guests = [await join(name) for name in ("Anna", "Boris", "Clara")]
    pairs = [(one, other) for one in guests for other in guests if one is not other]
    await guests[0].waits(lambda: all(one.perceives(other) for one, other in pairs))
    assert {guest.participant.topology for guest in guests} == {"sfu"}
    assert {seat.user_id for seat in guests[0].participant.seating} >= {
        guest.participant.user_id for guest in guests[1:]
    }
