"""Revoked tokens."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import delete
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from store.tables import RevokedToken


async def revoke_token(session: AsyncSession, *, jti: str, user_id: int, expires_at: datetime) -> bool:
    """Revoke a token for good; false when it was, and then nothing changes."""
    new = insert(RevokedToken).values(jti=jti, user_id=user_id, expires_at=expires_at)
    return (await session.scalar(new.on_conflict_do_nothing().returning(RevokedToken.jti))) is not None


async def purge_revoked_tokens(session: AsyncSession, now: datetime) -> None:
    """Forget revoked tokens that have expired anyway."""
    await session.execute(delete(RevokedToken).where(RevokedToken.expires_at < now))
