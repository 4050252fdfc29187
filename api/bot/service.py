"""The bot's parts, put together: what happens in calls goes in, messages go out behind everything else."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Coroutine
from datetime import UTC, datetime
from typing import Any

import structlog
from aiogram import Dispatcher
from aiogram.exceptions import (
    TelegramAPIError,
    TelegramBadRequest,
    TelegramForbiddenError,
    TelegramRetryAfter,
)
from aiogram.types import Message
from aiohttp import web
from prometheus_client import CollectorRegistry

from api.authenticator import Account
from api.bot.cards import Card, Cards
from api.bot.config import BotConfig
from api.bot.handlers import Handlers
from api.bot.incoming import Incoming
from api.bot.kept import card_of, kept_card, kept_ring, kept_ring_key, ring_of
from api.bot.links import Links
from api.bot.memory import Memory
from api.bot.messages import Written
from api.bot.metrics import BotMetrics
from api.bot.outbox import Failure, Job, Outbox, OutboxLimits
from api.bot.rings import Ringing, Rings
from api.bot.sender import Sender, now_us
from api.bot.setup import keep_webhook, make_bot, set_profile
from api.bot.texts import language_of
from api.errors import ApiError
from signaling.bus import Bus
from signaling.lifecycle import CallRecord, Lifecycle, public_user
from signaling.messages import Ring, RingState, User
from signaling.room_state import CallEvent
from store.database import Database
from store.errors import DatabaseUnavailable
from store.queries.bot_messages import OpenMessage
from store.tables.bot_message import RING
from store.tables.call import ACTIVE

log = structlog.get_logger(__name__)

SHARE_S = 5.0
EDIT_S = 3_600.0
"""How long a change of a message is tried."""
POST_CARD_S = 600.0
FIRST_WAIT_S, MAX_WAIT_S = 1.0, 60.0


class TelegramBot:
    """`async with` runs it. Implements `api.bot_door.BotDoor`."""

    def __init__(
        self,
        config: BotConfig,
        *,
        database: Database,
        lifecycle: Lifecycle,
        bus: Bus,
        registry: CollectorRegistry,
        may_create: Callable[[int], Awaitable[bool]],
        utc: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._config, self._bus, self._utc = config, bus, utc
        self._links = Links(config.public_url, config.username)
        self._written = Written(self._links)
        self._bot = make_bot(config)
        outbox = Outbox(OutboxLimits(max_jobs=config.max_jobs, first_retry_s=config.first_retry_s))
        metrics = BotMetrics(registry, outbox)
        self._sender = Sender(
            self._bot,
            outbox,
            metrics,
            workers=config.workers,
            request_timeout_s=config.request_timeout_s,
            drain_s=config.drain_s,
        )
        self._memory = Memory(database)
        self._rings = Rings(
            config.ring_s,
            say=self._say,
            post=self._post_ring,
            withdraw=lambda ringing: self._sender.cancel(ringing.key),
            count=lambda outcome: metrics.rings.labels(outcome).inc(),
        )
        self._cards = Cards(self._post_card, self._edit_card)
        handlers = Handlers(
            database,
            lifecycle,
            bus,
            self._rings,
            self._cards,
            self._written,
            self._sender.put,
            may_create,
            utc,
        )
        dispatcher = Dispatcher(disable_fsm=True)  # which would keep something of everybody who ever wrote
        dispatcher.include_router(handlers.router())
        self._incoming = Incoming(self._bot, dispatcher, config, metrics)
        self._ring_set = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []

    async def __aenter__(self) -> TelegramBot:
        if self._links.username is not None:
            self._sender.ready.set()
        await self._memory.__aenter__()
        await self._sender.__aenter__()
        self._start(self._restore(), "bot_restore")
        self._start(self._watch_rings(), "bot_rings")
        self._start(self._introduce(), "bot_introduction")
        return self

    async def __aexit__(self, *error: Any) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._sender.__aexit__(*error)
        await self._memory.__aexit__(*error)
        await self._bot.session.close()

    # --- for REST: api.bot_door.BotDoor -------------------------------------------------------------------

    def ring(self, call_id: str, caller: User, friend: Account) -> None:
        self._rings.ring(call_id, caller, friend, self._utc(), now_us())
        self._ring_set.set()

    async def prepared_share(self, call: CallRecord, sharer: Account) -> str:
        method = self._written.prepared(call, sharer.telegram_user_id, language_of(sharer.language_code))
        try:
            async with asyncio.timeout(SHARE_S):
                await self._sender.ready.wait()
                return (await self._bot(method, request_timeout=round(SHARE_S))).id
        except (TelegramBadRequest, TelegramForbiddenError) as error:
            log.info("share_refused", error=type(error).__name__, detail=error.message[:200])
            raise ApiError(409, "Telegram cannot prepare this message") from None
        except (TelegramAPIError, TimeoutError) as error:
            log.warning("share_failed", error=type(error).__name__)
            wait_s = error.retry_after if isinstance(error, TelegramRetryAfter) else round(SHARE_S)
            raise ApiError(503, "Telegram is not reachable", {"Retry-After": str(wait_s)}) from None

    async def webhook(self, request: web.Request) -> web.Response:
        return await self._incoming.webhook(request)

    # --- what happens in calls ----------------------------------------------------------------------------

    def on_event(self, event: CallEvent) -> None:
        """Neither waits nor fails."""
        if event.kind == "participant.joined" and event.user is not None:
            self._rings.came(event.call_id, event.user.id)
        elif event.kind == "call.ended":
            self._rings.call_over(event.call_id)
        self._cards.happened(event)

    def call_over(self, call_id: str) -> None:
        """A call has ended for good, whether anybody was in it or not."""
        self._rings.call_over(call_id)
        self._cards.call_over(call_id)

    # --- rings --------------------------------------------------------------------------------------------

    def _say(self, ringing: Ringing, state: RingState) -> None:
        friend = ringing.friend.user
        self._bus.ring(ringing.call_id, Ring(user_id=friend.id, state=state, user=friend))

    def _post_ring(self, ringing: Ringing) -> None:
        lane, method = f"chat:{ringing.friend.telegram_user_id}", lambda: self._written.ring(ringing)

        def changed(result: Any) -> None:
            if _is_final(result):
                self._memory.forget(kept_ring_key(ringing, ringing.message_id))

        def written(result: Any) -> None:
            if isinstance(result, Message):
                self._memory.keep(kept_ring(ringing, result.message_id))
                self._rings.posted(ringing, result.message_id)
            else:
                self._rings.not_posted(ringing)

        if ringing.message_id is None:
            self._sender.put(Job(lane, method, ringing.deadline_us, written, key=ringing.key))
        else:
            expires_us = now_us() + round(EDIT_S * 1e6)
            self._sender.put(Job(lane, method, expires_us, changed, key=f"{ringing.key}:edit"))

    async def _watch_rings(self) -> None:
        while True:
            due_us = self._rings.next_deadline_us()
            wait_s = None if due_us is None else max(due_us - now_us(), 0) / 1e6
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(wait_s):
                    await self._ring_set.wait()
            self._ring_set.clear()
            try:
                self._rings.advance(now_us())
            except Exception:
                log.exception("rings_failed")  # those that are due later still come to their end

    # --- cards --------------------------------------------------------------------------------------------

    def _post_card(self, card: Card) -> None:
        def done(result: Any) -> None:
            if isinstance(result, Message):
                self._cards.written(card, result.message_id)
                self._memory.keep(kept_card(card, self._utc()))
            elif isinstance(result, Failure):
                self._cards.not_written(card)

        self._put_card(card, POST_CARD_S, done)

    def _edit_card(self, card: Card) -> None:
        def done(result: Any) -> None:
            if isinstance(result, Failure) and result.why == "refused":  # somebody has deleted it
                self._cards.not_written(card)
                self._memory.forget(card.key)
            elif card.call.is_over and _is_final(result):
                self._memory.forget(card.key)

        if card.inline_message_id is not None and not card.shown:
            self._memory.keep(kept_card(card, self._utc()))
        self._put_card(card, EDIT_S, done, key=card.key)

    def _put_card(
        self, card: Card, tried_s: float, done: Callable[[Any], None], key: str | None = None
    ) -> None:
        is_group = card.chat_id is None or card.chat_id < 0  # Telegram's ids of groups are negative
        expires_us = now_us() + round(tried_s * 1e6)
        self._sender.put(
            Job(card.lane, lambda: self._written.card(card), expires_us, done, key, group=is_group)
        )

    # --- after a restart ----------------------------------------------------------------------------------

    async def _restore(self) -> None:
        """Messages that an earlier process has left go on, or come to their end."""
        while True:
            try:
                left = await self._memory.restore()
                break
            except DatabaseUnavailable:
                await asyncio.sleep(FIRST_WAIT_S)
        for each in left:
            restore = self._restore_ring if each.message.kind == RING else self._restore_card
            restore(each)
        self._ring_set.set()
        if left:
            log.info("bot_messages_restored", messages=len(left))

    def _restore_ring(self, left: OpenMessage) -> None:
        ringing = ring_of(left, self._config.ring_s, self._utc(), now_us())
        if ringing is None:
            return
        self._rings.restore(ringing)
        if left.has_come:
            self._rings.came(ringing.call_id, ringing.friend.user.id)
        elif self._is_over(left):
            self._rings.call_over(ringing.call_id)

    def _restore_card(self, left: OpenMessage) -> None:
        call_id = left.message.call_id
        call = self._cards.watch(call_id, public_user(left.creator), left.call.title, ())
        self._cards.add(card_of(left, call))
        if self._is_over(left):
            self._cards.call_over(call_id)

    def _is_over(self, left: OpenMessage) -> bool:
        """Its time may have run out, and nobody have written it down yet."""
        expires_at = left.call.expires_at
        return left.call.status != ACTIVE or (expires_at is not None and expires_at <= self._utc())

    # --- the start ----------------------------------------------------------------------------------------

    async def _introduce(self) -> None:
        """Who we are, where updates go, what we can do. Tried until Telegram answers; nothing waits for it
        but messages of a bot whose name is not known."""
        if self._config.mode != "off" or self._links.username is None:
            await self._insist("getMe", self._learn_name)
        if self._config.mode == "off":
            return
        if self._config.mode == "polling":
            self._start(self._incoming.poll(), "bot_polling")
        else:
            await self._insist("setWebhook", self._keep_webhook)
        await self._insist("setMyCommands", lambda: set_profile(self._bot, self._config))

    async def _learn_name(self) -> None:
        name = (await self._bot.me()).username
        if self._config.username is None:
            self._links.username = name
        elif name is not None and name.lower() != self._config.username.lower():
            log.warning("bot_username_differs", setting=self._config.username, telegram=name)
        self._sender.ready.set()

    async def _keep_webhook(self) -> None:
        if (other := await keep_webhook(self._bot, self._config)) is not None:
            log.warning("webhook_is_elsewhere", url=other.partition("?")[0], hint="telcall bot set")
        else:
            log.info("webhook_set", url=self._config.webhook_url)

    async def _insist(self, what: str, do: Callable[[], Awaitable[None]]) -> None:
        wait_s = FIRST_WAIT_S
        while True:
            try:
                return await do()
            except (TelegramBadRequest, TelegramForbiddenError) as error:
                log.error("bot_setup_refused", step=what, detail=error.message[:200])
                return None
            except TelegramAPIError as error:
                if wait_s == FIRST_WAIT_S:
                    log.warning("bot_setup_delayed", step=what, error=type(error).__name__)
            except Exception:
                log.exception("bot_setup_failed", step=what)
            await asyncio.sleep(wait_s)
            wait_s = min(wait_s * 2, MAX_WAIT_S)

    def _start(self, work: Coroutine[Any, Any, None], name: str) -> None:
        self._tasks.append(asyncio.create_task(_logged(work, name), name=name))


async def _logged(work: Coroutine[Any, Any, None], name: str) -> None:
    """Nobody waits for these tasks before the end: what ends one of them must be seen when it does."""
    try:
        await work
    except Exception:
        log.exception("bot_task_failed", task=name)


def _is_final(result: Any) -> bool:
    """Nothing more will come of it: said, or refused for good."""
    return not isinstance(result, Failure) or result.why not in ("cancelled", "shutdown")
