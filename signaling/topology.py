"""Direct or through the SFU: the decision for one room, as a state machine with the clock passed in.

    p2p ── a third participant ─────────────────────────► sfu (participants)
    p2p ── two: one who speaks v2 says `failed`, or not
           all who do say `connected` in `p2p_timeout` ─► sfu (p2p_failed), until somebody comes or goes
    p2p ── two who do not speak v2: one restarts ICE ───► sfu (p2p_failed), until somebody comes or goes
    sfu ── two v2 clients left for `back_to_p2p` ───────► p2p (participants)
    sfu ── fewer than two left ─────────────────────────► p2p (participants)
    p2p ── somebody wants nobody to learn their address ► sfu (requested), until nobody does any more

Two of whom one does not speak v2 stay on the SFU: such a client cannot switch without losing its connection.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from signaling.messages import Topology as Mode
from signaling.messages import TopologyReason


@dataclass(frozen=True, slots=True)
class Change:
    """The room's mode has changed."""

    mode: Mode
    reason: TopologyReason


class Topology:
    """One room's mode. Each input returns the change it made, if any."""

    def __init__(self, *, p2p_timeout_us: int, back_to_p2p_us: int) -> None:
        self._p2p_timeout_us, self._back_to_p2p_us = p2p_timeout_us, back_to_p2p_us
        self._v2: dict[int, bool] = {}
        self._mode: Mode = "p2p"
        self._connected: set[int] = set()
        self._wanted_by: set[int] = set()  # of those who are here, who wants the SFU
        self._has_p2p_failed = False  # since somebody came or went
        self._handing_over = False
        self._p2p_deadline_us: int | None = None
        self._back_deadline_us: int | None = None

    @property
    def mode(self) -> Mode:
        return self._mode

    @property
    def forwarding(self) -> bool:
        """Whether the SFU has to forward: also after the return to p2p, until the direct path is up."""
        return self._mode == "sfu" or self._handing_over

    def next_deadline_us(self) -> int | None:
        deadlines = (self._p2p_deadline_us, self._back_deadline_us)
        return min((at for at in deadlines if at is not None), default=None)

    # --- inputs -----------------------------------------------------------------------------------------

    def members_changed(self, v2_by_user: Mapping[int, bool], now_us: int) -> Change | None:
        """Somebody came or went. `v2_by_user`: everybody who is here now, and whether they speak v2."""
        self._v2 = dict(v2_by_user)
        self._wanted_by &= set(self._v2)
        self._has_p2p_failed = False
        return self._settle(now_us)

    def topology_wanted(self, user_id: int, wanted: Literal["sfu", "any"], now_us: int) -> Change | None:
        """`sfu`: `user_id`, who is here, does not want to be connected directly."""
        before = bool(self._wanted_by)
        if wanted == "sfu":
            self._wanted_by.add(user_id)
        else:
            self._wanted_by.discard(user_id)
        return None if bool(self._wanted_by) == before else self._settle(now_us)

    def session_replaced(self, now_us: int) -> Change | None:
        """Somebody continues with another connection, which knows nothing of a direct path that was up.

        Two v2 clients go on through the SFU, which the new connection reaches by itself; others try anew.
        """
        if self._mode == "sfu":
            return None
        if self._is_v2_pair:
            return self._fail_p2p()
        self._start_p2p(now_us, handing_over=False)
        return None

    def p2p_state(self, user_id: int, peer_id: int, state: Literal["connected", "failed"]) -> Change | None:
        """`user_id`, who speaks v2, tells how its direct connection to `peer_id` fares."""
        if self._mode == "sfu" or len(self._v2) != 2 or {user_id, peer_id} != set(self._v2):
            return None
        if state == "failed":
            return self._fail_p2p()
        self._connected.add(user_id)
        if self._connected >= self._who_tell:
            self._p2p_deadline_us = None
            self._handing_over = False
        return None

    def ice_restarted(self) -> Change | None:
        """A client that does not speak v2 restarts ICE towards another one: their direct path broke."""
        return self._fail_p2p() if self._mode == "p2p" and len(self._v2) == 2 else None

    def advance(self, now_us: int) -> Change | None:
        """Time has passed."""
        if self._p2p_deadline_us is not None and now_us >= self._p2p_deadline_us:
            return self._fail_p2p()
        if self._back_deadline_us is not None and now_us >= self._back_deadline_us:
            return self._to_p2p(now_us)
        return None

    # --- transitions ------------------------------------------------------------------------------------

    def _settle(self, now_us: int) -> Change | None:
        """What follows from who is here and from what they want."""
        self._back_deadline_us = None
        if len(self._v2) > 2:
            return self._to_sfu("participants")
        if self._wanted_by:
            return self._to_sfu("requested")
        if self._mode == "p2p":
            self._start_p2p(now_us, handing_over=False)
            return None
        if len(self._v2) < 2:
            return self._to_p2p(now_us)
        if self._is_v2_pair and not self._has_p2p_failed:
            self._back_deadline_us = now_us + self._back_to_p2p_us
        return None

    @property
    def _is_v2_pair(self) -> bool:
        return len(self._v2) == 2 and all(self._v2.values())

    @property
    def _who_tell(self) -> set[int]:
        """Of two, those who tell how their connection fares."""
        return {user_id for user_id, v2 in self._v2.items() if v2} if len(self._v2) == 2 else set()

    def _start_p2p(self, now_us: int, *, handing_over: bool) -> None:
        self._connected.clear()
        self._handing_over = handing_over
        self._p2p_deadline_us = now_us + self._p2p_timeout_us if self._who_tell else None

    def _to_p2p(self, now_us: int) -> Change:
        self._mode, self._back_deadline_us = "p2p", None
        self._start_p2p(now_us, handing_over=self._is_v2_pair)
        return Change("p2p", "participants")

    def _fail_p2p(self) -> Change | None:
        self._has_p2p_failed = True
        return self._to_sfu("p2p_failed")

    def _to_sfu(self, reason: TopologyReason) -> Change | None:
        self._connected.clear()
        self._handing_over, self._p2p_deadline_us = False, None
        if self._mode == "sfu":
            return None
        self._mode = "sfu"
        return Change("sfu", reason)
