"""Who owns a call's room: one node at a time. An epoch tells a later owner from an earlier one."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import count
from typing import Protocol


class RegistryUnavailable(Exception):
    """The registry does not answer. Rooms that are owned already go on without it."""


@dataclass(frozen=True, slots=True)
class Claim:
    """`node` owns the room. Of two claims for one call the one with the higher `epoch` is true."""

    node: str
    epoch: int


class Registry(Protocol):
    """One node's view of what all nodes share. Answers within a bounded time."""

    async def claim(self, call_id: str) -> Claim:
        """The owner of the call's room: whoever has it, or this node from now on.

        A room that changes hands, or is owned again after its release, has a higher epoch than ever before.
        Raises `RegistryUnavailable`.
        """

    async def release(self, call_id: str, epoch: int) -> None:
        """Give up what was claimed with this epoch; if it is owned by a later one, nothing happens.

        Raises `RegistryUnavailable`.
        """


class LocalRegistry:
    """The registry of a process that is alone: `node` owns all rooms."""

    def __init__(self, node: str) -> None:
        self._node = node
        self._epochs = count(1)
        self._owned: dict[str, int] = {}  # call id -> epoch; bounded by the open rooms

    async def claim(self, call_id: str) -> Claim:
        if call_id not in self._owned:
            self._owned[call_id] = next(self._epochs)
        return Claim(self._node, self._owned[call_id])

    async def release(self, call_id: str, epoch: int) -> None:
        if self._owned.get(call_id) == epoch:
            del self._owned[call_id]
