"""Updates from Telegram, by webhook or by polling: checked, each taken once, handed to the handlers."""

from __future__ import annotations

import asyncio
import hmac
from collections import OrderedDict
from typing import Any

import structlog
from aiogram import Bot, Dispatcher
from aiogram.exceptions import TelegramAPIError, TelegramConflictError, TelegramUnauthorizedError
from aiogram.types import Update
from aiohttp import web
from pydantic import ValidationError

from api.answers import answer
from api.bodies import parse_body, read_bytes
from api.bot.config import WEBHOOK_BODY_BYTES, BotConfig
from api.bot.metrics import BotMetrics
from api.errors import ApiError, Invalid, Unauthorized
from api.schemas import calling
from store.errors import DatabaseUnavailable

log = structlog.get_logger(__name__)

SECRET_HEADER = "X-Telegram-Bot-Api-Secret-Token"
UPDATES = ["message", "callback_query", "inline_query", "chosen_inline_result"]
REMEMBERED_UPDATES = 10_000
HANDLE_S = 10.0
FIRST_WAIT_S, MAX_WAIT_S = 1.0, 60.0


class Taken:
    """Ids of updates that were taken lately, the newest ones: Telegram repeats what it had no answer to."""

    def __init__(self, max_ids: int = REMEMBERED_UPDATES) -> None:
        self._ids: OrderedDict[int, None] = OrderedDict()
        self._max_ids = max_ids

    def take(self, update_id: int) -> bool:
        """False: it was taken before."""
        if update_id in self._ids:
            return False
        self._ids[update_id] = None
        if len(self._ids) > self._max_ids:
            self._ids.popitem(last=False)
        return True

    def give_back(self, update_id: int) -> None:
        """Nothing has come of it; it may come again."""
        self._ids.pop(update_id, None)


class Incoming:
    """Both ways end in `handle`. It raises `DatabaseUnavailable` or `TelegramAPIError` if the update has to
    come again."""

    def __init__(self, bot: Bot, dispatcher: Dispatcher, config: BotConfig, metrics: BotMetrics) -> None:
        self._bot, self._dispatcher, self._config, self._metrics = bot, dispatcher, config, metrics
        self._secret = config.webhook_secret.encode()
        self._taken = Taken()

    async def handle(self, update: Update) -> None:
        kind = next((name for name in UPDATES if getattr(update, name) is not None), None)
        if kind is None:
            self._metrics.updates.labels("other", "ignored").inc()
            return
        if not self._taken.take(update.update_id):
            self._metrics.updates.labels(kind, "repeated").inc()
            return
        try:
            async with asyncio.timeout(HANDLE_S):
                await self._dispatcher.feed_update(self._bot, update)
        except (DatabaseUnavailable, TimeoutError) as error:
            self._taken.give_back(update.update_id)
            self._metrics.updates.labels(kind, "put_off").inc()
            raise DatabaseUnavailable(type(error).__name__) from error
        except TelegramAPIError:  # a command may have to ask for the bot's own name
            self._taken.give_back(update.update_id)
            self._metrics.updates.labels(kind, "put_off").inc()
            raise
        except asyncio.CancelledError:
            self._taken.give_back(update.update_id)
            raise
        except Exception:
            # It would fail again: Telegram must not repeat it for a day.
            self._metrics.updates.labels(kind, "failed").inc()
            log.exception("update_failed", kind=kind)
        else:
            self._metrics.updates.labels(kind, "taken").inc()

    # --- webhook ------------------------------------------------------------------------------------------

    async def webhook(self, request: web.Request) -> web.Response:
        """An update that Telegram brings. Answered when it has been taken; otherwise it comes again."""
        given = request.headers.get(SECRET_HEADER)
        if given is None:
            raise Unauthorized
        if not hmac.compare_digest(given.encode("utf-8", "surrogateescape"), self._secret):
            log.warning("webhook_refused")
            raise ApiError(403, "Forbidden")
        body = await read_bytes(request, WEBHOOK_BODY_BYTES)
        try:
            parse_body(body, calling.Update)
            update = Update.model_validate_json(body, context={"bot": self._bot})
        except (Invalid, ValidationError):
            log.warning("update_malformed")
            raise ApiError(400, "Malformed update") from None
        try:
            await self.handle(update)
        except TelegramAPIError:
            raise ApiError(503, "Telegram is not reachable", {"Retry-After": "2"}) from None
        return answer(calling.Taken(ok=True))

    # --- polling ------------------------------------------------------------------------------------------

    async def poll(self) -> None:
        """Asks for updates until cancelled; a webhook that is set elsewhere is left alone."""
        offset: int | None = None
        wait_s = FIRST_WAIT_S
        told: str | None = None
        while True:
            try:
                updates: list[Any] = await self._bot.get_updates(
                    offset=offset,
                    timeout=self._config.poll_s,
                    allowed_updates=UPDATES,
                    request_timeout=self._config.poll_s + 10,
                )
                for update in updates:
                    await self.handle(update)
                    offset = update.update_id + 1
                wait_s, told = FIRST_WAIT_S, None
                continue
            except TelegramConflictError:
                problem = "others take the bot's updates; `telcall bot delete` ends their webhook"
            except TelegramUnauthorizedError:
                problem = "Telegram does not know BOT_TOKEN"
            except DatabaseUnavailable:
                problem = "the database is away"
            except TelegramAPIError as error:
                problem = type(error).__name__
            except Exception as error:
                log.exception("polling_failed")
                problem = type(error).__name__
            if problem != told:
                log.warning("updates_delayed", problem=problem)
                told = problem
            await asyncio.sleep(wait_s)
            wait_s = min(wait_s * 2, MAX_WAIT_S)
