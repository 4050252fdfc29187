"""The last chat messages of a room, for whoever may have missed them."""

from __future__ import annotations

from collections import deque

from signaling.messages import Chat

MAX_KEPT = 50


class ChatLog:
    """Never leaves memory; the oldest goes when there are too many."""

    def __init__(self) -> None:
        self._said: deque[tuple[int, Chat]] = deque(maxlen=MAX_KEPT)

    def add(self, message: Chat, now_us: int) -> Chat:
        self._said.append((now_us, message))
        return message

    def since(self, at_us: int) -> list[Chat]:
        """Also those of that very moment."""
        return [message for said_us, message in self._said if said_us >= at_us]
