"""A friend is rung: what they get in Telegram, and what the caller hears."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

import pytest

from tests.api.bot.conftest import user

if TYPE_CHECKING:
    from tests.api.bot.conftest import MakeWorld, World
    from tests.api.conftest import Client


def buttons(params: dict[str, Any]) -> dict[str, str]:
    """Texts of the buttons and what they do."""
    rows = (params.get("reply_markup") or {}).get("inline_keyboard", [])
    return {each["text"]: each.get("url") or each["callback_data"] for row in rows for each in row}


async def call(anna: Client, friend_id: int) -> str:
    answer = await anna.post("/api/calls/friend", {"friend_id": friend_id})
    assert answer.status == 201, answer.text
    call_id: str = answer.json["call_id"]
    return call_id


def decline(call_id: str, telegram_id: int, message_id: int) -> dict[str, Any]:
    """'Not now' was pressed."""
    chat = {"id": telegram_id, "type": "private"}
    return {
        "callback_query": {
            "id": "77",
            "from": user(telegram_id, "Борис"),
            "chat_instance": "1",
            "data": f"no:{call_id}",
            "message": {"message_id": message_id, "date": 1_800_000_000, "chat": chat},
        }
    }


@pytest.mark.parametrize(
    ("tag", "text", "accept", "not_now"),
    [
        ("ru", "Вам звонит Анна", "Принять звонок", "Не сейчас"),
        ("en", "Анна is calling you", "Accept", "Not now"),
    ],
)
async def test_friend_gets_a_message_in_their_language(
    world: World, tag: str, text: str, accept: str, not_now: str
) -> None:
    anna, _, boris = await world.friends(language_code=tag)
    call_id = await call(anna, boris.id)
    await world.until(lambda: len(world.telegram.messages) == 1)
    params = world.telegram.sent("sendMessage")[0]
    assert (params["chat_id"], params["text"]) == (1002, text)
    assert buttons(params) == {
        accept: f"https://t.me/telcall_bot?startapp={call_id}",
        not_now: f"no:{call_id}",
    }
    assert world.rooms.rings == [(call_id, boris.id, "ringing")]


async def test_declined_call_becomes_a_missed_one_and_the_caller_hears(world: World) -> None:
    anna, anna_seen, boris = await world.friends(language_code="en")
    call_id = await call(anna, boris.id)
    await world.until(lambda: len(world.telegram.messages) == 1)
    [(chat_id, message_id)] = world.telegram.messages
    assert await world.webhook(decline(call_id, 1002, message_id)) == 200
    assert world.rooms.rings[-1] == (call_id, boris.id, "declined")
    await world.until(lambda: len(world.telegram.sent("editMessageText")) == 1)
    shown = world.telegram.messages[chat_id, message_id]
    assert shown["text"].startswith("Missed call from Анна, ")
    assert shown["entities"][0]["type"] == "date_time"
    assert buttons(shown) == {"Call back": f"https://t.me/telcall_bot?startapp=u_{anna_seen.id}"}
    assert world.telegram.sent("answerCallbackQuery")[0]["text"] == "Call declined"
    assert world.metric("telcall_bot_rings_total", state="declined") == 1


async def test_unanswered_call_becomes_a_missed_one(make_world: MakeWorld) -> None:
    world = await make_world(ring_s=0.3)
    anna, _, boris = await world.friends()
    call_id = await call(anna, boris.id)
    await world.until(lambda: world.rooms.rings[-1] == (call_id, boris.id, "missed"))
    await world.until(lambda: len(world.telegram.sent("editMessageText")) == 1)
    assert world.telegram.sent("editMessageText")[0]["text"].startswith("Пропущенный звонок от Анна, ")


async def test_friend_who_comes_ends_the_ring(world: World) -> None:
    anna, _, boris = await world.friends()
    call_id = await call(anna, boris.id)
    await world.until(lambda: len(world.telegram.messages) == 1)
    world.happen("participant.joined", call_id, boris)
    await world.until(lambda: len(world.telegram.sent("editMessageText")) == 1)
    shown = world.telegram.sent("editMessageText")[0]
    assert shown["text"] == "Звонок от Анна"
    assert list(buttons(shown)) == ["Присоединиться к звонку"]
    assert world.rooms.rings == [(call_id, boris.id, "ringing")]


async def test_call_that_its_creator_ends_rings_no_more(world: World) -> None:
    anna, _, boris = await world.friends()
    call_id = await call(anna, boris.id)
    await world.until(lambda: len(world.telegram.messages) == 1)
    await anna.post(f"/api/calls/{call_id}/end")  # before anybody was in it
    assert world.rooms.rings[-1] == (call_id, boris.id, "missed")
    await world.until(lambda: len(world.telegram.sent("editMessageText")) == 1)


@pytest.mark.parametrize("why", ["never started", "blocked"])
async def test_friend_whom_the_bot_may_not_write_to_is_unreachable(world: World, why: str) -> None:
    anna, _, boris = await world.friends()
    if why == "blocked":
        world.telegram.blocked.add(1002)
    else:
        world.telegram.private.clear()
    call_id = await call(anna, boris.id)
    await world.until(lambda: len(world.rooms.rings) == 2)
    assert world.rooms.rings[-1] == (call_id, boris.id, "unreachable")
    assert world.metric("telcall_bot_given_up_total", reason="refused") == 1
    assert len(world.telegram.sent("sendMessage")) == 1  # asked once: it would not change


@pytest.mark.parametrize("trouble", ["patience", 500, 502])
async def test_telegram_in_trouble_is_asked_again(world: World, trouble: Any) -> None:
    anna, _, boris = await world.friends()
    world.telegram.trouble.extend([trouble, trouble])
    call_id = await call(anna, boris.id)
    await world.until(lambda: len(world.telegram.messages) == 1)
    sent = [each.at_s for each in world.telegram.calls if each.method == "sendMessage"]
    assert len(sent) == 3
    if trouble == "patience":
        assert all(later - earlier >= 1 for earlier, later in itertools.pairwise(sent))
    assert world.rooms.rings == [(call_id, boris.id, "ringing")]


async def test_telegram_down_and_slow_holds_up_nobody(make_world: MakeWorld) -> None:
    world = await make_world(ring_s=0.5)
    anna, _, boris = await world.friends()
    await world.telegram.stop()
    call_id = await call(anna, boris.id)  # 201 all the same
    assert world.rooms.rings[0] == (call_id, boris.id, "ringing")
    await world.until(lambda: world.rooms.rings[-1] == (call_id, boris.id, "unreachable"))
    assert world.metric("telcall_bot_requests_total", method="sendMessage", result="failed") > 0
    assert world.metric("telcall_bot_waiting") == 0  # what is of no use any more does not go out later


async def test_message_that_goes_out_after_the_ring_is_a_missed_call_at_once(make_world: MakeWorld) -> None:
    world = await make_world(ring_s=0.2)
    world.telegram.delay_s = 0.6
    anna, _, boris = await world.friends()
    call_id = await call(anna, boris.id)
    await world.until(lambda: len(world.telegram.sent("editMessageText")) == 1)
    world.telegram.delay_s = 0
    assert world.rooms.rings[-1] == (call_id, boris.id, "unreachable")
    await world.until(lambda: any("Пропущенный" in each["text"] for each in world.telegram.messages.values()))


async def test_a_button_of_an_unknown_ring_loses_its_message_the_buttons(world: World) -> None:
    anna, _, boris = await world.friends()
    call_id = await call(anna, boris.id)
    await world.until(lambda: len(world.telegram.messages) == 1)
    [(chat_id, message_id)] = world.telegram.messages
    await world.webhook(decline("AAAAAAAAAAAAAAAA", 1002, message_id))
    await world.until(lambda: len(world.telegram.sent("editMessageReplyMarkup")) == 1)
    assert buttons(world.telegram.messages[chat_id, message_id]) == {}
    assert world.rooms.rings == [(call_id, boris.id, "ringing")]


async def test_call_is_shared_by_a_prepared_message(world: World) -> None:
    anna, _, _ = await world.friends()
    call_id = (await anna.post("/api/calls", {"title": "Планёрка"})).json["call_id"]
    answer = await anna.post(f"/api/calls/{call_id}/share")
    assert (answer.status, list(answer.json)) == (200, ["prepared_message_id"])
    params = world.telegram.sent("savePreparedInlineMessage")[0]
    assert params["user_id"] == 1001
    assert params["result"]["input_message_content"]["message_text"] == "Планёрка\nЗвонок от Анна"
    assert buttons(params["result"]) == {
        "Присоединиться к звонку": f"https://t.me/telcall_bot?startapp={call_id}"
    }
    world.telegram.trouble.append(500)
    answer = await anna.post(f"/api/calls/{call_id}/share")
    assert (answer.status, answer.json["detail"]) == (503, "Telegram is not reachable")
    assert "Retry-After" in answer.headers
