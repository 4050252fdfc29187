"""Revoked tokens."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import delete
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from store.tables import RevokedToken


async def revoke_token(session: AsyncSession, *, jti: str, user_id: int, expires_at: datetime) -> None:
    """Revoke a token for good; doing so twice changes nothing."""
    await session.execute(
        insert(RevokedToken).values(jti=jti, user_id=user_id, expires_at=expires_at).on_conflict_do_nothing()
    )


async def purge_revoked_tokens(session: AsyncSession, now: datetime) -> None:
    """Forget revoked tokens that have expired anyway."""
    await session.execute(delete(RevokedToken).where(RevokedToken.expires_at < now))
