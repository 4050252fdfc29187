"""What the store is told at start."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class StoreConfig:
    """`url`: `postgresql://...`; the driver is asyncpg whatever the URL says."""

    url: str
    pool_size: int = 10
    max_overflow: int = 5
    pool_wait_s: float = 2.0
    connect_timeout_s: float = 5.0
    statement_timeout_s: float = 5.0
    answer_grace_s: float = 1.0
    """How much longer than a statement may take its answer is waited for."""
    retry_s: float = 0.5
    """How often a database that is away is tried."""
    spool_rows: int = 100_000
    """Rows the write-behind queue holds while the database is away, before it drops what it may."""
    seen_interval_s: float = 30.0
    """How often open stays are marked as seen: the precision of `left_at` after a kill -9."""
