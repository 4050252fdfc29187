"""Says to Telegram what is in the outbox, by a few requests at once. Nobody waits for it."""

from __future__ import annotations

import asyncio
import contextlib
import time
from typing import Any

import structlog
from aiogram import Bot
from aiogram.exceptions import (
    ClientDecodeError,
    TelegramAPIError,
    TelegramBadRequest,
    TelegramNetworkError,
    TelegramRetryAfter,
    TelegramServerError,
)
from aiogram.methods import TelegramMethod

from api.bot.metrics import BotMetrics
from api.bot.outbox import Job, Outbox

log = structlog.get_logger(__name__)

NOT_MODIFIED = "message is not modified"


def now_us() -> int:
    return round(time.monotonic() * 1e6)


class Sender:
    """`async with` sends; leaving it tries everything once more, within `drain_s`."""

    def __init__(
        self,
        bot: Bot,
        outbox: Outbox,
        metrics: BotMetrics,
        *,
        workers: int,
        request_timeout_s: float,
        drain_s: float,
    ) -> None:
        self._bot, self._outbox, self._metrics = bot, outbox, metrics
        self._workers, self._drain_s = workers, drain_s
        self._timeout_s = request_timeout_s
        self._wake = asyncio.Event()
        self._idle = asyncio.Event()
        self._idle.set()
        self._tasks: list[asyncio.Task[None]] = []
        self._is_failing = False
        self.ready = asyncio.Event()
        """Set when messages can be written: links need the bot's name."""

    def put(self, job: Job) -> None:
        """Takes a job; neither waits nor fails."""
        self._idle.clear()
        self._outbox.put(job, now_us())
        self._wake.set()

    def cancel(self, key: str) -> None:
        self._outbox.cancel(key, now_us())

    async def __aenter__(self) -> Sender:
        self._tasks = [
            asyncio.create_task(self._work(), name=f"bot_sender {number}") for number in range(self._workers)
        ]
        return self

    async def __aexit__(self, *_: object) -> None:
        try:
            self._outbox.hurry(now_us())
            self._wake.set()
            if self.ready.is_set():
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(self._drain_s):
                        await self._idle.wait()
        finally:
            for task in self._tasks:
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)
            self._outbox.give_up(now_us())
        if lost := self._outbox.given_up["shutdown"]:
            log.error("bot_messages_lost", messages=lost)

    async def _work(self) -> None:
        await self.ready.wait()
        while True:
            job = self._outbox.take(now_us())
            if job is not None:
                await self._send(job)
                continue
            if not len(self._outbox):
                self._idle.set()
            due_us = self._outbox.next_due_us()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(None if due_us is None else max(due_us - now_us(), 0) / 1e6):
                    await self._wake.wait()
            self._wake.clear()

    async def _send(self, job: Job) -> None:
        name = "unknown"
        try:
            method: TelegramMethod[Any] = job.method()
            name = type(method).__api_method__
            result = await self._bot(method, request_timeout=max(1, round(self._timeout_s)))
        except TelegramRetryAfter as error:
            self._metrics.sent.labels(name, "too_many").inc()
            log.warning("telegram_too_many", method=name, retry_after_s=error.retry_after)
            self._outbox.failed(job, now_us(), float(error.retry_after))
        except (TelegramNetworkError, TelegramServerError, ClientDecodeError) as error:
            self._metrics.sent.labels(name, "failed").inc()
            if not self._is_failing:
                log.warning("telegram_failing", method=name, error=type(error).__name__)
            self._is_failing = True
            self._outbox.failed(job, now_us())
        except TelegramAPIError as error:
            if isinstance(error, TelegramBadRequest) and NOT_MODIFIED in error.message:
                self._metrics.sent.labels(name, "ok").inc()
                self._outbox.delivered(job, True, now_us())
                return
            self._metrics.sent.labels(name, "refused").inc()
            log.info("telegram_refused", method=name, error=type(error).__name__, detail=error.message[:200])
            self._outbox.refused(job, error.message, now_us())
        except Exception:
            # A defect of ours must end neither this worker nor the order of the chat.
            log.exception("bot_message_failed", method=name)
            self._outbox.refused(job, "internal", now_us())
        else:
            self._metrics.sent.labels(name, "ok").inc()
            if self._is_failing:
                log.info("telegram_recovered", waiting=len(self._outbox))
            self._is_failing = False
            self._outbox.delivered(job, result, now_us())
