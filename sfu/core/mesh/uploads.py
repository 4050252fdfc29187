"""On which of its connections a mesh client sends its one copy of a kind of media.

Such a client adds its tracks to every connection. One is taken, the others are told `sendonly`. It is one on
which the client really offers to send: of racing microphone requests some connections come out without a
track. It moves when that connection goes, sends no longer, or stays silent.
"""

from __future__ import annotations

from dataclasses import dataclass

SETTLE_US = 1_000_000
"""A client that takes a track away says so on one connection after the other: the last one's word may still
be on its way when the first one's has come."""


@dataclass(slots=True)
class _Candidate:
    sends: bool | None = None
    silent: bool = False


class UploadElection:
    """One kind of media of one client. `elected`: the peer on whose connection it is taken."""

    def __init__(self) -> None:
        self.elected: int | None = None
        self._candidates: dict[int, _Candidate] = {}  # by peer, in the order of their coming
        self._settled_us: int | None = None

    def add(self, peer: int) -> None:
        self._candidates[peer] = _Candidate()
        self._choose()

    def remove(self, peer: int) -> None:
        self._candidates.pop(peer, None)
        if self.elected == peer:
            self.elected = self._settled_us = None
        self._choose()

    def heard(self, peer: int, sends: bool | None, now_us: int) -> None:
        """What the client wants on that connection. None: it has not been asked there."""
        candidate = self._candidates[peer]
        if candidate.sends == sends:
            return
        if peer == self.elected and candidate.sends and sends is False:
            self._settled_us = now_us + SETTLE_US
        candidate.sends, candidate.silent = sends, False
        self._choose()

    def silent(self, peer: int) -> None:
        """Nothing comes there as agreed. Each connection is given up once, until media flows."""
        if (candidate := self._candidates.get(peer)) is not None:
            candidate.silent = True
            self._choose()

    def flows(self) -> None:
        """Media comes again: what was silent may have been so because nothing came by any connection."""
        for candidate in self._candidates.values():
            candidate.silent = False

    def next_deadline_us(self) -> int | None:
        return self._settled_us

    def advance(self, now_us: int) -> None:
        if self._settled_us is not None and now_us >= self._settled_us:
            self._settled_us = None
            self._choose()

    def _choose(self) -> None:
        """The elected one stays unless another is better: who sends, before who was not asked."""
        best, rank = self.elected, self._rank(self.elected)
        for peer in self._candidates:
            if self._rank(peer) > rank:
                best, rank = peer, self._rank(peer)
        if self._settled_us is not None and self.elected is not None:
            return
        self.elected = best

    def _rank(self, peer: int | None) -> int:
        candidate = self._candidates.get(peer) if peer is not None else None
        if candidate is None:
            return -1
        if candidate.sends is False:
            return 0
        return 1 if candidate.silent else 2 if candidate.sends is None else 3
