"""Signed webhooks: what happens in calls, told to one URL of the operator's.

Events are taken at once and sent behind the calls; a receiver that is slow or down never holds up a call.
An event may arrive more than once: its `id` tells.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import secrets
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC

import aiohttp
import structlog
from prometheus_client import CollectorRegistry
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from signaling.room_state import CallEvent
from telcall.webhook_queue import DROP_REASONS, Pending, QueueLimits, WebhookQueue
from telcall.webhook_signature import HEADER, signature

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class WebhookConfig:
    """`workers`: requests at the same time. `drain_s`: what the end of the process may take."""

    url: str
    secret: str = field(repr=False)
    user_agent: str = "telcall"
    limits: QueueLimits = field(default_factory=QueueLimits)
    timeout_s: float = 10.0
    workers: int = 4
    drain_s: float = 3.0


class Webhooks:
    """`async with` sends; leaving it tries everything once more, within `drain_s`."""

    def __init__(
        self,
        config: WebhookConfig,
        registry: CollectorRegistry,
        *,
        unix_s: Callable[[], float] = time.time,
    ) -> None:
        self._config, self._unix_s = config, unix_s
        self._queue = WebhookQueue(config.limits)
        self._wake = asyncio.Event()
        self._idle = asyncio.Event()
        self._idle.set()
        self._workers: list[asyncio.Task[None]] = []
        self._is_failing = False
        self.delivered = 0
        self.failed_tries = 0
        registry.register(_WebhookMetrics(self, self._queue))

    def on_event(self, event: CallEvent) -> None:
        """Takes an event; neither waits nor fails."""
        self._queue.put(event.call_id, encoded(event, f"evt_{secrets.token_urlsafe(16)}"), _now_us())
        self._idle.clear()
        self._wake.set()

    async def __aenter__(self) -> Webhooks:
        config = self._config
        self._http = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=config.workers),
            cookie_jar=aiohttp.DummyCookieJar(),
            timeout=aiohttp.ClientTimeout(total=config.timeout_s),
        )
        self._workers = [
            asyncio.create_task(self._work(), name=f"webhooks {number}") for number in range(config.workers)
        ]
        return self

    async def __aexit__(self, *_: object) -> None:
        try:
            self._queue.hurry(_now_us())
            self._wake.set()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self._config.drain_s):
                    await self._idle.wait()
        finally:
            for task in self._workers:
                task.cancel()
            await asyncio.gather(*self._workers, return_exceptions=True)
            self._queue.give_up()
            await self._http.close()
        if lost := self._queue.dropped["shutdown"]:
            log.error("webhooks_lost", events=lost)

    async def _work(self) -> None:
        while True:
            pending = self._queue.take(_now_us())
            if pending is not None:
                await self._send(pending)
                continue
            if not len(self._queue):
                self._idle.set()
            due_us = self._queue.next_due_us()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(None if due_us is None else max(due_us - _now_us(), 0) / 1e6):
                    await self._wake.wait()
            self._wake.clear()

    async def _send(self, pending: Pending) -> None:
        try:
            problem = await self._post(pending.body)
        except Exception:
            # A defect of ours must end neither this worker nor the order of the call.
            log.exception("webhook_failed")
            problem = "internal"
        if problem is None:
            self.delivered += 1
            self._queue.delivered(pending, _now_us())
            if self._is_failing:
                log.info("webhooks_recovered", waiting=len(self._queue))
        else:
            self.failed_tries += 1
            self._queue.failed(pending, _now_us())
            if not self._is_failing:
                log.warning("webhooks_failing", problem=problem)
        self._is_failing = problem is not None

    async def _post(self, body: bytes) -> str | None:
        """One try; gives what was wrong. Redirects are answers like others: nothing leads us elsewhere."""
        headers = {
            "Content-Type": "application/json",
            "User-Agent": self._config.user_agent,
            HEADER: signature(self._config.secret, body, int(self._unix_s())),
        }
        try:
            async with self._http.post(
                self._config.url, data=body, headers=headers, allow_redirects=False
            ) as response:
                return None if 200 <= response.status < 300 else f"status {response.status}"
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            return type(error).__name__


def encoded(event: CallEvent, event_id: str) -> bytes:
    """The body: JSON, UTF-8. `user` and `reason` are there where the event has them."""
    told: dict[str, object] = {
        "id": event_id,
        "type": event.kind,
        "at": event.at.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z"),
        "call_id": event.call_id,
    }
    if event.user is not None:
        told["user"] = event.user.model_dump()
    if event.reason is not None:
        told["reason"] = event.reason
    return json.dumps(told, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")


def _now_us() -> int:
    return round(time.monotonic() * 1e6)


class _WebhookMetrics(Collector):
    def __init__(self, webhooks: Webhooks, queue: WebhookQueue) -> None:
        self._webhooks, self._queue = webhooks, queue

    def collect(self) -> Iterator[Metric]:
        yield GaugeMetricFamily("telcall_webhooks_waiting", "Webhooks on their way", len(self._queue))
        yield CounterMetricFamily("telcall_webhooks_delivered", "Webhooks taken", self._webhooks.delivered)
        yield CounterMetricFamily(
            "telcall_webhooks_failed_tries", "Tries that failed", self._webhooks.failed_tries
        )
        dropped = CounterMetricFamily("telcall_webhooks_dropped", "Webhooks given up", labels=("reason",))
        for reason in DROP_REASONS:
            dropped.add_metric((reason,), self._queue.dropped[reason])
        yield dropped
