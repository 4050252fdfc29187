"""What a client that knows the documented protocol alone can rely on, through a real socket."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any

import pytest
from sqlalchemy import select

from signaling.config import SignalingConfig
from store.tables import FriendLink, Participant, ParticipantSession

MakeServer = Callable[..., Awaitable[Any]]
Until = Callable[[Callable[[], bool]], Awaitable[None]]


async def pair(server: Any) -> tuple[Any, Any, Any, Any]:
    """Two people in a call, and their clients; the first has heard of the second."""
    anna, boris = await server.user("Anna"), await server.user("Boris")
    call_id = await server.call(anna)
    first, second = await server.join(call_id, anna, v2=False), await server.join(call_id, boris, v2=False)
    assert (await first.hear())["type"] == "user_joined"
    return anna, boris, first, second


# --- first messages -------------------------------------------------------------------------------------


async def test_metadata_then_snapshot_then_the_rest_even_if_others_speak_at_once(server: Any) -> None:
    anna, boris = await server.user("Anna"), await server.user("Boris")
    call_id = await server.call(anna)
    first = await server.join(call_id, anna, v2=False)

    async def offer_at_once() -> None:
        joined = await first.hear("user_joined")
        await first.send(type="offer", to_user_id=joined["user"]["id"], payload=1)

    offering = asyncio.create_task(offer_at_once())
    second = await server.connect(call_id, boris, v2=False)
    heard = [await second.hear() for _ in range(3)]
    await offering
    assert [message["type"] for message in heard] == ["call_metadata", "participants_snapshot", "offer"]
    assert set(heard[0]) == {"type", "room_start_time"}
    assert datetime.fromisoformat(heard[0]["room_start_time"]).utcoffset() is not None
    assert heard[1] == {"type": "participants_snapshot", "participants": [anna.model_dump()]}


async def test_an_empty_room_has_an_empty_snapshot_and_a_start_of_its_own(server: Any, until: Until) -> None:
    anna = await server.user("Anna")
    call_id = await server.call(anna)
    starts = []
    for _ in range(2):
        client = await server.connect(call_id, anna, v2=False)
        starts.append((await client.hear("call_metadata"))["room_start_time"])
        assert await client.hear() == {"type": "participants_snapshot", "participants": []}
        await client.leave()
        await until(lambda: server.rooms.participants() == 0)
    assert starts[0] < starts[1]


async def test_a_user_has_the_documented_fields_and_no_other(server: Any) -> None:
    anna, boris, first, second = await pair(server)
    await second.leave()
    left = (await first.hear("user_left"))["user"]
    assert set(left) == {"id", "username", "first_name", "last_name", "photo_url"}
    assert left["id"] == boris.id
    assert anna.id != boris.id


# --- relay ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "payload",
    [
        None,
        False,
        0,
        -1.5e300,
        2**63,
        12345678901234567890123456789,
        "",
        'Ж\u2028\\ " 😀',
        [],
        {},
        {"sdp": 5, "type": None, "": {"a": [[[None]]]}},
        [1, {"candidate": "candidate:1 1 UDP 2122252543 192.0.2.1 54321 typ host", "sdpMLineIndex": 0}],
    ],
)
@pytest.mark.parametrize("kind", ["offer", "answer", "ice_candidate"])
async def test_any_payload_arrives_as_it_was_sent_and_nothing_beside_it(
    server: Any, kind: str, payload: object
) -> None:
    anna, boris, first, second = await pair(server)
    await first.send(
        type=kind, to_user_id=boris.id, payload=payload, from_user={"id": 1}, extra=[1], user_id=boris.id
    )
    assert await second.hear() == {"type": kind, "from_user": anna.model_dump(), "payload": payload}
    await first.silence()


@pytest.mark.parametrize("write", [str, lambda user_id: f"00{user_id}", float])
async def test_a_number_may_be_written_in_other_ways(server: Any, write: Callable[[int], object]) -> None:
    _, boris, first, second = await pair(server)
    await first.send(type="answer", to_user_id=write(boris.id), payload=1)
    assert (await second.hear())["payload"] == 1


@pytest.mark.parametrize("user_id", [None, True, "", "x", "1.5", 1.5, [], {}, -1, 0, 2**63, "9" * 30])
async def test_what_is_no_user_id_is_told(server: Any, user_id: object) -> None:
    _, _, first, second = await pair(server)
    await first.send(type="offer", to_user_id=user_id, payload=1)
    assert (await first.hear())["detail"] == "Invalid or missing to_user_id"
    await second.silence()


async def test_words_to_oneself_are_dropped_without_a_word(server: Any) -> None:
    anna, _, first, second = await pair(server)
    await first.send(type="offer", to_user_id=anna.id, payload=1)
    await first.silence()
    await second.silence()


async def test_late_words_to_somebody_who_left_are_dropped_then_an_error(make_server: MakeServer) -> None:
    server = await make_server(SignalingConfig(departed_grace_s=0.2))
    _, boris, first, second = await pair(server)
    await second.leave()
    assert (await first.hear())["type"] == "user_left"
    await first.send(type="ice_candidate", to_user_id=boris.id, payload=1)
    await first.silence()
    async with asyncio.timeout(20):
        while True:
            await first.send(type="ice_candidate", to_user_id=boris.id, payload=1)
            await first.send(type="made_up")
            if (error := await first.hear())["code"] == "target_offline":
                break
            await asyncio.sleep(0.02)
    assert error["detail"] == "Target user is offline"


# --- takeover, full rooms, the end ----------------------------------------------------------------------


async def test_a_takeover_before_anything_was_said_is_noticed_by_nobody_else(server: Any) -> None:
    anna, boris = await server.user("Anna"), await server.user("Boris")
    call_id = await server.call(anna)
    first, old = await server.join(call_id, anna, v2=False), await server.join(call_id, boris, v2=False)
    assert (await first.hear())["type"] == "user_joined"
    new = await server.join(call_id, boris, v2=False)
    close_code, messages = await old.close_code()
    assert (close_code, [message["type"] for message in messages]) == (4409, ["error"])
    await first.silence()
    await new.silence()
    await first.send(type="offer", to_user_id=boris.id, payload=1)
    assert (await new.hear())["type"] == "offer"


async def test_a_takeover_of_a_direct_connection_is_a_new_one_for_the_partner(server: Any) -> None:
    anna, boris = await server.user("Anna"), await server.user("Boris")
    call_id = await server.call(anna)
    first, old = await server.join(call_id, anna, v2=False), await server.join(call_id, boris, v2=False)
    assert (await first.hear())["type"] == "user_joined"
    await first.send(type="offer", to_user_id=boris.id, payload={"type": "offer", "sdp": "v=0"})
    assert (await old.hear())["type"] == "offer"
    await server.join(call_id, boris, v2=False)
    assert await first.hear() == {"type": "user_left", "user": boris.model_dump()}
    assert await first.hear() == {"type": "user_joined", "user": boris.model_dump()}


async def test_a_full_room_says_so_and_lets_its_own_come_back(make_server: MakeServer) -> None:
    server = await make_server(SignalingConfig(max_participants=2))
    anna, boris, clara = [await server.user(name) for name in ("Anna", "Boris", "Clara")]
    call_id = await server.call(anna)
    for user in (anna, boris):
        await server.join(call_id, user, v2=False)
    close_code, messages = await (await server.connect(call_id, clara, v2=False)).close_code()
    assert (close_code, [m["type"] for m in messages], messages[0]["detail"]) == (
        4429,
        ["error"],
        "The call is full",
    )
    again = await server.connect(call_id, boris, v2=False)
    assert (await again.hear())["type"] == "call_metadata"


@pytest.mark.parametrize("people", [1, 2, 4])
async def test_everybody_hears_the_end_and_is_closed(server: Any, people: int) -> None:
    users = [await server.user(f"User {number}") for number in range(people)]
    call_id = await server.call(users[0])
    clients = [await server.join(call_id, user, v2=False) for user in users]
    await server.lifecycle.end_call(call_id, users[0].id)
    for close_code, messages in await asyncio.gather(*(client.close_code() for client in clients)):
        assert (close_code, messages[-1]) == (1000, {"type": "call_ended", "reason": "ended"})
    refused = await server.connect(call_id, users[0], v2=False)
    close_code, messages = await refused.close_code()
    assert (close_code, messages[0]["detail"]) == (4404, "Call has ended. Please create a new call.")


async def test_one_timer_ends_the_room_for_all_however_late_they_came(make_server: MakeServer) -> None:
    server = await make_server(SignalingConfig(max_call_duration_s=1.0))
    users = [await server.user(name) for name in ("Anna", "Boris", "Clara")]
    call_id = await server.call(users[0])
    clients = [await server.join(call_id, user, v2=False) for user in users]
    first = await clients[0].hear("call_ended")
    assert server.rooms.participants() == 0  # the last one's time is over too
    for client in clients[1:]:
        close_code, messages = await client.close_code()
        assert (close_code, messages[-1]) == (1000, first)
    assert first["reason"].startswith("Maximum call duration")


# --- rows -----------------------------------------------------------------------------------------------


async def rows(server: Any) -> tuple[dict[int, Any], list[Any], set[tuple[int, int]]]:
    """People by user id, stays, friend links."""
    assert await server.journal.flush(20)
    async with server.database.transaction() as session:
        people = {row.user_id: row for row in await session.scalars(select(Participant))}
        stays = list(await session.scalars(select(ParticipantSession).order_by(ParticipantSession.id)))
        links = {(link.user_id, link.friend_id) for link in await session.scalars(select(FriendLink))}
    return people, stays, links


async def test_friends_are_those_who_were_there_at_the_same_time(make_server: MakeServer) -> None:
    server = await make_server(SignalingConfig(max_participants=2))
    anna, boris, clara, dora = [await server.user(name) for name in ("Anna", "Boris", "Clara", "Dora")]
    call_id = await server.call(anna)
    first = await server.join(call_id, anna, v2=False)
    second = await server.join(call_id, boris, v2=False)
    assert (await (await server.connect(call_id, dora, v2=False)).close_code())[0] == 4429
    await first.leave()
    assert (await second.hear("user_left"))["user"]["id"] == anna.id
    await server.join(call_id, clara, v2=False)
    people, _, links = await rows(server)
    assert set(people) == {anna.id, boris.id, clara.id}
    assert links == {
        (anna.id, boris.id),
        (boris.id, anna.id),
        (boris.id, clara.id),
        (clara.id, boris.id),
    }


async def test_a_takeover_is_two_stays_of_one_person(server: Any, until: Until) -> None:
    anna = await server.user("Anna")
    call_id = await server.call(anna)
    old = await server.join(call_id, anna, v2=False)
    new = await server.join(call_id, anna, v2=False)
    await old.close_code()
    people, stays, links = await rows(server)
    assert [stay.left_at is None for stay in stays] == [False, True]
    assert people[anna.id].left_at is None
    assert links == set()
    await new.leave()
    await until(lambda: server.rooms.participants() == 0)
    people, stays, _ = await rows(server)
    assert all(stay.left_at is not None for stay in stays)
    assert people[anna.id].left_at == stays[1].left_at
    assert people[anna.id].joined_at == stays[0].joined_at


async def test_text_of_any_script_is_relayed_whole(server: Any) -> None:
    _, boris, first, second = await pair(server)
    text = json.dumps({"type": "offer", "to_user_id": boris.id, "payload": "Ж" * 20_000}, ensure_ascii=False)
    await first.socket.send_str(text)
    assert (await second.hear())["payload"] == "Ж" * 20_000
