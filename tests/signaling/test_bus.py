"""What every bus promises to sockets and to the life of calls, and that ours keeps it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import pytest
from prometheus_client import CollectorRegistry

from sfu.client import Sfu
from signaling.bus import Bus, RoomUnreachable
from signaling.config import SignalingConfig
from signaling.edge import RoomCall
from signaling.identity import Identity
from signaling.local_bus import LocalBus
from signaling.messages import Offer, Ping, ServerMessage, User
from signaling.metrics import SignalingMetrics
from signaling.refusals import Refusal
from signaling.registry import Claim, LocalRegistry, Registry, RegistryUnavailable
from signaling.resume import ResumeTokens
from signaling.rooms import Rooms

Until = Callable[[Callable[[], bool]], Awaitable[None]]
CALL = RoomCall("AAAABBBBCCCCDDDD", 7, 1)


@dataclass
class EdgePeer:
    """A client's end without a socket. `is_full`: it cannot take a message any more."""

    session: str
    v2: bool = True
    is_closing: bool = False
    is_full: bool = False
    heard: list[ServerMessage] = field(default_factory=list)
    refused: Refusal | None = None
    close_code: int | None = None

    def send(self, message: ServerMessage) -> bool:
        if self.is_full:
            return False
        self.heard.append(message)
        return True

    def refuse(self, refusal: Refusal) -> None:
        self.refused = refusal
        self.close(refusal.close_code)

    def close(self, close_code: int) -> None:
        self.close_code, self.is_closing = close_code, True

    @property
    def types(self) -> list[str]:
        return [message.type for message in self.heard]


class NoJournal:
    """Rows are not what this is about."""

    def joined(self, session_id: str, call_row_id: int, user_id: int, at: datetime) -> None: ...

    def left(self, session_id: str, at: datetime) -> None: ...

    def met(self, user_id: int, others: Iterable[int], at: datetime) -> None: ...

    def rated(
        self, call_row_id: int, user_id: int, stars: int, reasons: Sequence[str], at: datetime
    ) -> None: ...


def who(user_id: int) -> Identity:
    return Identity(User(id=user_id))


class BusContract:
    """To be inherited by the tests of each implementation. What is said may take its time to arrive."""

    @pytest.fixture
    def make_bus(self, local_parts: LocalParts) -> Callable[..., Bus]:
        raise NotImplementedError

    @pytest.fixture
    def bus(self, make_bus: Callable[..., Bus]) -> Bus:
        return make_bus()

    async def test_who_joins_hears_the_first_messages(self, bus: Bus, until: Until) -> None:
        modern, plain = EdgePeer("m"), EdgePeer("p", v2=False)
        assert await bus.join(modern, CALL, who(1), [])
        assert await bus.join(plain, CALL, who(2), [])
        await until(lambda: len(modern.heard) == 4 and len(plain.heard) == 2)
        assert modern.types == ["welcome", "call_metadata", "participants_snapshot", "user_joined"]
        assert plain.types == ["call_metadata", "participants_snapshot"]

    async def test_words_arrive_in_the_order_they_were_said(self, bus: Bus, until: Until) -> None:
        one, two = EdgePeer("one"), EdgePeer("two")
        await bus.join(one, CALL, who(1), [])
        await bus.join(two, CALL, who(2), [])
        for number in range(100):
            bus.receive("one", Offer(to_user_id=2, payload=number))
            bus.receive("two", Ping(t=number))
        await until(lambda: len(two.heard) == 203)
        assert [m.payload for m in two.heard if m.type == "offer"] == list(range(100))
        assert [m.t for m in two.heard if m.type == "pong"] == list(range(100))

    async def test_other_calls_hear_nothing(self, bus: Bus, until: Until) -> None:
        here, there = EdgePeer("here"), EdgePeer("there")
        await bus.join(here, CALL, who(1), [])
        await bus.join(there, RoomCall("another", 8, 1), who(2), [])
        bus.receive("here", Offer(to_user_id=2, payload=1))
        await until(lambda: "error" in here.types)
        assert there.types == ["welcome", "call_metadata", "participants_snapshot"]

    async def test_the_last_word_is_before_the_leave(self, bus: Bus, until: Until) -> None:
        one, two = EdgePeer("one"), EdgePeer("two")
        await bus.join(one, CALL, who(1), [])
        await bus.join(two, CALL, who(2), [])
        bus.receive("two", Offer(to_user_id=1, payload=1))
        bus.disconnect("two")
        bus.disconnect("two")
        bus.receive("two", Offer(to_user_id=1, payload=2))
        bus.receive("one", Ping(t=1))
        await until(lambda: "pong" in one.types)
        assert one.types[3:] == ["user_joined", "offer", "user_left", "pong"]

    async def test_a_full_room_refuses(self, make_bus: Callable[..., Bus], until: Until) -> None:
        bus = make_bus(SignalingConfig(max_participants=1))
        await bus.join(EdgePeer("one"), CALL, who(1), [])
        two = EdgePeer("two")
        assert not await bus.join(two, CALL, who(2), [])
        await until(lambda: two.refused is not None)
        assert (two.refused and two.refused.code, two.heard) == ("room_full", [])
        bus.disconnect("two")

    async def test_who_is_being_closed_does_not_come_in(self, bus: Bus, until: Until) -> None:
        one = EdgePeer("one")
        await bus.join(one, CALL, who(1), [])
        assert not await bus.join(EdgePeer("two", is_closing=True), CALL, who(1), [])
        bus.receive("one", Ping(t=1))
        await until(lambda: "pong" in one.types)
        assert one.close_code is None

    async def test_who_cannot_be_told_is_out(self, bus: Bus, until: Until) -> None:
        one, two = EdgePeer("one"), EdgePeer("two")
        await bus.join(one, CALL, who(1), [])
        await bus.join(two, CALL, who(2), [])
        two.is_full = True
        bus.receive("one", Offer(to_user_id=2, payload=1))
        await until(lambda: "user_left" in one.types)

    @pytest.mark.parametrize(("reason", "code"), [("ended", "ended"), ("expired", "expired")])
    async def test_the_end_reaches_everybody_and_stays(
        self, bus: Bus, until: Until, reason: str, code: str
    ) -> None:
        peers = [EdgePeer("one"), EdgePeer("two", v2=False)]
        for number, peer in enumerate(peers, 1):
            await bus.join(peer, CALL, who(number), [])
        bus.end(CALL.call_id, reason)
        bus.end(CALL.call_id, reason)
        bus.end("no such room", reason)
        await until(lambda: all(peer.close_code is not None for peer in peers))
        assert [(peer.types.count("call_ended"), peer.close_code) for peer in peers] == [(1, 1000)] * 2
        late = EdgePeer("late")
        assert not await bus.join(late, CALL, who(3), [])
        await until(lambda: late.refused is not None)
        assert (late.refused and late.refused.code, late.heard) == (code, [])

    async def test_a_room_that_ends_by_itself_says_so_once(
        self, make_bus: Callable[..., Bus], until: Until
    ) -> None:
        bus = make_bus(SignalingConfig(max_call_duration_s=0.05))
        over: list[str] = []
        bus.on_call_over = over.append
        one = EdgePeer("one")
        await bus.join(one, CALL, who(1), [])
        await until(lambda: bool(over))
        assert (over, one.close_code) == ([CALL.call_id], 1000)

    async def test_rooms_can_be_looked_at(self, bus: Bus, until: Until) -> None:
        modern, plain = EdgePeer("m"), EdgePeer("p", v2=False)
        await bus.join(modern, CALL, who(1), [])
        await bus.join(plain, CALL, who(2), [])
        await bus.join(EdgePeer("there"), RoomCall("another", 8, 3), who(3), [])
        await until(lambda: "user_joined" in modern.types)
        room = await bus.room(CALL.call_id)
        assert room is not None
        assert [(person.user.id, person.protocol) for person in room.participants] == [
            (1, "telcall.v2"),
            (2, "documented"),
        ]
        first = await bus.rooms(None, 1)
        assert (first.total, first.more, first.rooms) == (2, True, (room,))
        rest = await bus.rooms((room.started_at, room.call_id), 1)
        assert ([each.call_id for each in rest.rooms], rest.more) == (["another"], False)
        assert await bus.room("no such room") is None

    async def test_who_is_removed_hears_why_and_the_others_that_they_left(
        self, bus: Bus, until: Until
    ) -> None:
        one, two, plain = EdgePeer("one"), EdgePeer("two"), EdgePeer("plain", v2=False)
        for number, peer in enumerate((one, two, plain), 1):
            await bus.join(peer, CALL, who(number), [])
        for number, peer in ((2, two), (3, plain)):
            assert await bus.remove(CALL.call_id, number)
            await until(lambda peer=peer: peer.close_code is not None)
            assert (peer.types[-1], peer.close_code) == ("error", 4403)
            assert peer.heard[-1].code == "removed"
        await until(lambda: one.types.count("user_left") == 2)
        assert not await bus.remove(CALL.call_id, 2)
        back = EdgePeer("back")
        assert not await bus.join(back, CALL, who(2), [])
        await until(lambda: back.refused is not None)
        assert back.refused is not None
        assert (back.refused.code, back.close_code) == ("removed", 4403)
        assert not await bus.remove("no such room", 2)

    async def test_an_empty_room_begins_anew(self, bus: Bus, until: Until) -> None:
        for round_ in range(20):
            peer = EdgePeer(f"peer {round_}")
            assert await bus.join(peer, CALL, who(1), [])
            await until(lambda peer=peer: len(peer.heard) == 3)
            bus.disconnect(peer.session)


@dataclass
class LocalParts:
    """Rooms of this process for as many buses as a test makes."""

    make_sfu: Callable[[], Sfu]
    stack: AsyncExitStack

    def bus(self, config: SignalingConfig | None = None, registry: Registry | None = None) -> LocalBus:
        metrics = SignalingMetrics(CollectorRegistry(), lambda _name: None)
        rooms = Rooms(
            config or SignalingConfig(resume_window_s=0),
            self.make_sfu(),
            NoJournal(),
            metrics,
            ResumeTokens(b"k" * 32, "here"),
        )
        bus = LocalBus(registry or LocalRegistry("here"), rooms, "here")
        self.stack.push_async_callback(bus.close)
        self.stack.push_async_callback(rooms.close)
        if isinstance(registry, SlowRegistry):
            self.stack.callback(registry.releases.set)  # a test that failed must end too
        return bus


@pytest.fixture
async def local_parts(recording_sfu: Callable[[], Sfu]) -> Any:
    async with AsyncExitStack() as stack:
        yield LocalParts(recording_sfu, stack)


class TestLocalBus(BusContract):
    @pytest.fixture
    def make_bus(self, local_parts: LocalParts) -> Callable[..., Bus]:
        return local_parts.bus


# --- our bus and the registry ---------------------------------------------------------------------------


class SlowRegistry(LocalRegistry):
    """Waits at its gates; writes down what it was asked, when it is done."""

    def __init__(self) -> None:
        super().__init__("here")
        self.claims, self.releases = asyncio.Event(), asyncio.Event()
        self.claims.set()
        self.done: list[tuple[str, int]] = []
        self.is_down = False
        self.owner: str | None = None

    async def claim(self, call_id: str) -> Claim:
        await self.claims.wait()
        if self.is_down:
            raise RegistryUnavailable
        claim = await super().claim(call_id)
        await asyncio.sleep(0)  # its answer is on the way
        self.done.append(("claim", claim.epoch))
        return claim if self.owner is None else Claim(self.owner, claim.epoch)

    async def release(self, call_id: str, epoch: int) -> None:
        await self.releases.wait()
        if self.is_down:
            raise RegistryUnavailable
        await super().release(call_id, epoch)
        self.done.append(("release", epoch))


async def test_a_room_is_given_up_after_its_last_and_owned_anew(local_parts: LocalParts) -> None:
    registry = SlowRegistry()
    registry.releases.set()
    bus = local_parts.bus(registry=registry)
    for _ in range(2):
        for number in (1, 2):
            assert await bus.join(EdgePeer(f"s{number}"), CALL, who(number), [])
        bus.disconnect("s1")
        bus.disconnect("s2")
        await bus.close()
    one, two = ("claim", 1), ("claim", 2)
    assert registry.done == [one, one, ("release", 1), two, two, ("release", 2)]


async def test_who_joins_while_the_room_is_given_up_waits_for_that(
    local_parts: LocalParts, until: Until
) -> None:
    registry = SlowRegistry()
    bus = local_parts.bus(registry=registry)
    await bus.join(EdgePeer("a"), CALL, who(1), [])
    bus.disconnect("a")
    joining = [asyncio.create_task(bus.join(EdgePeer(f"b{n}"), CALL, who(n), [])) for n in (2, 3)]
    for _ in range(10):
        await asyncio.sleep(0)
    assert registry.done == [("claim", 1)]
    registry.releases.set()
    assert await asyncio.gather(*joining) == [True, True]
    assert registry.done == [("claim", 1), ("release", 1), ("claim", 2), ("claim", 2)]


async def test_a_room_that_somebody_is_joining_is_not_given_up(local_parts: LocalParts) -> None:
    registry = SlowRegistry()
    registry.releases.set()
    bus = local_parts.bus(registry=registry)
    await bus.join(EdgePeer("a"), CALL, who(1), [])
    registry.claims.clear()
    joining = asyncio.create_task(bus.join(EdgePeer("b"), CALL, who(2), []))
    await asyncio.sleep(0)
    bus.disconnect("a")  # the last one goes while the next one has not come in yet
    registry.claims.set()
    assert await joining
    assert registry.done == [("claim", 1), ("claim", 1)]
    bus.disconnect("b")
    await bus.close()
    assert registry.done[-1] == ("release", 1)


async def test_a_claim_for_somebody_who_is_refused_is_given_up(local_parts: LocalParts) -> None:
    registry = SlowRegistry()
    registry.releases.set()
    bus = local_parts.bus(registry=registry)
    bus.end(CALL.call_id, "ended")
    assert not await bus.join(EdgePeer("a"), CALL, who(1), [])
    await bus.close()
    assert registry.done == [("claim", 1), ("release", 1)]


async def test_a_join_that_is_given_up_leaves_nothing(local_parts: LocalParts) -> None:
    registry = SlowRegistry()
    registry.claims.clear()
    bus = local_parts.bus(registry=registry)
    joining = asyncio.create_task(bus.join(EdgePeer("a"), CALL, who(1), []))
    await asyncio.sleep(0)
    joining.cancel()
    with pytest.raises(asyncio.CancelledError):
        await joining
    assert not bus._joining
    assert not bus._epochs
    assert not bus._releases


async def test_without_the_registry_nobody_new_comes_in_and_those_inside_go_on(
    local_parts: LocalParts, until: Until
) -> None:
    registry = SlowRegistry()
    registry.releases.set()
    bus = local_parts.bus(registry=registry)
    one, two = EdgePeer("one"), EdgePeer("two")
    await bus.join(one, CALL, who(1), [])
    registry.is_down = True
    with pytest.raises(RoomUnreachable):
        await bus.join(two, CALL, who(2), [])
    assert (two.heard, two.refused) == ([], None)
    bus.receive("one", Ping(t=1))
    await until(lambda: "pong" in one.types)
    bus.disconnect("one")
    await bus.close()  # the release fails too, which is nobody's trouble


async def test_a_room_of_another_node_cannot_be_reached(local_parts: LocalParts) -> None:
    registry = SlowRegistry()
    registry.owner = "another"
    bus = local_parts.bus(registry=registry)
    with pytest.raises(RoomUnreachable):
        await bus.join(EdgePeer("one"), CALL, who(1), [])
    await bus.close()
    assert registry.done == [("claim", 1)]  # what is not ours is not given up
