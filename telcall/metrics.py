"""What the parts count, in Prometheus' words, for `/metrics`. Read when asked, nothing is kept here.

No ids as labels: a metric's size never depends on how many people call.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from prometheus_client import CollectorRegistry, Counter, GCCollector, Histogram, ProcessCollector
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, InfoMetricFamily, Metric
from prometheus_client.registry import Collector

from sfu.dataplane.engine import EngineStats

LAG_INTERVAL_S = 0.5
LAG_BUCKETS_S = (0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5)


@dataclass(frozen=True, slots=True)
class Sources:
    """Where numbers come from; each is asked at every scrape and must not block.

    spool_rows: rows that wait for the database. dropped_rows: of them, given up since the start.
    database_up: false from a failure to reach it until the next success. pool_used: connections in use.
    """

    version: str
    engine: str
    engine_stats: Callable[[], EngineStats]
    spool_rows: Callable[[], int]
    dropped_rows: Callable[[], int]
    database_up: Callable[[], bool]
    pool_used: Callable[[], int]


class Metrics:
    """One process' registry, with the numbers of `sources` and of the process itself in it."""

    def __init__(self, sources: Sources) -> None:
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        GCCollector(registry=self.registry)
        self.registry.register(_TelCall(sources))
        self._lag = Histogram(
            "telcall_loop_lag_seconds",
            "How late the event loop ran what was due",
            buckets=LAG_BUCKETS_S,
            registry=self.registry,
        )
        self._limit_hits = Counter(
            "telcall_limit_hits", "Limits that were reached", ("limit",), registry=self.registry
        )

    def count_limit(self, name: str) -> None:
        """A limit was reached; `name` is one of the code's own words."""
        self._limit_hits.labels(name).inc()

    async def watch_loop(self) -> None:
        """Measures the event loop's lag, until cancelled."""
        loop = asyncio.get_running_loop()
        while True:
            due_s = loop.time() + LAG_INTERVAL_S
            await asyncio.sleep(LAG_INTERVAL_S)
            self._lag.observe(max(loop.time() - due_s, 0.0))


class _TelCall(Collector):
    def __init__(self, sources: Sources) -> None:
        self._sources = sources

    def collect(self) -> Iterator[Metric]:
        sources = self._sources
        stats = sources.engine_stats()
        yield InfoMetricFamily("telcall_build", "What runs", {"version": sources.version})
        yield _gauge(
            "telcall_dataplane_info",
            "The SFU's packet engine",
            {(sources.engine, str(stats.gso).lower()): 1},
            ("engine", "gso"),
        )
        yield from _media(stats)
        yield GaugeMetricFamily("telcall_spool_rows", "Rows waiting for the database", sources.spool_rows())
        yield CounterMetricFamily("telcall_spool_dropped_rows", "Rows given up", sources.dropped_rows())
        yield GaugeMetricFamily("telcall_db_up", "Whether the database answers", sources.database_up())
        yield GaugeMetricFamily("telcall_db_pool_used", "Database connections in use", sources.pool_used())


def _media(stats: EngineStats) -> Iterator[Metric]:
    way = ("dir",)
    yield _counter(
        "telcall_packets", "UDP packets", {("in",): stats.packets_in, ("out",): stats.packets_out}, way
    )
    yield _counter("telcall_bytes", "UDP payload", {("in",): stats.bytes_in, ("out",): stats.bytes_out}, way)
    yield CounterMetricFamily("telcall_forwarded_packets", "RTP packets sent on", stats.packets_forwarded)
    yield CounterMetricFamily("telcall_retransmissions", "Packets sent again", stats.retransmissions)
    yield _counter("telcall_nack", "NACKs", {("in",): stats.nacks_received, ("out",): stats.nacks_sent}, way)
    yield CounterMetricFamily("telcall_pli", "Key frames asked of publishers", stats.plis_sent)
    yield CounterMetricFamily(
        "telcall_srtp_failures", "Packets that did not authenticate", stats.srtp_failures
    )
    yield _counter("telcall_drops", "Packets dropped", dict(_labelled(stats.dropped)), ("reason",))
    held: dict[tuple[str, ...], int] = {
        ("participants",): stats.participants,
        ("sources",): stats.sources,
        ("seat_streams",): stats.seat_streams,
        ("srtp_contexts",): stats.srtp_contexts,
    }
    yield _gauge("telcall_sfu_held", "What the packet engine holds", held, ("kind",))


def _labelled(values: Mapping[str, int]) -> Iterator[tuple[tuple[str, ...], int]]:
    for label, value in values.items():
        yield (label,), value


def _counter(
    name: str, text: str, values: Mapping[tuple[str, ...], int], labels: tuple[str, ...]
) -> CounterMetricFamily:
    family = CounterMetricFamily(name, text, labels=labels)
    for label_values, value in values.items():
        family.add_metric(label_values, value)
    return family


def _gauge(
    name: str, text: str, values: Mapping[tuple[str, ...], int], labels: tuple[str, ...]
) -> GaugeMetricFamily:
    family = GaugeMetricFamily(name, text, labels=labels)
    for label_values, value in values.items():
        family.add_metric(label_values, value)
    return family
