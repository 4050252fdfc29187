"""Who is being called to which call by the bot, and what has come of it: for those who wait for them."""

from __future__ import annotations

from collections import OrderedDict

from signaling.messages import Ring

MAX_CALLS = 10_000
MAX_RINGS = 64
"""Of one call; beyond, the one that nothing was heard of for longest is forgotten."""


class RingBoard:
    """The newest word of each ring. A ring begins before anybody is in the call's room, and may go on after
    the last one has left it. Beyond `MAX_CALLS` the call that was rung for longest ago is forgotten."""

    def __init__(self) -> None:
        self._calls: OrderedDict[str, dict[int, Ring]] = OrderedDict()

    def note(self, call_id: str, ring: Ring) -> None:
        rings = self._calls.setdefault(call_id, {})
        rings.pop(ring.user_id, None)
        rings[ring.user_id] = ring
        if len(rings) > MAX_RINGS:
            del rings[next(iter(rings))]
        self._calls.move_to_end(call_id)
        if len(self._calls) > MAX_CALLS:
            self._calls.popitem(last=False)

    def rings(self, call_id: str) -> list[Ring]:
        """In the order of their newest words."""
        return list(self._calls.get(call_id, {}).values())

    def answered(self, call_id: str, user_id: int) -> None:
        """They have come: nobody waits for them any more."""
        rings = self._calls.get(call_id)
        if rings is None or rings.pop(user_id, None) is None:
            return
        if not rings:
            del self._calls[call_id]

    def forget(self, call_id: str) -> None:
        """The call is over."""
        self._calls.pop(call_id, None)
