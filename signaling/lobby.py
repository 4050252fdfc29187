"""Who waits in front of a locked call, in the order of knocking. Bounded in people and in time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from signaling.messages import IceServer, User


@dataclass(frozen=True, slots=True)
class Knocker:
    """A v2 connection that waits, with what its `welcome` will need."""

    session: str
    user: User
    ice_servers: list[IceServer]
    deadline_us: int


class Lobby:
    """At most `places` people, each for at most `wait_us`."""

    def __init__(self, *, places: int, wait_us: int) -> None:
        self._places, self._wait_us = places, wait_us
        self._waiting: dict[int, Knocker] = {}  # by user id

    def __len__(self) -> int:
        return len(self._waiting)

    def __iter__(self) -> Iterator[Knocker]:
        return iter(list(self._waiting.values()))

    def has_place_for(self, user_id: int) -> bool:
        return user_id in self._waiting or len(self._waiting) < self._places

    def knock(self, session: str, user: User, ice_servers: list[IceServer], now_us: int) -> Knocker:
        """Who knocks again keeps the place and the time that were left."""
        earlier = self._waiting.get(user.id)
        deadline_us = earlier.deadline_us if earlier else now_us + self._wait_us
        knocker = self._waiting[user.id] = Knocker(session, user, ice_servers, deadline_us)
        return knocker

    def position(self, user_id: int) -> int:
        """Counted from 1."""
        return list(self._waiting).index(user_id) + 1

    def by_user(self, user_id: int) -> Knocker | None:
        return self._waiting.get(user_id)

    def by_session(self, session: str) -> Knocker | None:
        return next((each for each in self._waiting.values() if each.session == session), None)

    def remove(self, knocker: Knocker) -> None:
        del self._waiting[knocker.user.id]

    def due(self, now_us: int) -> list[Knocker]:
        """Who has waited too long; they are still in it."""
        return [each for each in self._waiting.values() if each.deadline_us <= now_us]

    def next_deadline_us(self) -> int | None:
        return min((each.deadline_us for each in self._waiting.values()), default=None)
