"""How everybody in a room fares: their connections' counters, judged each few seconds."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable

from sfu.client import QualityScore
from sfu.control.member import Member
from sfu.core.quality.meter import Meter, Reception
from sfu.dataplane.engine import ParticipantId, ParticipantStats

INTERVAL_US = 5_000_000

Stats = Callable[[ParticipantId], ParticipantStats | None]


class RoomQuality:
    """A meter for each session of those who were here at the last look."""

    def __init__(self) -> None:
        self._meters: dict[str, Meter] = {}

    def measure(self, members: Iterable[Member], stats: Stats) -> tuple[QualityScore, ...]:
        """stats: of the engine's, for one connection."""
        here = [(member, self._meters.get(member.session) or Meter()) for member in members]
        self._meters = {member.session: meter for member, meter in here}
        return tuple(_measure(meter, member, stats) for member, meter in here)


def _measure(meter: Meter, member: Member, stats: Stats) -> QualityScore:
    """Over all connections of theirs: a mesh client has several."""
    up: dict[Hashable, Reception] = {}
    down: dict[Hashable, Reception] = {}
    rtts_us: list[int] = []
    for connection in member.connections:
        found = stats(connection)
        if found is None:
            continue
        up.update(found.received.items())
        down.update({(connection, ssrc): reception for ssrc, reception in found.reported.items()})
        if found.rtt_us is not None:
            rtts_us.append(found.rtt_us)
    score = meter.measure(up, down, min(rtts_us, default=None))
    return QualityScore(member.user, score.score, score.reason)
