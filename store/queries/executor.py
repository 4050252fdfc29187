"""What a query of one statement runs on."""

from __future__ import annotations

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession

Executor = AsyncSession | AsyncConnection
"""A transaction, or a connection without one (`Database.statement`). Such queries give columns, not entities,
and their statements are built once: building one anew costs more than its answer."""
