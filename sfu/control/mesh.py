"""A client of the documented mesh: a connection to each other participant, at our end a virtual peer.

What has to be said and when is decided in `sfu.core.mesh`; here it becomes text, connections and streams.
"""

from __future__ import annotations

import asyncio
import re
import secrets
import time
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass

import structlog

from sfu.client import ConnectionChanged, Description, Listener, PeerDescribed, PeerMisled, TrackSource
from sfu.control.connections import Connections
from sfu.control.member import Member, Track
from sfu.control.sources import Sources
from sfu.control.streams import StreamMedia, Streams
from sfu.control.transport import Connection, new_credentials
from sfu.core.ice.lite_agent import Credentials
from sfu.core.mesh.lines import KINDS, AnyLine, Line
from sfu.core.mesh.mesh_client import MeshClient, Told
from sfu.core.mesh.virtual_peer import Say, Secure, VirtualPeer
from sfu.core.sdp.agreed import Kind, Rejected
from sfu.core.sdp.answer import Upload
from sfu.core.sdp.parse import Description as ParsedDescription
from sfu.core.sdp.parse import parse
from sfu.core.sdp.write import LocalMedia, LocalTransport, StreamName, write
from sfu.dataplane.engine import Engine, ParticipantId, SourceId
from sfu.errors import UnknownParticipant

log = structlog.get_logger(__name__)

WATCH_US = 1_000_000
SILENT_US: dict[Kind, int] = {"audio": 3_000_000, "video": 6_000_000}
"""An upload that was agreed on, and of which nothing comes for so long, is taken from another connection. A
muted microphone goes on sending (silence); a picture may pause while the way is too narrow."""
VOICELESS_US = 3_000_000
MAX_VOICES_SOUGHT = 3
"""Of racing microphone requests some connections come out without a track. When those are all that is left,
one is begun anew, so that the client adds its microphone there; who has none is not asked for ever."""
_OWN_MID = re.compile(r"t[0-9a-f]{6}")
_TRACKS: dict[Kind, TrackSource] = {"audio": "microphone", "video": "camera"}
_KIND_OF: dict[Track, Kind] = {track: kind for kind, track in _TRACKS.items()}


@dataclass(slots=True)
class _Upload:
    """packets: when last looked. moved_us: when they last rose, or when the upload was agreed on."""

    upload: Upload
    source: SourceId
    packets: int
    moved_us: int


class _Link:
    """The connection to one peer."""

    def __init__(self, peer: int, participant: ParticipantId, engine: Engine) -> None:
        self.peer, self.participant = peer, participant
        self.streams = Streams(engine, participant)
        self.stream_id = f"user-{peer}-{secrets.token_hex(6)}"
        self.session_id, self.version = secrets.randbits(62), 0
        self.connection: Connection | None = None
        self.is_connected = False
        self._names: dict[tuple[str, Kind, int], StreamName] = {}
        self._rollbacks = 0

    def rolled_back(self, rollbacks: int) -> None:
        """So often by now: after each the streams need other names."""
        if rollbacks != self._rollbacks:
            self._rollbacks = rollbacks
            self._names.clear()

    def forget_names(self, known: set[str], removed: set[str]) -> None:
        """Of lines that nobody knows any more, and of streams that were removed: under the same keys no ssrc
        may begin a second time (RFC 3711 §9.1)."""
        kept = known - removed
        self._names = {key: name for key, name in self._names.items() if key[0] in kept}

    def name(self, line: Line) -> StreamName:
        """The same for as long as the line keeps its payload type, which the engine holds fast, and the
        client takes nothing back."""
        key = (line.mid, line.kind, line.codec.payload_type)
        if key not in self._names:
            self._names[key] = self.streams.name(self.stream_id, line.kind)
        return self._names[key]


class MeshMember(Member):
    """next_participant: a new name of the engine's, for each connection. local_transport: how the server is
    reached with those credentials. reseat: what this client sends has changed. look: what it gets has."""

    def __init__(
        self,
        user: int,
        session: str,
        listener: Listener,
        next_participant: Callable[[], ParticipantId],
        engine: Engine,
        connections: Connections,
        sources: Sources,
        local_transport: Callable[[Credentials], LocalTransport],
        reseat: Callable[[], None],
        look: Callable[[], None],
    ) -> None:
        super().__init__(user, session, listener)
        self._next_participant, self._engine = next_participant, engine
        self._connections, self._sources = connections, sources
        self._local_transport, self._reseat, self._look = local_transport, reseat, look
        self._client = MeshClient(user, new_mid=_new_mid, new_credentials=new_credentials)
        self._links: dict[int, _Link] = {}
        self._uploads: dict[Kind, dict[int, _Upload]] = {kind: {} for kind in KINDS}
        """By peer, those that are agreed on now."""
        self._others: Sequence[Member] = ()
        self._ends: set[asyncio.Task[None]] = set()
        self._sources_changed = False
        self._timer: asyncio.TimerHandle | None = None
        self._closed = False
        self._had_voice = False
        self._voiceless_us: int | None = None
        self._voices_sought = 0

    @property
    def has_seats(self) -> bool:
        return False

    @property
    def connections(self) -> Collection[ParticipantId]:
        return [link.participant for link in self._links.values()]

    @property
    def fed(self) -> Collection[SourceId]:
        return {source for link in self._links.values() for source in link.streams.fed}

    def source_of(self, track: Track) -> SourceId | None:
        """Of the elected connection; of another one while that is only being agreed on."""
        if track not in _KIND_OF:  # such a client shares no screen
            return None
        kind = _KIND_OF[track]
        uploads, elected = self._uploads[kind], self._client.elected(kind)
        upload = uploads[elected] if elected in uploads else next(iter(uploads.values()), None)
        return upload.source if upload is not None else None

    # --- what the client says ---------------------------------------------------------------------------

    def describe(self, peer: int, description: Description) -> None:
        """Raises `SdpRejected`, and `UnknownParticipant` where that peer is not here."""
        if peer not in self._links:
            raise UnknownParticipant(f"{peer} for {self.user}")
        parsed = parse(description.sdp)
        if description.type == "answer" and self._is_misled(peer, parsed):
            log.info("mesh_client_misled", session=self.session)
            self._begin_anew(peer)
            return
        self._carry_out(self._client.receive(peer, description.type, parsed, _now_us()))
        self._spread()

    def _spread(self) -> None:
        """The others are concerned only where what this client sends has changed."""
        if self._sources_changed:
            self._sources_changed = False
            self._reseat()
        else:
            self.feed(self._others)
            self._look()

    def _is_misled(self, peer: int, answer: ParsedDescription) -> bool:
        """An answer to somebody's offer from before we stood in, which reached the client late: nothing is
        agreed yet, and no m-line has a name of ours."""
        begun = self._client.peers[peer].remote is not None
        return not begun and not any(_is_own_mid(media.mid) for media in answer.media)

    def _begin_anew(self, peer: int) -> None:
        """That connection is of no use; the client is told, and makes another."""
        self._drop(self._links.pop(peer))
        self._carry_out(self._client.remove_peer(peer, _now_us()))
        self.listener(PeerMisled(peer))
        self._reseat()

    # --- who is here ------------------------------------------------------------------------------------

    def assign(self, others: Sequence[Member], spoke: Sequence[int]) -> None:
        here = {other.user: other for other in others}
        for peer in self._links.keys() - here.keys():
            self._drop(self._links.pop(peer))
            self._carry_out(self._client.remove_peer(peer, _now_us()))
        for peer, other in here.items():
            if peer not in self._links:
                link = self._links[peer] = _Link(peer, self._next_participant(), self._engine)
                self._engine.add_participant(link.participant)
                self._carry_out(self._client.add_peer(peer, _now_us()))
            if (other.shows_video or other.shares_screen) and not self._client.peers[peer].carries_video:
                self._carry_out(self._client.carry_video(peer, _now_us()))

    def feed(self, others: Sequence[Member]) -> None:
        """A client that knows of one picture of everybody gets the screen while one is shared."""
        self._others = others
        for other in others:
            if other.user not in self._links:  # begins anew
                continue
            link, virtual = self._links[other.user], self._client.peers[other.user]
            wanted: dict[int, SourceId] = {}
            picture: Track = "screen" if other.shares_screen else "camera"
            tracks: dict[Kind, Track] = {"audio": "microphone", "video": picture}
            for kind, track in tracks.items():
                line, source = virtual.downlink(kind), other.source_of(track)
                if line is not None and source is not None:
                    wanted[link.name(line).ssrc] = source
            for source in link.streams.feed(wanted):
                self._sources.want_keyframe(source)

    async def close(self) -> None:
        self._closed = True
        if self._timer is not None:
            self._timer.cancel()
        for link in self._links.values():
            self._drop(link)
        self._links.clear()
        if self._ends:
            await asyncio.wait(set(self._ends))

    def _drop(self, link: _Link) -> None:
        for kind in KINDS:
            self._publish(link, kind, None)
        end = self._connections.soon(self._end(link))
        self._ends.add(end)
        end.add_done_callback(self._ends.discard)

    async def _end(self, link: _Link) -> None:
        if link.connection is not None:
            await self._connections.close(link.connection)
        self._engine.remove_participant(link.participant)

    # --- carrying out -----------------------------------------------------------------------------------

    def _carry_out(self, told: Iterable[Told]) -> None:
        for each in told:
            link = self._links[each.peer]
            match each.output:
                case Secure(local, remote, fresh):
                    if link.connection is None:
                        link.connection = self._connections.open(
                            link.participant, local, remote, self._listener_of(link)
                        )
                    else:
                        self._connections.renegotiate(link.connection, local, remote, fresh=fresh)
                    self._agreed(link, self._client.peers[each.peer])
                case Say() as say:
                    self._agreed(link, self._client.peers[each.peer])
                    self._say(link, say)
        self._schedule()

    def _listener_of(self, link: _Link) -> Callable[[ConnectionChanged], None]:
        def changed(event: ConnectionChanged) -> None:
            link.is_connected = event.state == "connected"
            if self._links.get(link.peer) is not link:
                return
            for uploads in self._uploads.values():
                if (upload := uploads.get(link.peer)) is not None:
                    upload.moved_us = _now_us()
            if not self._closed:
                self.listener(ConnectionChanged(event.state, link.peer))

        return changed

    def _agreed(self, link: _Link, virtual: VirtualPeer) -> None:
        """Takes what both ends agree on into the engine."""
        link.rolled_back(virtual.rollbacks)
        lines = {kind: virtual.downlink(kind) for kind in KINDS}
        link.forget_names(virtual.mids, link.streams.keep_only({each.mid for each in lines.values() if each}))
        for line in lines.values():
            if line is None:
                continue
            stream = link.streams.get(line.mid)
            if stream is not None and stream.name != link.name(line):
                link.streams.remove(line.mid)
                stream = None
            if stream is None:
                media = StreamMedia(line.mid, line.kind, line.codec, line.extensions)
                link.streams.add(media, link.name(line))
        for kind in KINDS:
            self._publish(link, kind, virtual.upload(kind))

    def _publish(self, link: _Link, kind: Kind, line: Line | None) -> None:
        wanted = None
        if line is not None:
            wanted = Upload(line.mid, kind, _TRACKS[kind], line.codec, line.extensions, None, line.ssrc)
        uploads = self._uploads[kind]
        present = uploads.get(link.peer)
        if wanted == (present.upload if present is not None else None):
            return
        if present is not None:
            del uploads[link.peer]
            self._sources.withdraw(present.source)
        self._sources_changed = True
        if wanted is not None:
            source = self._sources.publish(link.participant, wanted)
            uploads[link.peer] = _Upload(wanted, source, 0, _now_us())
            self._had_voice |= kind == "audio"

    def _say(self, link: _Link, say: Say) -> None:
        link.version += 1
        sdp = write(
            [self._local(link, line) for line in say.lines],
            self._local_transport(self._client.peers[link.peer].local),
            setup="actpass" if say.type == "offer" else "passive",
            session_id=link.session_id,
            version=link.version,
        )
        self.listener(PeerDescribed(link.peer, Description(say.type, sdp)))

    @staticmethod
    def _local(link: _Link, line: AnyLine) -> LocalMedia | Rejected:
        if isinstance(line, Rejected):
            return line
        sends = line.direction in ("sendonly", "sendrecv")
        return LocalMedia(
            line.mid,
            line.kind,
            line.direction,
            line.codec,
            line.extensions,
            link.name(line) if sends else None,
        )

    # --- time -------------------------------------------------------------------------------------------

    def _schedule(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        deadlines = [self._client.next_deadline_us()]
        if self._is_voiceless() or any(self._uploads.values()):
            deadlines.append(_now_us() + WATCH_US)
        deadline_us = min((each for each in deadlines if each is not None), default=None)
        if deadline_us is not None and not self._closed:
            delay_s = max(deadline_us - _now_us(), 0) / 1_000_000
            self._timer = asyncio.get_running_loop().call_later(delay_s, self._on_timer, deadline_us)

    def _on_timer(self, deadline_us: int) -> None:
        self._timer = None
        now_us = max(deadline_us, _now_us())
        try:
            told = self._client.advance(now_us)
            for kind in KINDS:
                peer = self._client.elected(kind)
                if peer is not None and self._is_silent(peer, kind, now_us):
                    log.info("upload_silent", session=self.session, kind=kind)
                    told += self._client.silent(peer, kind, now_us)
            self._carry_out(told)
            if told:
                self._spread()
            self._seek_voice(now_us)
        except Exception:
            log.exception("mesh_timer_failed", session=self.session)
            self._schedule()

    def _is_voiceless(self) -> bool:
        """None of its connections offers the voice that it had."""
        peers = self._client.peers.values()
        return bool(self._had_voice and peers) and all(peer.sends("audio") is False for peer in peers)

    def _seek_voice(self, now_us: int) -> None:
        if not self._is_voiceless():
            self._voiceless_us = None
        elif self._voiceless_us is None:
            self._voiceless_us = now_us
        elif now_us - self._voiceless_us >= VOICELESS_US and self._voices_sought < MAX_VOICES_SOUGHT:
            self._voiceless_us = None
            self._voices_sought += 1
            log.info("voice_lost", session=self.session)
            self._begin_anew(next(iter(self._links)))

    def _is_silent(self, peer: int, kind: Kind, now_us: int) -> bool:
        """On one of its connections the client is heard, and on this one it is not."""
        upload = self._uploads[kind].get(peer)
        if upload is None or not any(each.is_connected for each in self._links.values()):
            return False
        packets = self._sources.packets(upload.source)
        if packets != upload.packets:
            upload.packets, upload.moved_us = packets, now_us
            self._client.flows(kind)
        return now_us - upload.moved_us >= SILENT_US[kind]


def _new_mid() -> str:
    """Browsers count from 0; an answer that names this is one to our offer."""
    return f"t{secrets.token_hex(3)}"


def _is_own_mid(mid: str) -> bool:
    return _OWN_MID.fullmatch(mid) is not None


def _now_us() -> int:
    return time.monotonic_ns() // 1_000
