"""Whose token this is, and whether it still counts: the database's word on a token, cached.

An answer is good for some seconds, and, while the database is away, for an hour: people in calls come back
after a lost connection without it.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from api.cache import ExpiringCache
from api.tokens import Audience, Claims, TokenError, Tokens
from signaling.identity import Identity
from signaling.lifecycle import public_user
from signaling.messages import User
from store.database import Database
from store.errors import DatabaseUnavailable
from store.queries.people import KnownPerson
from store.queries.tokens import purge_revoked_tokens, revoke_token
from store.queries.users import find_token_holder
from store.tables import User as UserRow

CACHE_SIZE = 10_000
FRESH_S = 15.0
STALE_S = 3_600.0

OnRevoked = Callable[[int, str | None], None]
"""Told whose tokens count no longer: `users.id`, and the revocation id; None: all of them."""


@dataclass(frozen=True, slots=True)
class Account:
    """A person as they see themselves. `user.id` is the internal id."""

    user: User
    telegram_user_id: int
    language_code: str | None


def account_of(row: UserRow | KnownPerson) -> Account:
    return Account(public_user(row), row.telegram_user_id, row.language_code)


class Authenticator:
    """Checks tokens for the API and for sockets, and revokes them."""

    def __init__(
        self,
        database: Database,
        tokens: Tokens,
        *,
        clock_s: Callable[[], float] = time.monotonic,
        utc: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._database, self._tokens = database, tokens
        self._clock_s, self._utc = clock_s, utc
        self._accounts: ExpiringCache[int, Account] = ExpiringCache(CACHE_SIZE)
        self._revoked: ExpiringCache[str, bool] = ExpiringCache(CACHE_SIZE)
        self._gone: ExpiringCache[int, bool] = ExpiringCache(CACHE_SIZE)
        self.on_revoked: OnRevoked = lambda _user_id, _revocation_id: None

    def read(self, token: str, audiences: Sequence[Audience]) -> Claims:
        """What the token says, if signature and time are good. Raises `TokenError`."""
        return self._tokens.read(token, audiences, int(self._utc().timestamp()))

    def issue(self, user_id: int, audience: Audience, ttl_s: int, *, session: str | None = None) -> str:
        now_s = int(self._utc().timestamp())
        return self._tokens.issue(user_id, audience, now_s, ttl_s, session=session)

    async def account(self, claims: Claims) -> Account:
        """The holder. Raises `TokenError` when the token was revoked or its holder is gone, and
        `DatabaseUnavailable`."""
        if (known := self._cached(claims, FRESH_S)) is not None:
            return known
        try:
            async with self._database.statement() as executor:
                holder = await find_token_holder(executor, claims.user_id, claims.revocation_id)
        except DatabaseUnavailable:
            if (known := self._cached(claims, STALE_S)) is not None:
                return known
            raise
        # They may have gone while the database was asked.
        if holder is None or self._gone.get(claims.user_id, self._clock_s(), STALE_S):
            raise TokenError("User not found")
        account, now_s = account_of(holder[0]), self._clock_s()
        # It may have been revoked while the database was asked.
        is_revoked = holder[1] or bool(self._revoked.get(claims.revocation_id, now_s, STALE_S))
        self._accounts.put(claims.user_id, account, now_s)
        self._revoked.put(claims.revocation_id, is_revoked, now_s)
        if is_revoked:
            raise TokenError("Invalid token")
        return account

    async def authenticate_socket(self, token: str) -> Identity | None:
        """`signaling.identity.Authenticate`. Raises `DatabaseUnavailable` for a token not seen lately."""
        try:
            claims = self.read(token, ("ws", "api"))
            account = await self.account(claims)
        except TokenError:
            return None
        return Identity(account.user, claims.revocation_id)

    async def revoke(self, claims: Claims) -> None:
        """The token, and what was given for it, is of no use from now on, after a restart too. Raises
        `DatabaseUnavailable`."""
        expires_at = datetime.fromtimestamp(claims.expires_at_s, UTC)
        async with self._database.transaction() as session:
            await purge_revoked_tokens(session, self._utc())
            await revoke_token(
                session, jti=claims.revocation_id, user_id=claims.user_id, expires_at=expires_at
            )
        self._revoked.put(claims.revocation_id, True, self._clock_s())
        self.on_revoked(claims.user_id, claims.revocation_id)

    async def redeem(self, token: str) -> Account:
        """Whose link this is; it is of no use from now on. Raises `TokenError`, `DatabaseUnavailable`."""
        claims = self.read(token, ("browser",))
        account = await self.account(claims)
        expires_at = datetime.fromtimestamp(claims.expires_at_s, UTC)
        async with self._database.transaction() as session:
            if not await revoke_token(session, jti=claims.jti, user_id=claims.user_id, expires_at=expires_at):
                raise TokenError("Invalid token")
        return account

    def forget(self, user_id: int) -> None:
        """The person is gone: no token of theirs counts any more."""
        self._accounts.remove(user_id)
        self._gone.put(user_id, True, self._clock_s())
        self.on_revoked(user_id, None)

    def renew(self, account: Account) -> None:
        """The person has just been written: what is cached of them is this, unless they have gone since."""
        if not self._gone.get(account.user.id, self._clock_s(), STALE_S):
            self._accounts.put(account.user.id, account, self._clock_s())

    def _cached(self, claims: Claims, max_age_s: float) -> Account | None:
        now_s = self._clock_s()
        account = self._accounts.get(claims.user_id, now_s, max_age_s)
        revoked = self._revoked.get(claims.revocation_id, now_s, max_age_s)
        if revoked:
            raise TokenError("Invalid token")
        return account if revoked is False else None
