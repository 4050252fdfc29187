"""What is said to Telegram next, and when. On a virtual clock."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from api.bot.outbox import Failure, Job, Outbox, OutboxLimits

S = 1_000_000
FAR = 10_000 * S
LIMITS = OutboxLimits(max_jobs=3, max_tries=3, first_retry_s=1, max_retry_s=4, spacing_s=0)


class Box:
    """An outbox, and what became of its jobs by name."""

    def __init__(self, limits: OutboxLimits = LIMITS) -> None:
        self.outbox = Outbox(limits, fraction=lambda: 0.0)
        self.done: dict[str, list[Any]] = {}

    def job(self, name: str, lane: str = "chat", **more: Any) -> Job:
        tell = self.done.setdefault(name, []).append
        return Job(lane, lambda: name, more.pop("expires_us", FAR), tell, **more)

    def put(self, name: str, lane: str = "chat", now_us: int = 0, **more: Any) -> None:
        self.outbox.put(self.job(name, lane, **more), now_us)

    def take(self, now_us: int = 0) -> Job | None:
        return self.outbox.take(now_us)

    def taken(self, now_us: int = 0) -> str | None:
        job = self.take(now_us)
        return None if job is None else job.method()


def test_chats_keep_their_order_and_do_not_wait_for_each_other() -> None:
    box = Box()
    box.put("a1", "a")
    box.put("a2", "a")
    box.put("b1", "b")
    assert [box.taken(), box.taken(), box.taken()] == ["a1", "b1", None]


def test_a_chat_is_written_to_once_a_second_and_a_group_every_three() -> None:
    box = Box(OutboxLimits(spacing_s=0))
    for name, lane, group in (("one", "chat", False), ("big", "group", True)):
        box.put(name, lane, group=group)
        box.put(f"{name} more", lane, group=group)
        job = box.take()
        assert job is not None
        box.outbox.delivered(job, "ok", 0)
    assert box.taken(S - 1) is None
    assert box.taken(S) == "one more"
    assert box.taken(3 * S - 1) is None
    assert box.outbox.next_due_us() == 3 * S
    assert box.taken(3 * S) == "big more"
    assert box.done["one"] == ["ok"]


def test_pace_holds_after_a_chat_fell_silent() -> None:
    box = Box()
    box.put("one")
    job = box.take()
    assert job is not None
    box.outbox.delivered(job, True, 0)
    box.put("two", now_us=S // 2)
    assert box.taken(S // 2) is None
    assert box.taken(S) == "two"


def test_all_chats_together_have_a_pace_and_urgent_answers_none() -> None:
    box = Box(OutboxLimits(spacing_s=0.04))
    box.put("a", "a")
    box.put("b", "b")
    assert [box.taken(), box.taken()] == ["a", None]
    box.put("answer", "query", urgent=True)
    assert box.taken() == "answer"
    assert box.outbox.next_due_us() == 80_000
    assert box.taken(80_000) == "b"


def test_waits_as_long_as_telegram_says_and_does_not_count_it() -> None:
    box = Box()
    box.put("one")
    for now_us in (0, 30 * S, 60 * S, 90 * S):
        job = box.take(now_us)
        assert job is not None
        box.outbox.failed(job, now_us, 30)
        assert box.taken(now_us + 30 * S - 1) is None
    assert job.tries == 0
    box.put("other", "elsewhere", now_us=91 * S)
    assert box.taken(91 * S) == "other"


def test_an_urgent_answer_waits_too_when_telegram_says_so() -> None:
    box = Box()
    box.put("answer", urgent=True)
    job = box.take()
    assert job is not None
    box.outbox.failed(job, 0, 2)
    assert box.taken(2 * S - 1) is None
    assert box.taken(2 * S) == "answer"


def test_tries_are_spaced_twice_as_far_and_bounded() -> None:
    box = Box()
    box.put("one")
    for now_us in (0, S, 3 * S):
        assert box.taken(now_us - 1) is None
        job = box.take(now_us)
        assert job is not None
        box.outbox.failed(job, now_us)
    assert box.done["one"] == [Failure("tries")]
    assert box.outbox.given_up == {"tries": 1}
    assert len(box.outbox) == 0


def test_what_is_too_old_is_given_up_and_not_sent() -> None:
    box = Box()
    box.put("old", expires_us=5 * S)
    box.put("new")
    assert box.taken(6 * S) == "new"
    assert box.done["old"] == [Failure("age")]


def test_a_retry_that_would_come_too_late_is_given_up_at_once() -> None:
    box = Box()
    box.put("ring", expires_us=45 * S)
    job = box.take()
    assert job is not None
    box.outbox.failed(job, 0, 60)
    assert box.done["ring"] == [Failure("age")]


def test_a_newer_state_takes_the_place_of_a_waiting_one() -> None:
    box = Box()
    box.put("first", key="card")
    box.put("between")
    box.put("second", key="card")
    job = box.take()
    assert job is not None
    assert job.method() == "second"
    assert box.done["first"] == [Failure("cancelled")]
    box.put("third", key="card")  # one is on its way: this is said after it
    assert len(box.outbox) == 3
    box.outbox.failed(job, 0)  # the newer one says it all
    assert box.done["second"] == [Failure("cancelled")]
    assert [box.taken(S), box.taken(S)] == ["between", None]


def test_beyond_the_bound_the_oldest_is_given_up_but_not_what_is_on_its_way() -> None:
    box = Box()
    for name in ("one", "two", "three"):
        box.put(name)
    job = box.take()
    assert job is not None
    box.put("four")
    assert box.done["two"] == [Failure("full")]
    box.outbox.delivered(job, True, 0)
    assert box.done["one"] == [True]
    assert len(box.outbox) == 2


def test_what_is_cancelled_is_not_said_unless_it_is_on_its_way() -> None:
    box = Box()
    box.put("one", key="ring")
    box.outbox.cancel("ring", 0)
    assert (box.taken(), box.done["one"]) == (None, [Failure("cancelled")])
    box.put("two", key="ring")
    job = box.take()
    assert job is not None
    box.outbox.cancel("ring", 0)
    box.outbox.delivered(job, True, 0)
    assert box.done["two"] == [True]


def test_at_the_end_everything_is_tried_once_more() -> None:
    box = Box()
    box.put("one")
    job = box.take()
    assert job is not None
    box.outbox.failed(job, 0, 600)
    box.outbox.hurry(S)
    job = box.take(S)
    assert job is not None
    box.outbox.failed(job, S)
    assert box.done["one"] == [Failure("shutdown")]
    box.put("two", now_us=S)
    box.outbox.give_up(S)
    assert box.done["two"] == [Failure("shutdown")]


ACTIONS = st.lists(
    st.tuples(
        st.sampled_from(["put", "urgent", "take", "delivered", "failed", "wait", "refused", "cancel"]),
        st.integers(0, 3),
        st.integers(0, 5 * S),
    ),
    max_size=60,
)


@given(ACTIONS)
def test_every_job_is_answered_exactly_once_and_chats_keep_their_order(
    actions: list[tuple[str, int, int]],
) -> None:
    box, now_us, flying, count = Box(), 0, [], 0
    for action, lane, wait_us in actions:
        now_us += wait_us
        if action in ("put", "urgent"):
            count += 1
            key = f"key {lane}" if wait_us % 2 else None
            box.put(f"{count}", f"lane {lane}", now_us, urgent=action == "urgent", key=key)
        elif action == "cancel":
            box.outbox.cancel(f"key {lane}", now_us)
        elif action == "take" and (job := box.take(now_us)) is not None:
            assert job.lane not in [each.lane for each in flying]  # one at a time in each chat
            flying.append(job)
        elif flying and action == "delivered":
            box.outbox.delivered(flying.pop(), True, now_us)
        elif flying and action == "refused":
            box.outbox.refused(flying.pop(), "no", now_us)
        elif flying and action in ("failed", "wait"):
            box.outbox.failed(flying.pop(), now_us, 3 if action == "wait" else None)
        assert len(box.outbox) <= LIMITS.max_jobs + len(flying)
        due_us = box.outbox.next_due_us()
        assert due_us is None or due_us <= now_us + 10 * S
    box.outbox.give_up(now_us)
    assert len(box.outbox) == 0
    assert all(len(told) == 1 for told in box.done.values())
