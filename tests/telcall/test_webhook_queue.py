"""Order, retries and bounds of webhooks, without a clock or a network."""

from __future__ import annotations

from dataclasses import dataclass, field

from hypothesis import given
from hypothesis import strategies as st

from telcall.webhook_queue import Pending, QueueLimits, WebhookQueue

S = 1_000_000


def queue(fraction: float = 0.0, **limits: float) -> WebhookQueue:
    return WebhookQueue(QueueLimits(**limits), lambda: fraction)  # type: ignore[arg-type]


def put(queue: WebhookQueue, *names: str, now_us: int = 0) -> None:
    """`a1` is an event of the call `a`."""
    for name in names:
        queue.put(name[0], name.encode(), now_us)


def take(queue: WebhookQueue, now_us: int = 0) -> Pending:
    pending = queue.take(now_us)
    assert pending is not None
    return pending


def test_next_event_of_a_call_waits_for_the_one_before() -> None:
    waiting = queue()
    put(waiting, "a1", "a2", "b1")
    first, other = take(waiting), take(waiting)
    assert (first.body, other.body) == (b"a1", b"b1")
    assert waiting.take(0) is None
    assert waiting.next_due_us() is None
    waiting.delivered(first, 0)
    assert take(waiting).body == b"a2"
    assert len(waiting) == 2


def test_failed_event_comes_again_before_the_next_one_of_its_call() -> None:
    waiting = queue()
    put(waiting, "a1", "a2", "b1")
    waiting.failed(take(waiting), 0)
    assert take(waiting).body == b"b1"
    assert waiting.take(S - 1) is None
    assert waiting.next_due_us() == S
    assert take(waiting, S).body == b"a1"


def test_waits_double_up_to_the_longest() -> None:
    waiting = queue(max_retry_s=300, max_tries=20, max_age_s=1e6)
    put(waiting, "a1")
    now_us, waits = 0, []
    for _ in range(12):
        waiting.failed(take(waiting, now_us), now_us)
        due_us = waiting.next_due_us()
        assert due_us is not None
        waits.append((due_us - now_us) // S)
        now_us = due_us
    assert waits == [1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300, 300]


def test_waits_are_shortened_by_up_to_a_half() -> None:
    waiting = queue(fraction=1.0)
    put(waiting, "a1")
    waiting.failed(take(waiting), 0)
    assert waiting.next_due_us() == S // 2


def test_event_is_given_up_after_its_last_try_and_the_next_one_goes() -> None:
    waiting = queue(max_tries=2)
    put(waiting, "a1", "a2")
    waiting.failed(take(waiting), 0)
    waiting.failed(take(waiting, S), S)
    assert waiting.dropped == {"tries": 1}
    assert take(waiting, S).body == b"a2"


def test_old_events_are_not_sent_any_more() -> None:
    waiting = queue(max_age_s=10)
    put(waiting, "a1", "b1", now_us=0)
    put(waiting, "a2", now_us=5 * S)
    assert take(waiting, 11 * S).body == b"a2"
    assert waiting.take(11 * S) is None
    assert waiting.dropped == {"age": 2}
    assert len(waiting) == 1


def test_full_queue_gives_up_the_oldest_that_is_not_on_its_way() -> None:
    waiting = queue(max_events=3)
    put(waiting, "a1", "a2", "b1")
    on_its_way = take(waiting)
    put(waiting, "b2")
    assert waiting.dropped == {"full": 1}
    waiting.delivered(on_its_way, 0)
    bodies = []
    while (pending := waiting.take(0)) is not None:
        bodies.append(pending.body)
        waiting.delivered(pending, 0)
    assert bodies == [b"b1", b"b2"]
    assert waiting.next_due_us() is None


def test_new_event_of_a_call_whose_events_were_given_up_goes_out_once() -> None:
    waiting = queue(max_events=1)
    put(waiting, "a1", "b1", "a2")
    assert take(waiting).body == b"a2"
    assert waiting.take(0) is None
    assert waiting.dropped == {"full": 2}


def test_at_the_end_everything_is_due_and_a_failed_try_is_the_last() -> None:
    waiting = queue()
    put(waiting, "a1", "a2", "b1")
    waiting.failed(take(waiting), 0)
    waiting.hurry(0)
    tried = []
    while (pending := waiting.take(0)) is not None:
        tried.append(pending.body)
        waiting.failed(pending, 0)
    assert tried == [b"a1", b"a2", b"b1"]
    assert (len(waiting), waiting.dropped) == (0, {"shutdown": 3})


@dataclass
class Receiver:
    """What has arrived, by call."""

    heard: dict[str, list[int]] = field(default_factory=dict)

    def hear(self, pending: Pending) -> None:
        self.heard.setdefault(pending.call_id, []).append(int(pending.body))


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("put"), st.sampled_from("abc")),
        st.tuples(st.just("take"), st.just("")),
        st.tuples(st.sampled_from(["delivered", "failed"]), st.integers(0, 9)),
        st.tuples(st.just("wait"), st.floats(0, 5)),
    ),
    max_size=200,
)


@given(STEPS, st.integers(1, 8))
def test_whatever_happens_calls_stay_in_order_and_everything_is_accounted_for(
    steps: list[tuple[str, object]], max_events: int
) -> None:
    waiting = queue(max_events=max_events, max_tries=3, max_age_s=20)
    receiver, flying, now_us, number = Receiver(), [], 0, 0
    for kind, value in steps:
        if kind == "put":
            waiting.put(str(value), b"%d" % number, now_us)
            number += 1
        elif kind == "take":
            if (pending := waiting.take(now_us)) is not None:
                assert pending.call_id not in [each.call_id for each in flying]
                flying.append(pending)
        elif kind == "wait":
            now_us += round(float(value) * S)  # type: ignore[arg-type]
        elif flying:
            pending = flying.pop(int(value) % len(flying))  # type: ignore[call-overload]
            if kind == "delivered":
                receiver.hear(pending)
                waiting.delivered(pending, now_us)
            else:
                waiting.failed(pending, now_us)
        assert len(waiting) <= max(max_events, len(flying))
        assert len(waiting._scheduled._heap) <= 2 * len(waiting._scheduled) + 64
        delivered = sum(map(len, receiver.heard.values()))
        assert number == len(waiting) + delivered + waiting.dropped.total()
    for pending in flying:
        receiver.hear(pending)
        waiting.delivered(pending, now_us)
    while (pending := waiting.take(now_us)) is not None or waiting.next_due_us() is not None:
        if pending is None:
            now_us = waiting.next_due_us() or now_us
            continue
        receiver.hear(pending)
        waiting.delivered(pending, now_us)
    assert len(waiting) == 0
    for heard in receiver.heard.values():
        assert heard == sorted(set(heard))
