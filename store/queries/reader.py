"""What a query that changes nothing runs on."""

from __future__ import annotations

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession

Reader = AsyncSession | AsyncConnection
"""A transaction, or a connection without one (`Database.reading`). Such queries take columns and no entities,
and their statements are built once: building one anew costs more than its answer."""
