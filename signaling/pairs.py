"""What people have described to each other: tells an ICE restart, and what is of a connection of the past.

A description names the peer connection it is of by the session id of its `o=` line (RFC 8866 section 5.2),
which stays the same for the connection's life (RFC 8829 section 5.2.1), and by its certificate's fingerprint
(RFC 8122 section 5), for clients that do not keep to that.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from typing import Any

_LONGEST = 256
_CONNECTIONS_OF_A_PAIR = 4
_RETIRED = 1_000


@dataclass(frozen=True, slots=True)
class Origin:
    """`connection` is the same in all descriptions of a peer connection; a restart changes `ice_ufrag`."""

    connection: str
    ice_ufrag: str


def read_origin(payload: Any) -> Origin | None:
    """Of an `RTCSessionDescriptionInit`; None when there is no `o=` line. Linear, whatever is in it."""
    sdp = payload.get("sdp") if isinstance(payload, dict) else None
    if not isinstance(sdp, str):
        return None
    origin = _first(sdp, "o=").split(" ", 2)
    if len(origin) < 3:
        return None
    return Origin(f"{origin[1]} {_first(sdp, 'a=fingerprint:')}", _first(sdp, "a=ice-ufrag:"))


def _first(sdp: str, start: str) -> str:
    """What the first line that starts so goes on with, up to a bound; empty when there is none."""
    if sdp.startswith(start):
        begin = len(start)
    else:
        found = sdp.find("\n" + start)
        if found < 0:
            return ""
        begin = found + 1 + len(start)
    return sdp[begin : begin + _LONGEST].partition("\n")[0].rstrip("\r")


class Pairs:
    """One room's pairs with a client of the documented protocol in them; others switch without such care.

    Bounded: a few connections for each ordered pair of members, and the newest of those that are past.
    """

    def __init__(self) -> None:
        # (speaker, hearer) -> connection -> its newest ufrag
        self._said: dict[tuple[int, int], OrderedDict[str, str]] = {}
        self._offered: set[tuple[int, int]] = set()  # (speaker, hearer)
        self._astray: set[tuple[int, int]] = set()  # (speaker, hearer)
        self._retired: OrderedDict[tuple[int, int, str], None] = OrderedDict()

    def said(self, speaker: int, hearer: int, origin: Origin | None) -> bool:
        """A description of `speaker`'s goes on. True: it restarts ICE on a connection that was known."""
        self._astray.discard((speaker, hearer))
        connections = self._said.setdefault((speaker, hearer), OrderedDict())
        if origin is None:
            return False
        before = connections.get(origin.connection)
        connections[origin.connection] = origin.ice_ufrag
        while len(connections) > _CONNECTIONS_OF_A_PAIR:
            self._retire(speaker, hearer, connections.popitem(last=False)[0])
        return before is not None and before != origin.ice_ufrag

    def have_spoken(self, one: int, other: int) -> bool:
        """Whether either has described a connection to the other."""
        return (one, other) in self._said or (other, one) in self._said

    def is_past(self, speaker: int, hearer: int, origin: Origin | None) -> bool:
        """A description of a connection that was given up, sent before its speaker knew."""
        return origin is not None and (speaker, hearer, origin.connection) in self._retired

    def offered(self, speaker: int, hearer: int) -> None:
        """The virtual peer that stands in for `speaker` makes `hearer` an offer."""
        self._offered.add((speaker, hearer))

    def answers_nothing(self, speaker: int, hearer: int, origin: Origin | None) -> bool:
        """An answer to an offer that the virtual peer never made: its connection is of the past too."""
        if (hearer, speaker) in self._offered:
            return False
        self._astray.add((speaker, hearer))
        if origin is not None:
            self._retire(speaker, hearer, origin.connection)
        return True

    def is_astray(self, speaker: int, hearer: int) -> bool:
        """The last that `speaker` said to `hearer` was such an answer.

        Either a description of a new connection is on its way, or the old offer was taken up only after the
        connection was given up, as by a client that waits for its microphone, and nothing follows.
        """
        return (speaker, hearer) in self._astray

    def begin_anew(self, speaker: int, hearer: int) -> None:
        """What `speaker` has said to the virtual peer of `hearer`, and heard of it, is past."""
        self._offered.discard((hearer, speaker))
        self._astray.discard((speaker, hearer))
        for connection in self._said.pop((speaker, hearer), ()):
            self._retire(speaker, hearer, connection)

    def part(self, one: int, other: int) -> None:
        """The connections between these two are given up."""
        self.begin_anew(one, other)
        self.begin_anew(other, one)

    def leave(self, user_id: int) -> None:
        """Somebody is gone: what the others still say to them is of the past, should they come back."""
        known = {*self._said, *self._offered, *self._astray}
        for other in {other for pair in known if user_id in pair for other in pair} - {user_id}:
            self.part(user_id, other)

    def _retire(self, speaker: int, hearer: int, connection: str) -> None:
        self._retired[speaker, hearer, connection] = None
        while len(self._retired) > _RETIRED:
            self._retired.popitem(last=False)
