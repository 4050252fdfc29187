"""What a scrape shows."""

from __future__ import annotations

import asyncio
import contextlib

from prometheus_client import generate_latest

from sfu.dataplane.engine import EngineStats
from telcall.metrics import Metrics, Sources

STATS = EngineStats(
    packets_in=1,
    bytes_in=2,
    packets_out=3,
    bytes_out=4,
    packets_forwarded=5,
    retransmissions=6,
    nacks_sent=7,
    nacks_received=8,
    plis_sent=9,
    srtp_failures=10,
    dropped={"malformed": 11},
    participants=12,
    sources=13,
    seat_streams=14,
    srtp_contexts=15,
    gso=True,
)


def metrics() -> Metrics:
    return Metrics(
        Sources(
            version="1.2.3",
            engine="python",
            engine_stats=lambda: STATS,
            spool_rows=lambda: 16,
            dropped_rows=lambda: 17,
            database_up=lambda: True,
            pool_used=lambda: 18,
        )
    )


def scrape(of: Metrics) -> dict[str, float]:
    lines = generate_latest(of.registry).decode().splitlines()
    return {
        line.rpartition(" ")[0]: float(line.rpartition(" ")[2]) for line in lines if not line.startswith("#")
    }


def test_every_counter_of_the_engine_is_shown() -> None:
    found = scrape(metrics())
    assert found['telcall_packets_total{dir="in"}'] == 1
    assert found['telcall_bytes_total{dir="in"}'] == 2
    assert found['telcall_packets_total{dir="out"}'] == 3
    assert found['telcall_bytes_total{dir="out"}'] == 4
    assert found["telcall_forwarded_packets_total"] == 5
    assert found["telcall_retransmissions_total"] == 6
    assert found['telcall_nack_total{dir="out"}'] == 7
    assert found['telcall_nack_total{dir="in"}'] == 8
    assert found["telcall_pli_total"] == 9
    assert found["telcall_srtp_failures_total"] == 10
    assert found['telcall_drops_total{reason="malformed"}'] == 11
    held = ("participants", "sources", "seat_streams", "srtp_contexts")
    assert [found[f'telcall_sfu_held{{kind="{kind}"}}'] for kind in held] == [12, 13, 14, 15]
    assert found["telcall_spool_rows"] == 16
    assert found["telcall_spool_dropped_rows_total"] == 17
    assert (found["telcall_db_up"], found["telcall_db_pool_used"]) == (1, 18)
    assert found['telcall_dataplane_info{engine="python",gso="true"}'] == 1


def test_limits_are_counted_by_name() -> None:
    counted = metrics()
    counted.count_limit("auth")
    counted.count_limit("auth")
    assert scrape(counted)['telcall_limit_hits_total{limit="auth"}'] == 2


async def test_loop_lag_is_measured_until_cancelled() -> None:
    counted = metrics()
    watch = asyncio.create_task(counted.watch_loop())
    async with asyncio.timeout(30):
        while scrape(counted)["telcall_loop_lag_seconds_count"] == 0:  # noqa: ASYNC110
            await asyncio.sleep(0.05)
    watch.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await watch
