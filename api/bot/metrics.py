"""What the bot counts, in Prometheus' words."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from prometheus_client import CollectorRegistry, Counter
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from api.bot.outbox import GIVE_UPS, Outbox


class BotMetrics:
    """No label carries an id of a call, a chat or a person."""

    def __init__(self, registry: CollectorRegistry, outbox: Outbox) -> None:
        self.sent = Counter(
            "telcall_bot_requests", "Requests to Telegram", ["method", "result"], registry=registry
        )
        self.updates = Counter(
            "telcall_bot_updates", "Updates from Telegram", ["kind", "result"], registry=registry
        )
        self.rings = Counter("telcall_bot_rings", "What came of rings", ["state"], registry=registry)
        registry.register(_OutboxMetrics(outbox))


class _OutboxMetrics(Collector):
    def __init__(self, outbox: Outbox) -> None:
        self._outbox = outbox
        self._waiting: Callable[[], int] = lambda: len(outbox)

    def collect(self) -> Iterator[Metric]:
        yield GaugeMetricFamily("telcall_bot_waiting", "Messages on their way to Telegram", self._waiting())
        given_up = CounterMetricFamily("telcall_bot_given_up", "Messages given up", labels=("reason",))
        for reason in GIVE_UPS:
            given_up.add_metric((reason,), self._outbox.given_up[reason])
        yield given_up
