"""Participants in calls on a real server: each has a tone and a colour, and is known by them."""

from __future__ import annotations

import asyncio
import wave
from array import array
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from itertools import pairwise
from pathlib import Path
from typing import Any

import av
import pytest
from aiortc import RTCConfiguration, RTCPeerConnection, RTCSessionDescription

from signaling.messages import Answer, Error, Offer, RelayedAnswer, RelayedOffer, ServerMessage
from telcall.client.errors import JoinRefused
from telcall.client.files import Recorder
from telcall.client.measure import loudest, mean_colour
from telcall.client.media import Colour, Tone
from telcall.client.participant import Participant
from telcall.client.rest import Account
from telcall.client.session import Session

Join = Callable[..., Awaitable[Any]]
Accounts = dict[str, Account]
Leftovers = Callable[[], set[str]]
Eventually = Callable[[Callable[[], bool]], Awaitable[None]]
TONES_HZ = {"Anna": 440, "Boris": 660, "Clara": 880}


class Arrivals(Recorder):
    """Notes when sound came instead of the sound."""

    def __init__(self, directory: Path) -> None:
        super().__init__(directory, 0)
        self._at_s: dict[int, list[float]] = {}

    def sound(self, user_id: int, name: str, samples: array[int], now_s: float) -> None:
        self._at_s.setdefault(user_id, []).append(now_s)

    def longest_gap_s(self, user_id: int) -> float:
        return max(later - earlier for earlier, later in pairwise(self._at_s[user_id]))


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


async def test_third_one_moves_the_call_to_the_sfu_and_back_without_a_gap(join: Join, tmp_path: Path) -> None:
    arrivals = Arrivals(tmp_path)
    anna, boris = await join("Anna", recorder=arrivals), await join("Boris")
    await anna.waits(lambda: anna.perceives(boris) and boris.perceives(anna))
    clara = await join("Clara")
    await anna.waits(lambda: anna.participant.topology == "sfu" and clara.perceives(anna))
    await anna.waits(lambda: anna.perceives(clara) and anna.perceives(boris) and boris.perceives(anna))
    await clara.participant.leave()
    await anna.waits(lambda: anna.participant.topology == "p2p" and anna.participant.is_connected)
    await asyncio.sleep(1.5)  # by now nothing goes through the SFU any more
    await anna.waits(lambda: anna.perceives(boris) and boris.perceives(anna))
    assert arrivals.longest_gap_s(boris.participant.user_id) < 1


async def test_what_is_heard_is_recorded(join: Join, tmp_path: Path) -> None:
    with Recorder(tmp_path, asyncio.get_running_loop().time(), video=True) as recorder:
        anna, boris = await join("Anna", recorder=recorder), await join("Boris")
        await anna.waits(lambda: anna.perceives(boris))
        await anna.waits(lambda: len(anna.participant.heard(boris.participant.user_id)) == 24_000)
        await anna.participant.leave()
    path = recorder.paths[boris.participant.user_id]
    assert path.name.endswith("-Boris.wav")
    with wave.open(str(path), "rb") as file:
        last = array("h", file.readframes(file.getnframes()))[-9_600:]
    assert loudest(last, TONES_HZ.values()) == TONES_HZ["Boris"]
    with av.open(str(recorder.video_paths[boris.participant.user_id])) as video:
        picture = list(video.decode(video=0))[-1]
    assert mean_colour(picture) == pytest.approx((40, 180, 40), abs=30)


async def test_broken_connection_to_the_sfu_is_made_anew(join: Join, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[RTCPeerConnection] = []

    class Noted(RTCPeerConnection):
        def __init__(self, *args: Any, **options: Any) -> None:
            super().__init__(*args, **options)
            made.append(self)

    others = [await join("Anna"), await join("Boris")]
    await others[0].waits(lambda: others[0].perceives(others[1]))
    monkeypatch.setattr("telcall.client.sfu.RTCPeerConnection", Noted)
    clara = await join("Clara")
    await clara.waits(lambda: all(clara.perceives(other) and other.perceives(clara) for other in others))
    (connection,) = made
    await connection.close()
    await clara.waits(lambda: not clara.hears(others[0]) and len(made) == 2)
    await clara.waits(lambda: all(clara.perceives(other) and other.perceives(clara) for other in others))


@pytest.mark.parametrize("documented_has_the_lower_id", [True, False])
async def test_v2_and_documented_perceive_each_other(
    join: Join, accounts: Accounts, documented_has_the_lower_id: bool
) -> None:
    lower, higher, *_ = accounts
    documented, v2 = (lower, higher) if documented_has_the_lower_id else (higher, lower)
    one = await join(documented, protocol="documented")
    other = await join(v2)
    await one.waits(lambda: one.perceives(other) and other.perceives(one))
    assert other.participant.people[one.participant.user_id].protocol == "documented"


async def test_two_documented_ones_perceive_each_other(join: Join) -> None:
    anna, boris = [await join(name, protocol="documented") for name in ("Anna", "Boris")]
    await anna.waits(lambda: anna.perceives(boris) and boris.perceives(anna))


async def test_peer_that_offers_sound_alone_is_offered_the_picture(
    url: str, call_id: str, accounts: Accounts, join: Join
) -> None:
    lower, higher, *_ = accounts
    guest = await join(higher)
    async with AsyncExitStack() as stack:
        session = await stack.enter_async_context(Session(url, call_id, accounts[lower].token, "documented"))
        connection = RTCPeerConnection(RTCConfiguration(iceServers=[]))
        stack.push_async_callback(connection.close)
        connection.addTransceiver("audio")
        await connection.setLocalDescription(await connection.createOffer())
        payload = {"type": "offer", "sdp": connection.localDescription.sdp}
        await session.send(Offer(to_user_id=guest.participant.user_id, payload=payload))

        async with asyncio.timeout(20):
            answer = await _next(session, RelayedAnswer)
            await connection.setRemoteDescription(RTCSessionDescription(**answer.payload))
            offer = await _next(session, RelayedOffer)
            assert "m=video" not in answer.payload["sdp"]
            assert "m=video" in offer.payload["sdp"]
            await connection.setRemoteDescription(RTCSessionDescription(**offer.payload))
            await connection.setLocalDescription(await connection.createAnswer())
            payload = {"type": "answer", "sdp": connection.localDescription.sdp}
            await session.send(Answer(to_user_id=guest.participant.user_id, payload=payload))
            video = next(each for each in connection.getTransceivers() if each.kind == "video")
            assert (await video.receiver.track.recv()).width == 160


async def test_what_a_peer_sends_wrongly_does_not_end_the_call(
    url: str, call_id: str, accounts: Accounts, join: Join
) -> None:
    lower, higher, *rest = accounts
    guest = await join(higher)
    async with Session(url, call_id, accounts[lower].token, "documented") as session:
        for payload in ("hello", None, {"type": "offer", "sdp": "v=0\r\nm=video x"}, {"sdp": 3}, []):
            await session.send(Offer(to_user_id=guest.participant.user_id, payload=payload))
    await guest.waits(lambda: not guest.participant.people)
    third = await join(rest[0])
    await guest.waits(lambda: guest.perceives(third) and third.perceives(guest))


async def test_camera_goes_off_and_on_without_a_new_description(join: Join) -> None:
    described: list[ServerMessage] = []

    def note(message: ServerMessage) -> None:
        if isinstance(message, RelayedOffer | RelayedAnswer):
            described.append(message)

    anna, boris = await join("Anna", on_message=note), await join("Boris", on_message=note)
    await anna.waits(lambda: anna.perceives(boris))
    described.clear()
    await boris.participant.set_camera(None)
    await anna.waits(lambda: anna.participant.seen(boris.participant.user_id) is None)
    assert not anna.participant.people[boris.participant.user_id].media.video
    await boris.participant.set_camera(Colour((40, 180, 40), width=160, height=120))
    await anna.waits(lambda: anna.sees(boris))
    assert described == []


async def test_muted_one_is_not_heard_until_another_microphone_comes(join: Join) -> None:
    anna, boris = await join("Anna"), await join("Boris")
    await anna.waits(lambda: anna.hears(boris))
    await boris.participant.set_microphone(None)
    await anna.waits(lambda: not anna.participant.heard(boris.participant.user_id))
    assert not anna.participant.people[boris.participant.user_id].media.audio
    await boris.participant.set_microphone(Tone(880))
    await anna.waits(lambda: anna.tone_of(boris) == 880)


async def test_one_who_left_is_perceived_again_after_coming_back(join: Join) -> None:
    anna, boris = await join("Anna"), await join("Boris")
    await anna.waits(lambda: anna.perceives(boris))
    await boris.participant.leave()
    await anna.waits(lambda: not anna.participant.people)
    assert boris.participant.has_ended
    again = await join("Boris")
    await anna.waits(lambda: anna.perceives(again) and again.perceives(anna))


async def test_later_connection_of_the_same_person_takes_over(join: Join) -> None:
    anna, boris = await join("Anna"), await join("Boris")
    await anna.waits(lambda: anna.perceives(boris))
    again = await join("Boris")
    assert "4409" in await boris.participant.wait_until_over()
    assert boris.participant.has_ended
    await anna.waits(lambda: anna.perceives(again) and again.perceives(anna))


async def test_nothing_is_left_behind(join: Join, leftovers: Leftovers, eventually: Eventually) -> None:
    guests = [await join(name) for name in ("Anna", "Boris", "Clara")]
    await guests[0].waits(lambda: guests[0].perceives(guests[1]) and guests[2].perceives(guests[0]))
    assert leftovers()
    for guest in guests:
        await guest.participant.leave()
    await eventually(lambda: not leftovers())


async def test_nothing_is_left_behind_by_those_who_leave_at_once(
    join: Join, leftovers: Leftovers, eventually: Eventually
) -> None:
    for protocol in ("telcall.v2", "documented"):
        guests = [await join(name, protocol=protocol) for name in ("Anna", "Boris")]
        for guest in guests:
            await guest.participant.leave()
    await eventually(lambda: not leftovers())


async def test_call_that_does_not_exist_is_refused(url: str, accounts: Accounts) -> None:
    with pytest.raises(JoinRefused) as refused:
        async with Participant.join(url, "no-such-call", accounts["Anna"].token):
            pass
    assert refused.value.code == "not_found"


async def test_wrong_token_is_refused(url: str, call_id: str) -> None:
    with pytest.raises(JoinRefused) as refused:
        async with Participant.join(url, call_id, "wrong"):
            pass
    assert refused.value.code == "unauthorized"


async def _next(session: Session, wanted: type[Any]) -> Any:
    async for message in session.messages():
        assert not isinstance(message, Error)
        if isinstance(message, wanted):
            return message
    raise AssertionError("the connection was closed")
