"""What waits for one client is bounded."""

from __future__ import annotations

import json

from signaling.messages import (
    MediaStateChanged,
    Pong,
    RelayedOffer,
    Seats,
    Speakers,
    User,
)
from signaling.send_queue import SendQueue


def seats(revision: int) -> Seats:
    return Seats(revision=revision, seats=[])


def media(user_id: int, *, audio: bool) -> MediaStateChanged:
    return MediaStateChanged(user_id=user_id, audio=audio, video=False, screen=False)


def drain(queue: SendQueue) -> list[dict[str, object]]:
    texts = []
    while (text := queue.take()) is not None:
        texts.append(json.loads(text))
    return texts


def test_first_in_first_out() -> None:
    queue = SendQueue(10, 10_000)
    assert all(queue.put(Pong(t=i)) for i in range(3))
    assert [message["t"] for message in drain(queue)] == [0, 1, 2]
    assert queue.take() is None


def test_full_is_full() -> None:
    queue = SendQueue(2, 10_000)
    assert [queue.put(Pong(t=i)) for i in range(3)] == [True, True, False]
    queue.take()
    assert queue.put(Pong(t=3))


def test_bytes_are_bounded_too() -> None:
    queue = SendQueue(100, 1_000)
    large = RelayedOffer(from_user=User(id=1), payload="x" * 600)
    assert [queue.put(large), queue.put(large)] == [True, False]
    queue.take()
    assert queue.put(large)


def test_newer_seats_replace_older_ones_in_their_new_place() -> None:
    queue = SendQueue(2, 10_000)
    assert queue.put(seats(1))
    assert queue.put(Pong(t=1))
    assert all(queue.put(seats(revision)) for revision in range(2, 50))
    first, second = drain(queue)
    assert (first["type"], second["revision"]) == ("pong", 49)


def test_of_each_participants_media_only_the_newest_waits() -> None:
    queue = SendQueue(10, 10_000)
    for message in (media(1, audio=True), media(2, audio=True), media(1, audio=False)):
        assert queue.put(message)
    assert [(m["user_id"], m["audio"]) for m in drain(queue)] == [(2, True), (1, False)]


def test_what_was_replaced_frees_its_bytes() -> None:
    queue = SendQueue(10, 200)
    assert all(queue.put(seats(revision)) for revision in range(1_000))
    assert len(queue) == 1


def test_of_who_speaks_only_the_newest_waits() -> None:
    queue = SendQueue(10, 10_000)
    for number in (1, 2):
        assert queue.put(Speakers(speakers=[], dominant=number))
    told = drain(queue)
    assert [(message["type"], message["dominant"]) for message in told] == [("speakers", 2)]
