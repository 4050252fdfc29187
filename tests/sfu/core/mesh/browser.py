"""A model of a browser's peer connection, as far as its descriptions go (RFC 8829), and of a mesh client.

The page has the weaknesses of the clients in people's hands: it resolves no glare, so that its browser takes
back its offers for those of the other side; an answer that comes too late, or does not fit, fails.
"""

from __future__ import annotations

import contextlib
import itertools
from collections import deque
from dataclasses import dataclass, field

from sfu.core.mesh.lines import Line
from sfu.core.mesh.virtual_peer import Say
from sfu.core.sdp import extensions
from sfu.core.sdp.parse import Codec, Description, Media

REVERSE = {"sendrecv": "sendrecv", "sendonly": "recvonly", "recvonly": "sendonly", "inactive": "inactive"}
FINGERPRINTS = itertools.count(1)


def sends(direction):
    return direction in ("sendonly", "sendrecv")


def receives(direction):
    return direction in ("recvonly", "sendrecv")


def both(a, b):
    sending, receiving = sends(a) and sends(b), receives(a) and receives(b)
    if sending and receiving:
        return "sendrecv"
    return "sendonly" if sending else "recvonly" if receiving else "inactive"


@dataclass
class Transceiver:
    kind: str
    direction: str
    track: bool = False
    by_add_track: bool = False
    ever_sent: bool = False
    mid: str | None = None
    current: str = "inactive"


class Failed(Exception):
    """The browser refuses; the page only logs that."""


@dataclass
class PeerConnection:
    transceivers: list[Transceiver] = field(default_factory=list)
    order: list[str] = field(default_factory=list)
    """mids of the agreed m-lines."""
    state: str = "stable"
    ufrag: str = "ufrag0"
    closed: bool = False

    def __post_init__(self):
        self.number = next(FINGERPRINTS)
        self._mids = itertools.count(0)
        self._restarts = itertools.count(1)
        self._unassociated: list[Transceiver] = []
        self._offered: list[str] = []

    def add_track(self, kind):
        for each in self.transceivers:
            if each.kind == kind and not each.track and not each.ever_sent:
                each.track = True
                each.direction = {"recvonly": "sendrecv", "inactive": "sendonly"}.get(
                    each.direction, each.direction
                )
                return
        self.transceivers.append(Transceiver(kind, "sendrecv", track=True, by_add_track=True))

    def remove_track(self, kind):
        for each in self.transceivers:
            if each.kind == kind and each.track:
                each.track = False
                each.direction = {"sendrecv": "recvonly", "sendonly": "inactive"}[each.direction]

    def restart_ice(self):
        self.ufrag = f"ufrag{next(self._restarts)}"

    def offer(self):
        if self.state == "have-remote-offer":
            raise Failed
        for each in self.transceivers:
            if each.mid is None:
                each.mid = str(next(self._mids))
                self._unassociated.append(each)
        new = [each.mid for each in self.transceivers if each.mid not in self.order]
        self._offered = self.order + new
        self.state = "have-local-offer"
        return self._describe(self._offered, lambda each: each.direction)

    def take_offer(self, lines):
        if self.state == "have-local-offer":  # silently taken back
            for each in self._unassociated:
                each.mid = None
            self._unassociated.clear()
            self.state = "stable"
        if [line.mid for line in lines][: len(self.order)] != self.order:
            raise Failed
        for line in lines:
            if self._of(line.mid) is None:
                self._associate(line)
        self.order = [line.mid for line in lines]
        self.state = "have-remote-offer"
        self._remote = {line.mid: line.direction for line in lines}

    def _associate(self, line):
        waiting = [
            each
            for each in self.transceivers
            if each.mid is None and each.by_add_track and each.kind == line.kind
        ]
        if waiting and receives(line.direction):
            waiting[0].mid = line.mid
        else:
            self.transceivers.append(Transceiver(line.kind, "recvonly", mid=line.mid))

    def answer(self):
        if self.state != "have-remote-offer":
            raise Failed
        for mid, direction in self._remote.items():
            self._agree(self._of(mid), both(self._of(mid).direction, REVERSE[direction]))
        self.state = "stable"
        return self._describe(self.order, lambda each: each.current)

    def take_answer(self, lines):
        if self.state != "have-local-offer" or [line.mid for line in lines] != self._offered:
            raise Failed
        for line in lines:
            each = self._of(line.mid)
            self._agree(each, both(each.direction, REVERSE[line.direction]))
        self.order, self.state = self._offered, "stable"
        self._unassociated.clear()

    @staticmethod
    def _agree(transceiver, direction):
        transceiver.current = direction
        transceiver.ever_sent |= sends(direction)

    def _of(self, mid):
        return next((each for each in self.transceivers if each.mid == mid), None)

    def of_kind(self, kind):
        return [each for each in self.transceivers if each.kind == kind]

    def is_sending(self, kind):
        return any(each.track and sends(each.current) for each in self.of_kind(kind))

    def is_receiving(self, mid):
        each = self._of(mid)
        return each is not None and receives(each.current)

    def _describe(self, mids, direction_of):
        media = [self._media(self._of(mid), direction_of(self._of(mid))) for mid in mids]
        return Description(session_id=str(self.number), media=media, bundle=list(mids))

    def _media(self, transceiver, direction):
        audio = transceiver.kind == "audio"
        codec = (
            Codec(111, "opus", 48_000, 2)
            if audio
            else Codec(96, "vp8", 90_000, feedback=["nack", "nack pli"])
        )
        return Media(
            kind=transceiver.kind,
            port=9,
            protocol="UDP/TLS/RTP/SAVPF",
            mid=transceiver.mid,
            direction=direction,
            ufrag=self.ufrag,
            password="p" * 24,
            fingerprints=[("sha-256", f"{self.number:02X}")],
            setup="actpass",
            rtcp_mux=True,
            codecs={codec.payload_type: codec},
            extensions={extensions.MID: 4},
        )


@dataclass
class Page:
    """The page of a mesh client: `inbox` and `outbox` are what its socket carries, in order."""

    user: int
    pcs: dict[int, PeerConnection] = field(default_factory=dict)
    camera: bool = False
    inbox: deque = field(default_factory=deque)
    outbox: deque = field(default_factory=deque)

    def take(self):
        """Handles the oldest message."""
        peer, message = self.inbox.popleft()
        try:
            match message:
                case "joined":
                    self._connect(peer)
                    if self.user < peer:
                        self.offer(peer)
                case "left":
                    del self.pcs[peer]
                case Say("offer", lines):
                    pc = self.pcs.get(peer) or self._connect(peer)
                    pc.take_offer(_told(lines))
                    self.outbox.append((peer, "answer", pc.answer()))
                case Say("answer", lines):
                    if peer in self.pcs:
                        self.pcs[peer].take_answer(_told(lines))
        except Failed:
            pass

    def _connect(self, peer):
        pc = self.pcs[peer] = PeerConnection()
        pc.add_track("audio")
        if self.camera:
            pc.add_track("video")
        return pc

    def offer(self, peer):
        with contextlib.suppress(Failed):
            self.outbox.append((peer, "offer", self.pcs[peer].offer()))

    def toggle_camera(self):
        self.camera = not self.camera
        for pc in self.pcs.values():
            if self.camera:
                pc.add_track("video")
            else:
                pc.remove_track("video")
        for peer in self.pcs:
            self.offer(peer)

    def restart_ice(self, peer):
        self.pcs[peer].restart_ice()
        self.offer(peer)


@dataclass(frozen=True)
class ToldLine:
    mid: str
    kind: str
    direction: str


def _told(lines):
    """What the description's text says of each line."""
    return [ToldLine(line.mid, line.kind, line.direction) for line in lines if isinstance(line, Line)]
