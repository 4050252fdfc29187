"""Webhooks over HTTP, to receivers that are well, slow, wrong, or down."""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

import pytest
from prometheus_client import CollectorRegistry

from signaling.messages import User
from signaling.room_state import CallEvent
from telcall.webhook_queue import QueueLimits
from telcall.webhook_signature import signature
from telcall.webhooks import WebhookConfig, Webhooks
from tests.telcall.webhook_receiver import SECRET, Receiver, documented_check, is_signed

AT = datetime(2026, 11, 24, 12, 0, 0, 250_000, tzinfo=UTC)
QUICK = QueueLimits(first_retry_s=0.02, max_retry_s=0.1, max_tries=1_000)


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    made = Receiver(port)
    made.open.set()
    yield made
    made.open.set()
    await made.stop()


Sender = Callable[..., Awaitable[Webhooks]]


@dataclass
class Senders:
    """Starts senders; `metric` reads a number of the last one."""

    receiver: Receiver
    stack: AsyncExitStack
    registry: CollectorRegistry = field(default_factory=CollectorRegistry)

    async def start(self, limits: QueueLimits = QUICK, **config: Any) -> Webhooks:
        self.registry = CollectorRegistry()
        usual = WebhookConfig(self.receiver.url, SECRET, user_agent="telcall/1", limits=limits)
        webhooks = Webhooks(replace(usual, **config), self.registry)
        return await self.stack.enter_async_context(webhooks)

    def metric(self, name: str, **labels: str) -> float | None:
        return self.registry.get_sample_value(name, labels)


@pytest.fixture
async def senders(receiver: Receiver) -> AsyncIterator[Senders]:
    async with AsyncExitStack() as stack:
        yield Senders(receiver, stack)


def told(call_id: str, number: int) -> CallEvent:
    return CallEvent("participant.joined", call_id, AT, User(id=number, first_name="Анна"))


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not condition():  # noqa: ASYNC110
            await asyncio.sleep(0.005)


async def test_event_arrives_signed(receiver: Receiver, senders: Senders) -> None:
    await receiver.start()
    webhooks = await senders.start()
    webhooks.on_event(told("a", 7))
    webhooks.on_event(CallEvent("call.ended", "a", AT, reason="empty"))
    await until(lambda: len(receiver.taken) == 2)
    joined, ended = receiver.taken
    event_id = joined.pop("id")
    assert event_id.startswith("evt_")
    assert event_id != ended.pop("id")
    assert joined == {
        "type": "participant.joined",
        "at": "2026-11-24T12:00:00.250000Z",
        "call_id": "a",
        "user": {"id": 7, "first_name": "Анна", "last_name": None, "username": None, "photo_url": None},
    }
    assert ended == {
        "type": "call.ended",
        "at": "2026-11-24T12:00:00.250000Z",
        "call_id": "a",
        "reason": "empty",
    }
    request, body = receiver.requests[0], receiver.bodies[0]
    assert (request.method, request.path_qs) == ("POST", "/hook?for=calls")
    assert request.headers["Content-Type"] == "application/json"
    assert request.headers["User-Agent"] == "telcall/1"
    assert is_signed(request, body)
    assert not is_signed(request, body + b" ")
    assert not is_signed(request, body, "another secret")


@pytest.mark.parametrize("header", ["", "t=,v1=", "t=x,v1=y", "v1=é,t=1", "t=1700000000,v1=" + "0" * 64])
def test_documented_check_refuses_forgeries(header: str) -> None:
    assert not documented_check()(header, b"{}", SECRET)


def test_documented_check_refuses_what_was_signed_long_ago() -> None:
    check, now_s = documented_check(), int(time.time())
    assert check(signature(SECRET, b"{}", now_s), b"{}", SECRET)
    assert not check(signature(SECRET, b"{}", now_s - 400), b"{}", SECRET)


async def test_events_of_a_call_arrive_in_order_one_at_a_time(receiver: Receiver, senders: Senders) -> None:
    await receiver.start()
    receiver.statuses = [500, 204, 503, 429, 204, 404, 204, 500] * 3
    webhooks = await senders.start()
    for number in range(20):
        for call_id in "abc":
            webhooks.on_event(told(call_id, number))
    await until(lambda: len(receiver.taken) == 60)
    for call_id in "abc":
        mine = [event["user"]["id"] for event in receiver.taken if event["call_id"] == call_id]
        assert mine == list(range(20))
    assert receiver.most_in_flight == 1
    assert senders.metric("telcall_webhooks_delivered_total") == 60
    assert senders.metric("telcall_webhooks_failed_tries_total") == 15
    assert senders.metric("telcall_webhooks_waiting") == 0


async def test_receiver_that_was_down_hears_everything_once_it_is_up(
    receiver: Receiver, senders: Senders
) -> None:
    webhooks = await senders.start()
    for number in range(3):
        webhooks.on_event(told("a", number))
    await until(lambda: webhooks.failed_tries >= 2)
    await receiver.start()
    await until(lambda: receiver.ids == ["a 0", "a 1", "a 2"])


async def test_receiver_that_restarts_loses_nothing(receiver: Receiver, senders: Senders) -> None:
    await receiver.start()
    webhooks = await senders.start()
    webhooks.on_event(told("a", 0))
    await until(lambda: len(receiver.taken) == 1)
    await receiver.stop()
    for number in range(1, 4):
        webhooks.on_event(told("a", number))
    await until(lambda: webhooks.failed_tries >= 1)
    await receiver.start()
    await until(lambda: receiver.ids == ["a 0", "a 1", "a 2", "a 3"])


async def test_slow_receiver_costs_a_try_and_hears_the_same_event_again(
    receiver: Receiver, senders: Senders
) -> None:
    await receiver.start()
    receiver.open.clear()
    webhooks = await senders.start(timeout_s=0.1)
    webhooks.on_event(told("a", 0))
    await until(lambda: webhooks.failed_tries >= 1)
    receiver.open.set()
    await until(lambda: len(receiver.taken) >= 1)
    assert len(set(receiver.bodies)) == 1
    assert all(is_signed(request, receiver.bodies[0]) for request in receiver.requests)


async def test_redirects_are_not_followed(receiver: Receiver, senders: Senders) -> None:
    await receiver.start()
    receiver.statuses = [301, 302, 303, 307, 308]
    webhooks = await senders.start()
    webhooks.on_event(told("a", 0))
    await until(lambda: len(receiver.taken) == 1)
    assert {request.path_qs for request in receiver.requests} == {"/hook?for=calls"}
    assert {request.method for request in receiver.requests} == {"POST"}
    assert webhooks.failed_tries == 5


async def test_receiver_that_never_takes_anything_is_given_up(receiver: Receiver, senders: Senders) -> None:
    await receiver.start()
    receiver.statuses = [500] * 3
    webhooks = await senders.start(replace(QUICK, max_tries=3))
    webhooks.on_event(told("a", 0))
    webhooks.on_event(told("a", 1))
    await until(lambda: receiver.ids == ["a 1"])
    assert senders.metric("telcall_webhooks_dropped_total", reason="tries") == 1


async def test_full_queue_drops_the_oldest_and_counts_it(receiver: Receiver, senders: Senders) -> None:
    webhooks = await senders.start(replace(QUICK, max_events=2, max_retry_s=1.0, first_retry_s=1.0))
    for number in range(5):
        webhooks.on_event(told("a", number))
    assert senders.metric("telcall_webhooks_waiting") == 2
    assert senders.metric("telcall_webhooks_dropped_total", reason="full") == 3
    await receiver.start()
    await until(lambda: receiver.ids == ["a 3", "a 4"])


async def test_taking_an_event_does_not_wait_for_anybody(receiver: Receiver, senders: Senders) -> None:
    await receiver.start()
    receiver.open.clear()
    webhooks = await senders.start()
    for number in range(1_000):
        webhooks.on_event(told(f"call {number}", number))
    # No await stands between: a call that did this has gone on meanwhile.
    assert receiver.requests == []
    assert senders.metric("telcall_webhooks_waiting") == 1_000
    receiver.open.set()
    await until(lambda: len(receiver.taken) == 1_000)


async def test_end_of_the_process_sends_what_waits(receiver: Receiver) -> None:
    await receiver.start()
    receiver.statuses = [500]
    slow = replace(QUICK, first_retry_s=600.0, max_retry_s=600.0)
    webhooks = Webhooks(WebhookConfig(receiver.url, SECRET, limits=slow), CollectorRegistry())
    async with webhooks:
        webhooks.on_event(told("a", 0))
        await until(lambda: webhooks.failed_tries == 1)
        webhooks.on_event(told("a", 1))
    assert receiver.ids == ["a 0", "a 1"]


async def test_end_of_the_process_does_not_wait_for_who_never_answers(receiver: Receiver) -> None:
    await receiver.start()
    receiver.open.clear()
    registry = CollectorRegistry()
    config = WebhookConfig(receiver.url, SECRET, limits=QUICK, drain_s=0.2)
    before = asyncio.all_tasks()
    async with asyncio.timeout(5):
        async with Webhooks(config, registry) as webhooks:
            for number in range(3):
                webhooks.on_event(told("a", number))
            await until(lambda: len(receiver.requests) == 1)
    assert registry.get_sample_value("telcall_webhooks_dropped_total", {"reason": "shutdown"}) == 3
    assert registry.get_sample_value("telcall_webhooks_waiting") == 0
    left = [task.get_name() for task in asyncio.all_tasks() - before]
    assert not [name for name in left if name.startswith("webhooks")]


async def test_end_of_the_process_with_a_receiver_that_is_down_is_quick(receiver: Receiver) -> None:
    slow = replace(QUICK, first_retry_s=600.0, max_retry_s=600.0)
    webhooks = Webhooks(WebhookConfig(receiver.url, SECRET, limits=slow, drain_s=60), CollectorRegistry())
    async with asyncio.timeout(20):
        async with webhooks:
            for number in range(50):
                webhooks.on_event(told(f"{number % 7}", number))
    assert webhooks.delivered == 0
