"""The write-behind queue: what it keeps and drops, and that it survives the database's absence."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from store.config import StoreConfig
from store.database import Database, migrate
from store.errors import DatabaseUnavailable
from store.queries.call_ratings import Rating
from store.queries.calls import create_call
from store.queries.participants import Stay
from store.queries.users import TelegramProfile, upsert_telegram_user
from store.tables import CallRating, FriendLink, Participant, ParticipantSession
from store.write_behind import Backoff, Batch, WriteBehind, WriteQueue
from telcall.embedded_postgres import EmbeddedPostgres, temporary_postgres

T0 = datetime(2026, 1, 1, tzinfo=UTC)


def at(seconds: float) -> datetime:
    return T0 + timedelta(seconds=seconds)


def stay(name: str, left_s: float | None = None) -> Stay:
    return Stay(name, 1, 1, T0, None if left_s is None else at(left_s))


# --- the queue, without I/O -------------------------------------------------------------------------------


def test_end_of_a_stay_replaces_its_beginning() -> None:
    queue = WriteQueue(10)
    queue.add_stay(stay("a"))
    queue.add_stay(stay("a", 5))
    assert queue.take(10).stays == [stay("a", 5)]


def test_meeting_is_kept_once_a_pair_with_its_latest_time() -> None:
    queue = WriteQueue(10)
    queue.add_meeting(2, 1, at(5))
    queue.add_meeting(1, 2, at(3))
    assert queue.take(10).meetings == {(1, 2): at(5)}


def test_full_queue_drops_meetings_then_open_stays_and_no_end() -> None:
    queue = WriteQueue(3)
    queue.add_stay(stay("open"))
    queue.add_meeting(1, 2, T0)
    for name in ("x", "y", "z", "w"):
        queue.add_stay(stay(name, 1))
    assert [s.session_id for s in queue.take(10).stays] == ["x", "y", "z", "w"]
    assert queue.dropped_rows == 2


def test_put_back_batch_comes_first_and_newer_rows_win() -> None:
    queue = WriteQueue(10)
    queue.add_stay(stay("a"))
    queue.add_stay(stay("b"))
    batch = queue.take(10)
    queue.add_stay(stay("a", 7))
    queue.add_stay(stay("c"))
    queue.put_back(batch)
    assert queue.take(10).stays == [stay("b"), stay("c"), stay("a", 7)]


def rating(user_id: int, stars: int) -> Rating:
    return Rating(1, user_id, stars, (), T0)


def test_the_first_rating_of_a_person_and_call_counts_also_when_it_has_to_be_written_again() -> None:
    queue = WriteQueue(10)
    queue.add_rating(rating(1, 5))
    queue.add_rating(rating(1, 1))
    batch = queue.take(10)
    queue.add_rating(rating(2, 4))
    queue.add_rating(rating(1, 2))
    queue.put_back(batch)
    assert queue.take(10).ratings == [rating(1, 5), rating(2, 4)]


def test_full_queue_drops_ratings_after_meetings_and_before_open_stays() -> None:
    queue = WriteQueue(2)
    queue.add_stay(stay("open"))
    queue.add_rating(rating(1, 5))
    queue.add_rating(rating(2, 5))
    queue.add_meeting(1, 2, T0)
    batch = queue.take(10)
    assert (batch.stays, batch.ratings, batch.meetings) == ([stay("open")], [rating(2, 5)], {})


names = st.sampled_from("abcdef")
operations = st.lists(
    st.one_of(
        st.tuples(st.just("join"), names),
        st.tuples(st.just("leave"), names),
        st.tuples(st.just("meet"), st.integers(1, 4)),
        st.tuples(st.just("rate"), st.integers(1, 4)),
        st.tuples(st.just("take"), st.integers(1, 4)),
        st.tuples(st.just("fail"), st.just(0)),
    ),
    max_size=60,
)


@given(operations, st.integers(1, 5))
def test_no_end_is_lost_and_the_rest_is_bounded(steps: list[tuple[str, object]], maxsize: int) -> None:
    queue = WriteQueue(maxsize)
    ended: set[object] = set()
    written: set[object] = set()
    batch = Batch()
    for kind, value in steps:
        if kind == "join" and value not in ended:
            queue.add_stay(stay(str(value)))
        elif kind == "leave":
            ended.add(value)
            queue.add_stay(stay(str(value), 1))
        elif kind == "meet":
            queue.add_meeting(int(str(value)), 9, T0)
        elif kind == "rate":
            queue.add_rating(rating(int(str(value)), 3))
        elif kind == "take":
            written |= {s.session_id for s in batch.stays if s.left_at}
            batch = queue.take(int(str(value)))
        elif kind == "fail":
            queue.put_back(batch)
            batch = Batch()
        assert len(queue) <= max(maxsize, len(ended))
    rest = queue.take(1000)
    found = {s.session_id for s in [*rest.stays, *batch.stays] if s.left_at}
    assert ended == written | found


# --- the task, with virtual waits ---------------------------------------------------------------------------


class Writer:
    """A database that fails a given number of times."""

    def __init__(self, failures: int) -> None:
        self.failures = failures
        self.batches: list[Batch] = []
        self.waits_s: list[float] = []
        self.seen: list[list[str]] = []
        self.seen_once = asyncio.Event()

    async def write(self, batch: Batch) -> None:
        if self.failures:
            self.failures -= 1
            raise DatabaseUnavailable("away")
        self.batches.append(batch)

    async def mark_seen(self, session_ids: list[str], _now: datetime) -> None:
        self.seen.append(session_ids)
        self.seen_once.set()

    async def sleep(self, seconds: float) -> None:
        if seconds == 30.0:  # the interval of 'seen'
            if self.seen:
                await asyncio.Event().wait()
            await asyncio.sleep(0)
            return
        self.waits_s.append(seconds)
        await asyncio.sleep(0)

    def queue(self) -> WriteBehind:
        return WriteBehind(self.write, self.mark_seen, sleep=self.sleep, fraction=lambda: 0.0)


async def test_waits_double_up_to_their_maximum_while_the_database_is_away() -> None:
    writer = Writer(failures=8)
    async with writer.queue() as rows:
        rows.joined("s", 1, 1, T0)
        assert await rows.flush(5)
    assert writer.waits_s == [0.2, 0.4, 0.8, 1.6, 3.2, 6.4, 10.0, 10.0]
    assert [b.stays for b in writer.batches] == [[stay("s")]]


async def test_leaving_carries_the_whole_stay() -> None:
    writer = Writer(failures=0)
    async with writer.queue() as rows:
        rows.joined("s", 1, 1, T0)
        await rows.flush(5)
        rows.left("s", at(9))
        rows.left("s", at(10))
        rows.left("unknown", at(10))
    assert [b.stays for b in writer.batches] == [[stay("s")], [stay("s", 9)]]


async def test_open_stays_are_marked_as_seen() -> None:
    writer = Writer(failures=0)
    async with writer.queue() as rows:
        rows.joined("s", 1, 1, T0)
        await writer.seen_once.wait()
    assert writer.seen == [["s"]]


async def test_a_defect_in_marking_does_not_end_it() -> None:
    tries = 0
    marked_again = asyncio.Event()

    async def mark_seen(_session_ids: list[str], _now: datetime) -> None:
        nonlocal tries
        tries += 1
        if tries == 1:
            raise ValueError("a defect")
        marked_again.set()

    async def sleep(_seconds: float) -> None:
        await asyncio.sleep(0)

    writer = Writer(failures=0)
    async with WriteBehind(writer.write, mark_seen, sleep=sleep) as rows:
        rows.joined("s", 1, 1, T0)
        async with asyncio.timeout(10):
            await marked_again.wait()


async def test_flush_gives_up_after_its_time() -> None:
    async def never(_batch: Batch) -> None:
        await asyncio.Event().wait()

    writer = Writer(failures=0)
    async with WriteBehind(never, writer.mark_seen, flush_timeout_s=0.01) as rows:
        rows.joined("s", 1, 1, T0)
        assert not await rows.flush(0.01)
    assert rows.queued_rows == 1


def test_waits_are_spread_at_random() -> None:
    assert Backoff(1.0, 8.0, lambda: 1.0).next_s() == 0.5


# --- with PostgreSQL ----------------------------------------------------------------------------------------


async def two_people_in_a_call(database: Database) -> tuple[int, int, int]:
    async with database.transaction() as session:
        anna = (await upsert_telegram_user(session, TelegramProfile(1001, first_name="Anna"))).id
        boris = (await upsert_telegram_user(session, TelegramProfile(1002, first_name="Boris"))).id
        call = await create_call(
            session,
            call_id="AAAABBBBCCCCDDDD",
            creator_user_id=anna,
            title=None,
            is_video_enabled=False,
            created_at=T0,
            expires_at=at(86400),
        )
        return call.id, anna, boris


def rows_in_front_of(database: Database) -> WriteBehind:
    return WriteBehind.to_database(database, maxsize=1000, seen_interval_s=30)


async def test_one_row_a_person_and_a_row_a_stay(database: Database) -> None:
    call, anna, boris = await two_people_in_a_call(database)
    async with rows_in_front_of(database) as rows:
        rows.joined("a1", call, anna, at(0))
        rows.joined("b1", call, boris, at(1))
        rows.met(boris, [anna], at(1))
        rows.left("a1", at(10))
        await rows.flush(5)
        rows.joined("a2", call, anna, at(20))
        rows.left("b1", at(30))
    async with database.transaction() as session:
        people = (await session.scalars(select(Participant).order_by(Participant.user_id))).all()
        assert [(p.user_id, p.joined_at, p.left_at) for p in people] == [
            (anna, at(0), None),
            (boris, at(1), at(30)),
        ]
        stays = (
            await session.scalars(select(ParticipantSession).order_by(ParticipantSession.joined_at))
        ).all()
        assert [(s.session_id, s.left_at) for s in stays] == [("a1", at(10)), ("b1", at(30)), ("a2", None)]
        links = (
            await session.execute(select(FriendLink.user_id, FriendLink.friend_id, FriendLink.updated_at))
        ).all()
        assert {tuple(link) for link in links} == {(anna, boris, at(1)), (boris, anna, at(1))}
    async with rows_in_front_of(database):
        pass
    async with database.transaction() as session:
        # That was the next process: what was open ends when it was last seen.
        last = await session.scalar(select(Participant.left_at).where(Participant.user_id == anna))
        assert last == at(20)


async def test_row_of_a_deleted_call_is_refused_and_the_others_are_written(database: Database) -> None:
    call, anna, boris = await two_people_in_a_call(database)
    async with rows_in_front_of(database) as rows:
        rows.joined("gone", call + 1, anna, at(0))
        rows.joined("here", call, boris, at(0))
        rows.rated(call + 1, anna, 5, (), at(0))
        rows.rated(call, boris, 3, ("echo",), at(0))
        assert await rows.flush(5)
    assert (rows.written_rows, rows.rejected_rows) == (2, 2)
    async with database.transaction() as session:
        assert (await session.scalars(select(ParticipantSession.session_id))).all() == ["here"]
        assert [rating.reasons for rating in await session.scalars(select(CallRating))] == [["echo"]]


async def test_rows_wait_for_a_database_that_was_stopped() -> None:
    with temporary_postgres() as server:
        await survive_a_stop(server)


async def survive_a_stop(server: EmbeddedPostgres) -> None:
    await migrate(server.url())
    async with Database(StoreConfig(url=server.url())) as database:
        call, anna, _ = await two_people_in_a_call(database)
        async with rows_in_front_of(database) as rows:
            rows.joined("a1", call, anna, at(0))
            assert await rows.flush(5)
            server.stop()
            rows.left("a1", at(10))
            rows.joined("a2", call, anna, at(20))
            assert not await rows.flush(0.5)
            server.start()
            assert await rows.flush(30)
        async with database.transaction() as session:
            stays = (
                await session.execute(select(ParticipantSession.session_id, ParticipantSession.left_at))
            ).all()
            assert {tuple(s) for s in stays} == {("a1", at(10)), ("a2", None)}
