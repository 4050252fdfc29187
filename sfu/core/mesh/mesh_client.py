"""All connections of one mesh client: a virtual peer for each other participant, one upload of each kind."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

from sfu.core.ice.lite_agent import Credentials
from sfu.core.mesh.lines import KINDS
from sfu.core.mesh.uploads import UploadElection
from sfu.core.mesh.virtual_peer import Output, VirtualPeer
from sfu.core.sdp.agreed import Kind
from sfu.core.sdp.parse import Description


@dataclass(frozen=True, slots=True)
class Told:
    """What follows for the connection to `peer`."""

    peer: int
    output: Output


class MeshClient:
    """user: the client's own id; of two ids the lower one offers. Each input returns what follows from it."""

    def __init__(
        self, user: int, *, new_mid: Callable[[], str], new_credentials: Callable[[], Credentials]
    ) -> None:
        self._user, self._new_mid, self._new_credentials = user, new_mid, new_credentials
        self._peers: dict[int, VirtualPeer] = {}
        self._elections: dict[Kind, UploadElection] = {kind: UploadElection() for kind in KINDS}

    # --- facts ----------------------------------------------------------------------------------------------

    @property
    def peers(self) -> Mapping[int, VirtualPeer]:
        return self._peers

    def elected(self, kind: Kind) -> int | None:
        """The peer on whose connection the client's media of this kind is taken."""
        return self._elections[kind].elected

    def next_deadline_us(self) -> int | None:
        deadlines = [each.next_deadline_us() for each in self._peers.values()]
        deadlines += [each.next_deadline_us() for each in self._elections.values()]
        return min((each for each in deadlines if each is not None), default=None)

    # --- inputs ---------------------------------------------------------------------------------------------

    def add_peer(self, peer: int, now_us: int) -> list[Told]:
        self._peers[peer] = VirtualPeer(
            offers_first=peer < self._user,
            new_mid=self._new_mid,
            new_credentials=self._new_credentials,
            now_us=now_us,
        )
        for election in self._elections.values():
            election.add(peer)
        return self._settle(now_us)

    def remove_peer(self, peer: int, now_us: int) -> list[Told]:
        del self._peers[peer]
        for election in self._elections.values():
            election.remove(peer)
        return self._settle(now_us)

    def carry_video(self, peer: int, now_us: int) -> list[Told]:
        """That peer has a camera."""
        self._peers[peer].carry_video()
        return self._settle(now_us)

    def receive(
        self, peer: int, kind: Literal["offer", "answer"], description: Description, now_us: int
    ) -> list[Told]:
        """The client says this to that peer. Raises `SdpRejected`, and nothing has changed then."""
        virtual = self._peers[peer]
        receive = virtual.receive_offer if kind == "offer" else virtual.receive_answer
        outputs = receive(description, now_us)
        return [*(Told(peer, output) for output in outputs), *self._settle(now_us)]

    def silent(self, peer: int, kind: Kind, now_us: int) -> list[Told]:
        """On the connection to that peer no media of this kind comes, although it was agreed on."""
        self._elections[kind].silent(peer)
        return self._settle(now_us)

    def flows(self, kind: Kind) -> None:
        """Media of this kind comes."""
        self._elections[kind].flows()

    def advance(self, now_us: int) -> list[Told]:
        for election in self._elections.values():
            election.advance(now_us)
        return self._settle(now_us)

    # --- pieces ---------------------------------------------------------------------------------------------

    def _settle(self, now_us: int) -> list[Told]:
        """Elects by what the client wants everywhere, then brings every connection in line."""
        for kind, election in self._elections.items():
            for peer, virtual in self._peers.items():
                election.heard(peer, virtual.sends(kind), now_us)
            for peer, virtual in self._peers.items():
                virtual.take(kind, peer == election.elected)
        return [
            Told(peer, output) for peer, virtual in self._peers.items() for output in virtual.settle(now_us)
        ]
