"""Which lost packets of one ssrc to ask for again, and when (RFC 4585 §6.2.1)."""

from __future__ import annotations

from dataclasses import dataclass

MAX_TRIES = 5
FIRST_WAIT_US = 20_000
"""A packet that is only out of order usually comes within this time."""
MIN_RETRY_US = 20_000
MAX_RETRY_US = 400_000
WINDOW = 512
"""Packets behind the newest that are still asked for: more would come too late to be shown."""


@dataclass(slots=True)
class _Missing:
    due_us: int
    tries: int = 0


class NackGenerator:
    """Sequence numbers are extended. Bounded: never more than `WINDOW` are missing."""

    def __init__(self, first_seq: int) -> None:
        self._next_seq = first_seq
        self._missing: dict[int, _Missing] = {}  # rising, because gaps open in order

    @property
    def missing(self) -> int:
        return len(self._missing)

    def receive(self, seq: int, now_us: int) -> None:
        """A packet has come."""
        if seq < self._next_seq:
            self._missing.pop(seq, None)
            return
        oldest = seq + 1 - WINDOW
        for lost in range(max(self._next_seq, oldest), seq):
            self._missing[lost] = _Missing(now_us + FIRST_WAIT_US)
        self._next_seq = seq + 1
        while self._missing and (first := next(iter(self._missing))) < oldest:
            del self._missing[first]

    def take_due(self, now_us: int, rtt_us: int) -> list[int]:
        """What to ask for now. Each is asked for again after about a round trip, `MAX_TRIES` times."""
        due = [seq for seq, missing in self._missing.items() if missing.due_us <= now_us]
        for seq in due:
            missing = self._missing[seq]
            missing.tries += 1
            if missing.tries >= MAX_TRIES:
                del self._missing[seq]
                continue
            wait_us = round(max(rtt_us, MIN_RETRY_US) * 1.25**missing.tries)
            missing.due_us = now_us + min(max(wait_us, MIN_RETRY_US), MAX_RETRY_US)
        return due
