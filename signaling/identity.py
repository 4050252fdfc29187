"""Who is at the other end of a socket. The check of the token is passed in by the assembly."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from signaling.messages import User


@dataclass(frozen=True, slots=True)
class Identity:
    """A signed-in person: the internal id, and what others may know of them."""

    user_id: int
    user: User


Authenticate = Callable[[str], Awaitable[Identity | None]]
"""Gives the holder of a token, or None when the token is no good (any more)."""
