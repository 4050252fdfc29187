"""What the bot does about updates: commands, buttons, inline queries.

Answers go into the outbox, so that a handler is over as soon as the database has answered. Everything may
raise `DatabaseUnavailable`: the update is to be handed in again then.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import structlog
from aiogram import F, Router
from aiogram.filters import Command, CommandObject, CommandStart
from aiogram.methods import (
    AnswerCallbackQuery,
    AnswerInlineQuery,
    EditMessageReplyMarkup,
    TelegramMethod,
)
from aiogram.types import CallbackQuery, ChosenInlineResult, InlineQuery, Message
from aiogram.types import User as TelegramUser

from api.authenticator import Account, account_of
from api.bot.cards import Card, Cards, WatchedCall
from api.bot.messages import DECLINE, INLINE_CALL, Written, plain
from api.bot.outbox import Job
from api.bot.rings import Rings
from api.bot.sender import now_us
from api.bot.texts import TEXTS, language_of
from api.init_data import InitDataError, telegram_user
from api.profiles import profile_of
from signaling.bus import Bus, RoomUnreachable
from signaling.lifecycle import CallRecord, Lifecycle, LifecycleError
from signaling.messages import User
from store.database import Database
from store.queries.active_calls import active_call_ids
from store.queries.users import upsert_telegram_user

log = structlog.get_logger(__name__)

GROUPS = ("group", "supergroup")
CALL_ID = re.compile(r"[A-Za-z0-9_-]{16}")
MAX_TITLE_CHARS = 128
MAX_OFFERED = 5
ANSWER_S = 10.0
"""Telegram takes no answer to a query that is older."""
REPLY_S = 600.0


@dataclass(frozen=True, slots=True)
class Handlers:
    """`put` takes what is to be sent. `may_create`: whether somebody may make one more call now."""

    database: Database
    lifecycle: Lifecycle
    bus: Bus
    rings: Rings
    cards: Cards
    written: Written
    put: Callable[[Job], None]
    may_create: Callable[[int], Awaitable[bool]]
    utc: Callable[[], datetime] = lambda: datetime.now(UTC)

    def router(self) -> Router:
        router = Router(name="telcall")
        router.message.register(self.start, CommandStart(), F.chat.type == "private")
        router.message.register(self.help, Command("help"))
        router.message.register(self.call, Command("call"))
        router.callback_query.register(self.decline, F.data.startswith(DECLINE))
        router.inline_query.register(self.offer)
        router.chosen_inline_result.register(self.chosen)
        return router

    # --- commands -----------------------------------------------------------------------------------------

    async def start(self, message: Message, command: CommandObject) -> None:
        """/start, with the id of a call as its payload: the way into it."""
        if (account := await self.meet(message.from_user)) is None:
            return
        language, chat_id = language_of(account.language_code), message.chat.id
        payload = (command.args or "").strip().removeprefix(INLINE_CALL)
        if not CALL_ID.fullmatch(payload):
            self._reply(chat_id, lambda: self.written.start(chat_id, language))
        elif (call := await self._live(payload)) is not None:
            self._reply(chat_id, lambda: self.written.invitation(chat_id, call, language))
        else:
            self._reply(chat_id, lambda: plain(chat_id, TEXTS[language].gone))

    async def help(self, message: Message) -> None:
        if (account := await self.meet(message.from_user)) is None:
            return
        text, chat_id = TEXTS[language_of(account.language_code)].help, message.chat.id
        group, thread_id = message.chat.type in GROUPS, _thread(message)
        self._reply(chat_id, lambda: plain(chat_id, text, thread_id), group=group)

    async def call(self, message: Message, command: CommandObject) -> None:
        """/call, with a title if wanted: a new call, and its card in this chat."""
        chat, thread_id = message.chat, _thread(message)
        group = chat.type in GROUPS
        if message.sender_chat is not None:
            text = TEXTS[language_of(None)].no_anonymous
            self._reply(chat.id, lambda: plain(chat.id, text, thread_id), group=group)
            return
        account = await self.meet(message.from_user)
        if account is None or not await self.may_create(account.user.id):
            return
        title = (command.args or "").replace("\0", "").strip()[:MAX_TITLE_CHARS] or None
        call = await self.lifecycle.create_call(account.user, title=title, is_video_enabled=True)
        watched = self.cards.watch(call.call_id, account.user, title, ())
        language = language_of(account.language_code)
        self.cards.add(Card(watched, language, chat_id=chat.id, thread_id=thread_id))

    # --- buttons ------------------------------------------------------------------------------------------

    async def decline(self, query: CallbackQuery) -> None:
        """'Not now': whoever waits is told, the message becomes a missed call."""
        call_id = (query.data or "").removeprefix(DECLINE)
        ringing = self.rings.declined(call_id, query.from_user.id)
        text = None
        if ringing is not None:
            text = TEXTS[language_of(ringing.friend.language_code)].not_now_said
        self._answer(f"callback:{query.id}", AnswerCallbackQuery(callback_query_id=query.id, text=text))
        if ringing is None and query.message is not None:
            chat_id, message_id = query.message.chat.id, query.message.message_id
            self._reply(chat_id, lambda: EditMessageReplyMarkup(chat_id=chat_id, message_id=message_id))

    # --- sharing in any chat ------------------------------------------------------------------------------

    async def offer(self, query: InlineQuery) -> None:
        """One's own calls that can be joined, or the one that is named; where there is none, a new one."""
        account = await self.meet(query.from_user)
        calls: Sequence[CallRecord] = (
            () if account is None else await self._offered(account.user, query.query)
        )
        language = language_of(account.language_code if account else None)
        articles: Any = [self.written.article(call, language) for call in calls]
        self._answer(
            f"inline:{query.id}",
            AnswerInlineQuery(inline_query_id=query.id, results=articles, cache_time=0, is_personal=True),
        )

    async def _offered(self, user: User, query: str) -> list[CallRecord]:
        query = query.strip()
        if query.startswith(INLINE_CALL):
            call = await self._live(query.removeprefix(INLINE_CALL))
            return [call] if call is not None and await self.takes_part(call, user.id) else []
        if query:
            return []
        async with self.database.transaction() as session:
            ids = await active_call_ids(session, user.id, self.utc(), MAX_OFFERED)
        found = [call for each in ids if (call := await self._live(each)) is not None]
        if not found and await self.may_create(user.id):
            found = [await self.lifecycle.create_call(user, title=None, is_video_enabled=True)]
        return found

    async def chosen(self, result: ChosenInlineResult) -> None:
        """A card that was sent inline: it is kept up to date, where Telegram tells us of it."""
        if result.inline_message_id is None or not result.result_id.startswith(INLINE_CALL):
            return
        account = await self.meet(result.from_user)
        call = await self._live(result.result_id.removeprefix(INLINE_CALL))
        if account is None or call is None or not await self.takes_part(call, account.user.id):
            return
        watched = await self.watch(call)
        language = language_of(account.language_code)
        self.cards.add(Card(watched, language, inline_message_id=result.inline_message_id))

    # --- pieces -------------------------------------------------------------------------------------------

    async def meet(self, user: TelegramUser | None) -> Account | None:
        """The person, known from now on; None for a bot."""
        if user is None or user.is_bot:
            return None
        try:
            person = telegram_user(user.model_dump(include={*_PROFILE}))
        except InitDataError:
            return None
        async with self.database.transaction() as session:
            return account_of(await upsert_telegram_user(session, profile_of(person, with_photo=False)))

    async def takes_part(self, call: CallRecord, user_id: int) -> bool:
        """Whether it is their call, or they are in it now."""
        if call.creator.id == user_id:
            return True
        try:
            room = await self.bus.room(call.call_id)
        except RoomUnreachable:
            return False
        return room is not None and any(each.user.id == user_id for each in room.participants)

    async def watch(self, call: CallRecord) -> WatchedCall:
        try:
            room = await self.bus.room(call.call_id)
        except RoomUnreachable:
            room = None
        people = () if room is None else tuple(each.user for each in room.participants)
        return self.cards.watch(call.call_id, call.creator, call.title, people)

    async def _live(self, call_id: str) -> CallRecord | None:
        if not CALL_ID.fullmatch(call_id):
            return None
        try:
            return await self.lifecycle.find_call(call_id)
        except LifecycleError:
            return None

    def _reply(self, chat_id: int, method: Callable[[], TelegramMethod[Any]], *, group: bool = False) -> None:
        self.put(Job(f"chat:{chat_id}", method, now_us() + round(REPLY_S * 1e6), group=group))

    def _answer(self, lane: str, method: TelegramMethod[Any]) -> None:
        self.put(Job(lane, lambda: method, now_us() + round(ANSWER_S * 1e6), urgent=True))


_PROFILE = ("id", "first_name", "last_name", "username", "language_code")


def _thread(message: Message) -> int | None:
    """The topic of a forum that the message is in."""
    return message.message_thread_id if message.is_topic_message else None
