"""Updates: who may bring them, commands, sharing in any chat, cards in groups."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import func, select, text

from signaling.messages import User as Person
from store.tables import Call, User
from tests.api.bot.conftest import SECRET, message, user
from tests.api.bot.test_ringing import buttons

if TYPE_CHECKING:
    from tests.api.bot.conftest import MakeWorld, World

AT = datetime(2026, 11, 24, 12, tzinfo=UTC)
GROUP = -100_500
ANNA = user(1001, "Анна", language_code="ru", username="anna_k")


def inline(sender: dict[str, Any], query: str) -> dict[str, Any]:
    return {"inline_query": {"id": "q1", "from": sender, "query": query, "offset": ""}}


async def calls(world: World) -> list[Call]:
    async with world.database.transaction() as session:
        return list((await session.scalars(select(Call).order_by(Call.id))).all())


async def offered(world: World, sender: dict[str, Any], query: str) -> list[dict[str, Any]]:
    before = len(world.telegram.sent("answerInlineQuery"))
    assert await world.webhook(inline(sender, query)) == 200
    await world.until(lambda: len(world.telegram.sent("answerInlineQuery")) > before)
    answer = world.telegram.sent("answerInlineQuery")[-1]
    assert answer["is_personal"] is True
    assert answer.get("cache_time", 0) == 0
    results: list[dict[str, Any]] = answer["results"]
    return results


# --- the webhook --------------------------------------------------------------------------------------------


async def test_only_who_brings_the_secret_is_listened_to(world: World) -> None:
    update = message(ANNA, "/start")
    assert await world.webhook(update, secret=None) == 401
    for wrong in ("", "wrong", SECRET[:-1], SECRET + "0", "п"):
        assert await world.webhook(update, secret=wrong) == 403
    async with world.database.transaction() as session:
        assert await session.scalar(select(func.count()).select_from(User)) == 0
    assert world.telegram.calls == []


async def test_an_update_that_comes_again_is_taken_once(world: World) -> None:
    world.telegram.private.add(1001)
    update = world.telegram.bring(message(ANNA, "/start"))
    for _ in range(3):
        answer = await world.api.post(
            "/api/telegram/webhook", update, headers={"X-Telegram-Bot-Api-Secret-Token": SECRET}
        )
        assert (answer.status, answer.json) == (200, {"ok": True})
    await world.until(lambda: len(world.telegram.sent("sendMessage")) == 1)
    assert world.metric("telcall_bot_updates_total", kind="message", result="repeated") == 2


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[" * 100_000,
        b'{"update_id": 1, "message": {"chat": ' + b"[" * 50_000,
        b"{",
        b"[]",
        b"null",
        b'{"message": {}}',
        b"\xff",
        b'{"update_id": "x"}',
    ],
)
async def test_malformed_updates_are_refused(world: World, body: bytes) -> None:
    answer = await world.api.post(
        "/api/telegram/webhook", body, headers={"X-Telegram-Bot-Api-Secret-Token": SECRET}
    )
    assert answer.status == 400


async def test_updates_may_be_larger_than_other_bodies(world: World) -> None:
    headers = {"X-Telegram-Bot-Api-Secret-Token": SECRET}
    for size, status in ((200_000, 200), (262_145, 413)):
        body = json.dumps({"update_id": size, "filler": ""})
        body = body.replace('""', '"' + "x" * (size - len(body)) + '"')
        answer = await world.api.post("/api/telegram/webhook", body.encode(), headers=headers)
        assert answer.status == status, size


async def test_updates_do_not_count_for_telegrams_address(make_world: MakeWorld) -> None:
    world = await make_world()
    assert world.api.limits_hit == []
    statuses = [await world.webhook({"edited_channel_post": None}) for _ in range(150)]
    assert set(statuses) == {200}


async def test_while_the_database_is_away_updates_come_again(world: World) -> None:
    world.telegram.private.add(1001)
    update = world.telegram.bring(message(ANNA, "/start"))
    headers = {"X-Telegram-Bot-Api-Secret-Token": SECRET}
    async with world.database.transaction() as session:
        await session.execute(text("LOCK TABLE users IN ACCESS EXCLUSIVE MODE"))
        answer = await world.api.post("/api/telegram/webhook", update, headers=headers)
        assert answer.status == 503
        assert "Retry-After" in answer.headers
    answer = await world.api.post("/api/telegram/webhook", update, headers=headers)
    assert answer.status == 200
    await world.until(lambda: len(world.telegram.sent("sendMessage")) == 1)


# --- commands -----------------------------------------------------------------------------------------------


async def test_start_welcomes_in_the_persons_language(world: World) -> None:
    world.telegram.private |= {1001, 1003}
    await world.webhook(message(ANNA, "/start"))
    await world.webhook(message(user(1003, "Vera", language_code="de"), "/start"))
    await world.until(lambda: len(world.telegram.messages) == 2)
    russian, english = sorted(world.telegram.sent("sendMessage"), key=lambda each: each["chat_id"])
    assert russian["text"].startswith("Это Tel Call")
    assert buttons(russian) == {"Открыть приложение": "https://t.me/telcall_bot?startapp"}
    assert english["text"].startswith("This is Tel Call")


async def test_start_keeps_the_language_that_was_chosen_and_the_photo(world: World) -> None:
    anna, _ = await world.person(1001, "Анна", language_code="ru", photo_url="https://t.me/i/a.svg")
    await anna.request("PATCH", "/api/me", {"language_code": "en"})
    world.telegram.private.add(1001)
    await world.webhook(message(user(1001, "Anna", username="bad name"), "/start"))
    await world.until(lambda: len(world.telegram.messages) == 1)
    assert world.telegram.sent("sendMessage")[0]["text"].startswith("This is Tel Call")
    async with world.database.transaction() as session:
        row = (await session.scalars(select(User))).one()
    assert (row.first_name, row.username) == ("Anna", None)
    assert row.photo_url == "https://t.me/i/a.svg"


async def test_start_with_a_call_leads_into_it(world: World) -> None:
    anna, _ = await world.person(1001, "Анна")
    call_id = (await anna.post("/api/calls", {})).json["call_id"]
    world.telegram.private.add(1003)
    guest = user(1003, "Vera", language_code="en")
    await world.webhook(message(guest, f"/start {call_id}"))
    await world.until(lambda: len(world.telegram.messages) == 1)
    told = world.telegram.sent("sendMessage")[0]
    assert told["text"] == "Call from Анна"
    assert buttons(told) == {"Join the call": f"https://t.me/telcall_bot?startapp={call_id}"}
    await anna.post(f"/api/calls/{call_id}/end")
    await world.webhook(message(guest, f"/start {call_id}"))
    await world.until(lambda: len(world.telegram.messages) == 2)
    assert world.telegram.sent("sendMessage")[1]["text"] == "This call has ended"


async def test_help_and_what_is_no_command(world: World) -> None:
    world.telegram.private.add(1001)
    await world.webhook(message(ANNA, "привет", entities=[]))
    await world.webhook(message(ANNA, "/help"))
    await world.until(lambda: len(world.telegram.messages) == 1)
    assert world.telegram.sent("sendMessage")[0]["text"].startswith("/call: начать")


# --- cards --------------------------------------------------------------------------------------------------


async def test_call_in_a_group_posts_a_card_that_shows_who_is_in(world: World) -> None:
    world.telegram.groups.add(GROUP)
    await world.webhook(message(ANNA, "/call@telcall_bot Планёрка", GROUP))
    await world.until(lambda: len(world.telegram.messages) == 1)
    [call] = await calls(world)
    key = next(iter(world.telegram.messages))
    card = world.telegram.messages[key]
    assert card["text"] == "Планёрка\nЗвонок от Анна\nПока никого нет"
    assert buttons(card) == {"Присоединиться к звонку": f"https://t.me/telcall_bot?startapp={call.call_id}"}
    people = [Person(id=number, first_name=name) for number, name in ((5, "Борис"), (6, "Вера"))]
    world.happen("call.started", call.call_id)
    for person in people:
        world.happen("participant.joined", call.call_id, person)
    await world.until(lambda: "Борис, Вера" in world.telegram.messages[key]["text"])
    # Three things happened at once: one change, not before the group's pace allows it.
    edits = [each.at_s for each in world.telegram.calls if each.method == "editMessageText"]
    sent = next(each.at_s for each in world.telegram.calls if each.method == "sendMessage")
    assert len(edits) == 1
    assert edits[0] - sent >= 2.9
    await world.lifecycle.end_call(call.call_id, None)
    await world.until(lambda: world.telegram.messages[key]["text"] == "Звонок от Анна завершён")
    assert buttons(world.telegram.messages[key]) == {}


async def test_card_of_a_forum_stands_in_its_topic(world: World) -> None:
    world.telegram.groups.add(GROUP)
    await world.webhook(message(ANNA, "/call", GROUP, message_thread_id=7, is_topic_message=True))
    await world.until(lambda: len(world.telegram.messages) == 1)
    assert world.telegram.sent("sendMessage")[0]["message_thread_id"] == 7


async def test_commands_for_other_bots_are_theirs(world: World) -> None:
    world.telegram.groups.add(GROUP)
    await world.webhook(message(ANNA, "/call@another_bot", GROUP))
    assert await calls(world) == []


async def test_nobody_calls_anonymously(world: World) -> None:
    world.telegram.groups.add(GROUP)
    anonymous = user(1_087_968_824, "Group") | {"is_bot": True}
    group = {"id": GROUP, "type": "supergroup", "title": "Группа"}
    await world.webhook(message(anonymous, "/call", GROUP, sender_chat=group))
    await world.until(lambda: len(world.telegram.messages) == 1)
    assert await calls(world) == []


async def test_calls_by_the_bot_are_limited(make_world: MakeWorld) -> None:
    world = await make_world(may_create=1)
    world.telegram.groups.add(GROUP)
    for _ in range(3):
        assert await world.webhook(message(ANNA, "/call", GROUP)) == 200
    assert len(await calls(world)) == 1


async def test_card_where_the_bot_may_not_write_is_given_up(world: World) -> None:
    await world.webhook(message(ANNA, "/call", GROUP))
    await world.until(lambda: world.metric("telcall_bot_given_up_total", reason="refused") == 1)
    [call] = await calls(world)
    world.happen("participant.joined", call.call_id, Person(id=5))
    await world.lifecycle.end_call(call.call_id, None)
    assert world.telegram.sent("editMessageText") == []


# --- sharing in any chat ------------------------------------------------------------------------------------


async def test_own_live_calls_are_offered(world: World) -> None:
    anna, _ = await world.person(1001, "Анна")
    boris, _ = await world.person(1002, "Борис")
    first, ended, last = [(await anna.post("/api/calls", {})).json["call_id"] for _ in range(3)]
    await anna.post(f"/api/calls/{ended}/end")
    other = (await boris.post("/api/calls", {})).json["call_id"]
    results = await offered(world, ANNA, "")
    assert [each["id"] for each in results] == [f"call_{last}", f"call_{first}"]
    assert results[0]["title"] == "Звонок от Анна"
    assert list(buttons(results[0])) == ["Присоединиться к звонку"]
    assert other not in json.dumps(results)


async def test_where_there_is_no_call_one_is_made_once(world: World) -> None:
    [first] = await offered(world, ANNA, "")
    [again] = await offered(world, ANNA, "")
    [call] = await calls(world)
    assert first["id"] == again["id"] == f"call_{call.call_id}"


async def test_named_call_is_offered_to_who_takes_part_while_it_lives(world: World) -> None:
    anna, anna_seen = await world.person(1001, "Анна")
    _, boris = await world.person(1002, "Борис")
    call_id = (await anna.post("/api/calls", {})).json["call_id"]
    boris_sent = user(1002, "Борис")
    assert [each["id"] for each in await offered(world, ANNA, f"call_{call_id}")] == [f"call_{call_id}"]
    assert await offered(world, boris_sent, f"call_{call_id}") == []
    world.rooms.open(call_id, anna_seen.id, boris.id, at=AT)
    assert len(await offered(world, boris_sent, f"call_{call_id}")) == 1
    await anna.post(f"/api/calls/{call_id}/end")
    assert await offered(world, ANNA, f"call_{call_id}") == []
    for query in ("call_", "call_unknown", "weather", "call_\0", "call_" * 50):
        assert await offered(world, ANNA, query) == []


async def test_card_that_was_sent_inline_is_kept_up_to_date(world: World) -> None:
    anna, anna_seen = await world.person(1001, "Анна")
    call_id = (await anna.post("/api/calls", {})).json["call_id"]
    world.rooms.open(call_id, anna_seen.id, at=AT)
    chosen = {"result_id": f"call_{call_id}", "from": ANNA, "query": "", "inline_message_id": "im1"}
    assert await world.webhook({"chosen_inline_result": chosen}) == 200
    await world.until(lambda: "im1" in world.telegram.inline)
    assert world.telegram.inline["im1"]["text"] == f"Звонок от Анна\nВ звонке: User {anna_seen.id}"
    await anna.post(f"/api/calls/{call_id}/end")
    await world.until(lambda: world.telegram.inline["im1"]["text"] == "Звонок от Анна завершён")


# --- polling, the start and the end -------------------------------------------------------------------------


async def test_without_a_public_address_updates_are_asked_for(make_world: MakeWorld) -> None:
    world = await make_world(mode="polling", public_url="http://localhost:8080", username=None)
    world.telegram.private.add(1001)
    world.telegram.bring(message(ANNA, "/start"))
    world.telegram.bring(message(ANNA, "/help"))
    await world.until(lambda: len(world.telegram.messages) == 2)
    start = world.telegram.sent("sendMessage")[0]
    assert buttons(start) == {"Открыть приложение": "https://t.me/telcall_bot?startapp"}
    await world.until(lambda: not world.telegram.updates)  # each was taken, and is not asked for again
    assert world.telegram.webhook == {}


async def test_a_webhook_that_is_set_elsewhere_is_left_alone(make_world: MakeWorld) -> None:
    world = await make_world(mode="off")
    elsewhere = {"url": "https://other.example/hook"}
    world.telegram.webhook = dict(elsewhere)
    for mode in ("polling", "webhook"):
        await make_world(mode=mode)
    await world.until(lambda: len(world.telegram.sent("getUpdates")) > 0)
    await world.until(lambda: len(world.telegram.sent("getWebhookInfo")) > 0)
    assert world.telegram.webhook == elsewhere
    assert world.telegram.sent("setWebhook") == []


async def test_start_sets_webhook_commands_and_menu(make_world: MakeWorld) -> None:
    world = await make_world(mode="webhook")
    await world.until(lambda: bool(world.telegram.menu))
    hook = world.telegram.webhook
    assert hook["url"] == "https://tel.example/api/telegram/webhook"
    assert hook["secret_token"] == SECRET
    assert hook["allowed_updates"] == ["message", "callback_query", "inline_query", "chosen_inline_result"]
    assert set(world.telegram.commands) == {
        (scope, code) for scope in ("default", "all_group_chats") for code in ("", "ru", "en")
    }
    assert world.telegram.commands["all_group_chats", "ru"] == ["call", "help"]
    assert world.telegram.menu["web_app"] == {"url": "https://tel.example"}


async def test_start_waits_for_telegram_and_nobody_for_the_start(make_world: MakeWorld) -> None:
    world = await make_world(api_url="http://127.0.0.1:9", username=None)
    anna, _, boris = await world.friends()
    assert (await anna.post("/api/calls/friend", {"friend_id": boris.id})).status == 201
    share = await anna.post(f"/api/calls/{(await anna.post('/api/calls', {})).json['call_id']}/share")
    assert share.status == 503


async def test_at_the_end_what_waits_still_goes_out(make_world: MakeWorld) -> None:
    world = await make_world()
    anna, _, boris = await world.friends()
    call_id = (await anna.post("/api/calls/friend", {"friend_id": boris.id})).json["call_id"]
    await world.until(lambda: len(world.telegram.messages) == 1)
    world.happen("call.ended", call_id, reason="empty")  # the edit has to wait a second for its chat
    async with asyncio.timeout(10):
        await world.bot.__aexit__(None, None, None)
    assert len(world.telegram.sent("editMessageText")) == 1


async def test_a_command_that_needs_a_telegram_that_is_down_comes_again(world: World) -> None:
    world.telegram.groups.add(GROUP)
    update = world.telegram.bring(message(ANNA, "/call@telcall_bot", GROUP))
    headers = {"X-Telegram-Bot-Api-Secret-Token": SECRET}
    await world.telegram.stop()
    answer = await world.api.post("/api/telegram/webhook", update, headers=headers)
    assert (answer.status, answer.detail) == (503, "Telegram is not reachable")
    await world.telegram.start()
    answer = await world.api.post("/api/telegram/webhook", update, headers=headers)
    assert answer.status == 200
    await world.until(lambda: len(world.telegram.messages) == 1)
