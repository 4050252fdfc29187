"""Participants of the documented protocol in groups, alone and among those of v2: each has a tone and a
colour, and is known by them to every other one."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import pytest
from aiortc import RTCPeerConnection

from telcall.client.media import Colour
from telcall.client.rest import Account

Join = Callable[..., Awaitable[Any]]
Accounts = dict[str, Account]
_PROTOCOLS = {"d": "documented", "v": "telcall.v2"}


async def gathered(join: Join, accounts: Accounts, kinds: str, *, lowest_first: bool = True) -> list[Any]:
    """One for each letter, `d` documented and `v` v2, in the order of joining."""
    names = list(accounts)[: len(kinds)]
    if not lowest_first:
        names.reverse()
    return [await join(name, protocol=_PROTOCOLS[kind]) for name, kind in zip(names, kinds, strict=True)]


async def all_perceive_all(guests: Sequence[Any]) -> None:
    pairs = [(one, other) for one in guests for other in guests if one is not other]
    try:
        await guests[0].waits(lambda: all(one.perceives(other) for one, other in pairs))
    except TimeoutError:
        missing = [
            f"{one.name} hears {one.hears(other)} sees {one.sees(other)} of {other.name}"
            for one, other in pairs
            if not one.perceives(other)
        ]
        raise AssertionError("; ".join(missing)) from None


@pytest.mark.parametrize("lowest_first", [True, False])
@pytest.mark.parametrize("kinds", ["ddd", "dddd", "ddv", "vvd", "dvdv"])
async def test_group_perceives_everybody(
    join: Join, accounts: Accounts, kinds: str, lowest_first: bool
) -> None:
    """In either order of joining: who has the lower id offers."""
    guests = await gathered(join, accounts, kinds, lowest_first=lowest_first)
    await all_perceive_all(guests)
    for guest in guests:
        if guest.participant.protocol == "telcall.v2":
            assert guest.participant.topology == "sfu"


@pytest.mark.parametrize("kinds", ["ddd", "dvd", "vdv"])
async def test_third_one_joins_two_who_are_connected_directly(
    join: Join, accounts: Accounts, kinds: str
) -> None:
    names = list(accounts)
    guests = [await join(names[at], protocol=_PROTOCOLS[kinds[at]]) for at in (0, 1)]
    await all_perceive_all(guests)
    guests.append(await join(names[2], protocol=_PROTOCOLS[kinds[2]]))
    await all_perceive_all(guests)


async def test_one_leaves_and_comes_back(join: Join, accounts: Accounts) -> None:
    guests = await gathered(join, accounts, "ddd")
    await all_perceive_all(guests)
    for _ in range(3):
        gone = guests.pop(0)
        await gone.participant.leave()
        await guests[0].waits(
            lambda g=gone: all(g.participant.user_id not in o.participant.people for o in guests)
        )
        await all_perceive_all(guests)
        guests.append(await join(gone.name, protocol="documented"))
        await all_perceive_all(guests)


async def test_another_connection_takes_over(join: Join, accounts: Accounts) -> None:
    """Of three, nobody else notices; of two, the other one begins anew."""
    for kinds in ("ddd", "dd", "dv"):
        guests = await gathered(join, accounts, kinds)
        await all_perceive_all(guests)
        before = guests[0]
        guests[0] = await join(before.name, protocol="documented")
        assert "4409" in await before.participant.wait_until_over()
        await all_perceive_all(guests)
        for guest in guests:
            await guest.participant.leave()


async def test_camera_goes_off_and_on(join: Join, accounts: Accounts) -> None:
    guests = anna, boris, clara = await gathered(join, accounts, "dvd")
    await all_perceive_all(guests)
    for _ in range(2):
        await anna.participant.set_camera(None)
        await boris.waits(lambda: not boris.sees(anna) and not clara.sees(anna))
        await anna.participant.set_camera(Colour((200, 40, 40), width=160, height=120, frame_rate=10))
        await all_perceive_all(guests)


async def test_each_documented_one_sends_one_copy(
    join: Join, accounts: Accounts, monkeypatch: pytest.MonkeyPatch
) -> None:
    connections: list[RTCPeerConnection] = []

    class Noted(RTCPeerConnection):
        def __init__(self, *args: Any, **options: Any) -> None:
            super().__init__(*args, **options)
            connections.append(self)

    async def sent() -> dict[int, tuple[str, int]]:
        """Packets so far, by SSRC."""
        reports = [await sender.getStats() for each in connections for sender in each.getSenders()]
        streams = [stream for report in reports for stream in report.values()]
        return {
            stream.ssrc: (stream.kind, stream.packetsSent)
            for stream in streams
            if stream.type == "outbound-rtp"
        }

    async def moving() -> list[str]:
        before = await sent()
        await asyncio.sleep(1)
        return sorted(
            kind for ssrc, (kind, packets) in (await sent()).items() if (kind, packets) != before.get(ssrc)
        )

    monkeypatch.setattr("telcall.client.p2p.RTCPeerConnection", Noted)
    guests = await gathered(join, accounts, "dddd")
    await all_perceive_all(guests)
    async with asyncio.timeout(10):
        while await moving() != ["audio"] * 4 + ["video"] * 4:
            pass
    await all_perceive_all(guests)
