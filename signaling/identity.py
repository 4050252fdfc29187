"""Who is at the other end of a connection."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from signaling.messages import User


@dataclass(frozen=True, slots=True)
class Identity:
    """A signed-in person, with what other participants may see of them."""

    user: User
    session: str = ""
    """What the connection falls with when it is revoked; plain text to us."""

    @property
    def user_id(self) -> int:
        return self.user.id


Authenticate = Callable[[str], Awaitable[Identity | None]]
"""From a token to its owner; None when the token is malformed, expired, revoked or for something else.

Raises `store.errors.DatabaseUnavailable`.
"""
