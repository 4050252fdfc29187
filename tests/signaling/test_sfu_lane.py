"""Commands reach the SFU in the room's order; what is out of date does not."""

from __future__ import annotations

import asyncio
from typing import Any

from sfu.client import MediaFlags, Offer, SeatWishes, SfuEvent
from sfu.errors import UnknownParticipant
from signaling.messages import ServerMessage, SessionDescription, SfuAnswer, SfuOffer
from signaling.outputs import AnswerOffer, JoinSfu, LeaveSfu, SetForwarding, SetMedia, SetWishes, SfuCommand
from signaling.sfu_lane import SfuLane


class GatedSfu:
    """Writes commands down; joins wait until the gate is open."""

    def __init__(self) -> None:
        self.gate = asyncio.Event()
        self.done: list[Any] = []
        self.failing: Exception | None = None

    async def join(self, room: str, participant: int, session: str, listener: Any) -> None:
        await self.gate.wait()
        self.done.append(("join", session))

    async def leave(self, room: str, participant: int, session: str) -> None:
        self.done.append(("leave", session))

    async def answer(self, room: str, participant: int, offer: Offer) -> str:
        self.done.append(("answer", offer.offer_id))
        return "v=0"

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


async def run(*commands: SfuCommand, failing: Exception | None = None) -> tuple[list[Any], Replies, int]:
    """Give all commands while the first one still waits; returns what was done."""
    sfu, replies, idles = GatedSfu(), Replies(), []
    sfu.failing = failing
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
