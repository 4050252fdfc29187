"""Who of a room is in the SFU, and whether it forwards: told to it when that changes."""

from __future__ import annotations

from collections.abc import Iterable

from signaling.member import Member
from signaling.messages import Topology
from signaling.outputs import JoinSfu, LeaveSfu, Output, SetForwarding, SetMedia
from signaling.sfu_values import to_flags


class SfuPresence:
    """v2 clients keep their connection to the SFU warm; documented ones have none in mode `p2p`."""

    def __init__(self) -> None:
        self._forwarding: bool | None = None  # what the SFU was told; None: it knows no such room

    def sync(self, members: Iterable[Member], mode: Topology, *, forwarding: bool) -> list[Output]:
        """What the SFU has to be told for it to be as it should."""
        outputs: list[Output] = []
        is_known = False
        for member in members:
            needed = member.v2 or mode == "sfu"
            if needed and not member.in_sfu:
                outputs.append(JoinSfu(member.user.id, member.stay, mesh=not member.v2))
                if member.v2:  # of a documented client only its descriptions tell what it sends
                    outputs.append(SetMedia(member.user.id, member.stay, to_flags(member.media)))
            elif member.in_sfu and not needed:
                outputs.append(LeaveSfu(member.user.id, member.stay))
            member.in_sfu = needed
            is_known = is_known or needed
        wanted = forwarding if is_known else None
        if wanted is not None and wanted != self._forwarding:
            outputs.append(SetForwarding(wanted))
        self._forwarding = wanted
        return outputs
