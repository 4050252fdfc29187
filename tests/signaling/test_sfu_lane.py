"""Commands reach the SFU in the room's order; what is out of date does not."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from sfu.client import ConnectionChanged, Description, MediaFlags, Offer, PeerDescribed, SeatWishes, SfuEvent
from sfu.errors import SdpRejected, UnknownParticipant
from signaling.messages import Error, ServerMessage, SessionDescription, SfuAnswer, SfuOffer
from signaling.outputs import (
    AnswerOffer,
    Describe,
    JoinSfu,
    LeaveSfu,
    SetForwarding,
    SetMedia,
    SetWishes,
    SfuCommand,
)
from signaling.sfu_lane import SfuLane


class GatedSfu:
    """Writes commands down; joins wait until the gate is open."""

    def __init__(self) -> None:
        self.gate = asyncio.Event()
        self.done: list[Any] = []
        self.failing: Exception | None = None
        self.rejection: SdpRejected | None = None

    async def join(
        self, room: str, participant: int, session: str, listener: Any, *, mesh: bool = False
    ) -> None:
        await self.gate.wait()
        self.done.append(("join_mesh" if mesh else "join", session))

    async def leave(self, room: str, participant: int, session: str) -> None:
        self.done.append(("leave", session))

    async def answer(self, room: str, participant: int, offer: Offer) -> str:
        self.done.append(("answer", offer.offer_id))
        return "v=0"

    async def describe(self, room: str, participant: int, peer: int, description: Description) -> None:
        await asyncio.sleep(0)
        if self.rejection is not None:
            raise self.rejection
        self.done.append((description.type, peer, description.sdp))

    def set_forwarding(self, room: str, on: bool) -> None:
        if self.failing is not None:
            raise self.failing
        self.done.append(("forwarding", on))

    def set_wishes(self, room: str, participant: int, wishes: SeatWishes) -> None:
        self.done.append(("wishes", wishes.pinned))

    def set_media(self, room: str, participant: int, media: MediaFlags) -> None:
        self.done.append(("media", media.audio))


class Replies:
    def __init__(self) -> None:
        self.messages: list[ServerMessage] = []

    def reply(self, session: str, message: ServerMessage) -> None:
        self.messages.append(message)

    def sfu_event(self, session: str, event: SfuEvent) -> None:
        raise AssertionError("the SFU said nothing")

    def sfu_refused(self, session: str) -> None:
        raise AssertionError("the SFU refused nobody")


def offer(offer_id: int) -> AnswerOffer:
    payload = SessionDescription(type="offer", sdp="v=0")
    return AnswerOffer(1, "a", SfuOffer(offer_id=offer_id, payload=payload, tracks={}, seats=[]))


def says(kind: Any, sdp: str, *, session: str = "a", peer: int = 2, ref: str | None = None) -> Describe:
    return Describe(1, session, peer, Description(kind, sdp), ref)


async def run(
    *commands: SfuCommand, failing: Exception | None = None, rejection: SdpRejected | None = None
) -> tuple[list[Any], Replies, int]:
    """Give all commands while the first one still waits; returns what was done."""
    sfu, replies, idles = GatedSfu(), Replies(), []
    sfu.failing, sfu.rejection = failing, rejection
    lane = SfuLane("call", sfu, replies, lambda: idles.append(1))
    for command in commands:
        lane.put(command)
    await asyncio.sleep(0)
    sfu.gate.set()
    await lane.close()
    assert lane.is_idle
    return sfu.done, replies, len(idles)


async def test_order_is_kept_and_the_lane_falls_idle_once() -> None:
    done, replies, idles = await run(
        JoinSfu(1, "a"), SetForwarding(False), offer(1), SetMedia(1, "a", MediaFlags(True, False, False))
    )
    assert done == [("join", "a"), ("forwarding", False), ("answer", 1), ("media", True)]
    payload = SessionDescription(type="answer", sdp="v=0")
    assert replies.messages == [SfuAnswer(offer_id=1, payload=payload)]
    assert idles == 1


async def test_only_the_newest_of_a_kind_is_carried_out() -> None:
    commands = [JoinSfu(1, "a")]
    for number in range(100):
        commands += [
            offer(number),
            SetWishes(1, "a", SeatWishes(pinned=number)),
            SetForwarding(number % 2 == 0),
        ]
    done, replies, _ = await run(*commands)
    assert done == [("join", "a"), ("answer", 99), ("wishes", 99), ("forwarding", False)]
    assert len(replies.messages) == 1


async def test_whoever_leaves_gets_no_answer_but_leaves() -> None:
    done, replies, _ = await run(JoinSfu(1, "a"), offer(1), SetWishes(1, "a", SeatWishes()), LeaveSfu(1, "a"))
    assert done == [("join", "a"), ("leave", "a")]
    assert replies.messages == []


async def test_a_join_that_replaced_somebody_is_carried_out_before_its_leave() -> None:
    done, _, _ = await run(JoinSfu(1, "a"), JoinSfu(1, "b"), LeaveSfu(1, "b"))
    assert done == [("join", "a"), ("join", "b"), ("leave", "b")]


async def test_a_refused_command_does_not_stop_the_following() -> None:
    for error in (UnknownParticipant(), RuntimeError("a defect")):
        done, _, _ = await run(JoinSfu(1, "a"), SetForwarding(True), LeaveSfu(1, "a"), failing=error)
        assert done == [("join", "a"), ("leave", "a")]


# --- mesh clients ---------------------------------------------------------------------------------------


async def test_the_newest_offer_and_the_newest_answer_go_to_each_peer_in_their_order() -> None:
    commands: list[SfuCommand] = [JoinSfu(1, "a", mesh=True), says("answer", "a0", peer=3)]
    for number in range(50):
        commands += [says("offer", f"o{number}"), says("answer", f"a{number}")]
    commands.append(says("offer", "o50"))
    done, replies, _ = await run(*commands)
    assert done == [("join_mesh", "a"), ("answer", 3, "a0"), ("answer", 2, "a49"), ("offer", 2, "o50")]
    assert replies.messages == []


async def test_with_a_leave_goes_what_was_to_be_said_by_and_to_whoever_leaves() -> None:
    done, _, _ = await run(
        JoinSfu(1, "a", mesh=True),
        says("offer", "to the one who leaves"),
        says("offer", "to one who stays", peer=3),
        LeaveSfu(2, "b"),
        JoinSfu(2, "c"),
        says("offer", "to the one who is back"),
    )
    assert done == [
        ("join_mesh", "a"),
        ("offer", 3, "to one who stays"),
        ("leave", "b"),
        ("join", "c"),
        ("offer", 2, "to the one who is back"),
    ]
    done, _, _ = await run(JoinSfu(1, "a", mesh=True), says("offer", "x"), LeaveSfu(1, "a"))
    assert done == [("join_mesh", "a"), ("leave", "a")]


@pytest.mark.parametrize("code", ["invalid_sdp", "unsupported"])
async def test_a_description_the_sfu_rejects_is_told_to_its_sender(code: Any) -> None:
    _, replies, _ = await run(
        JoinSfu(1, "a", mesh=True), says("offer", "x", ref="m1"), rejection=SdpRejected(code, "no audio")
    )
    assert replies.messages == [Error(detail="no audio", code=code, ref="m1")]


async def test_what_the_sfu_says_of_somebody_who_leaves_is_past_until_it_knows() -> None:
    sfu = GatedSfu()
    lane = SfuLane("call", sfu, Replies(), lambda: None)
    of_two, of_three = (PeerDescribed(peer, Description("offer", "v=0")) for peer in (2, 3))
    lane.put(JoinSfu(4, "d"))
    lane.put(LeaveSfu(2, "b"))
    lane.put(JoinSfu(2, "c"))
    assert lane.is_past("a", of_two)
    assert not lane.is_past("a", of_three)
    assert lane.is_past("b", of_three)
    assert lane.is_past("b", ConnectionChanged("connected"))
    sfu.gate.set()
    await lane.close()
    assert not lane.is_past("a", of_two)
