"""A participant in a call: what there is to see and hear, what it sends, and on which way."""

from __future__ import annotations

import asyncio
from array import array
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import Any, Literal, Self

import structlog
from aiortc import RTCIceServer
from aiortc.mediastreams import MediaStreamTrack
from av import VideoFrame

from signaling.messages import (
    V2_SUBPROTOCOL,
    CallEnded,
    Error,
    Hand,
    IceServer,
    LayersWanted,
    Leave,
    MediaState,
    MediaStateChanged,
    MediaStateUpdate,
    Moderation,
    P2pState,
    ParticipantsSnapshot,
    Ping,
    Protocol,
    RelayedAnswer,
    RelayedIceCandidate,
    RelayedOffer,
    Role,
    Seat,
    Seats,
    SeatSource,
    ServerMessage,
    SfuAnswer,
    Topology,
    TopologyChanged,
    User,
    UserJoined,
    UserLeft,
    Welcome,
)
from signaling.messages import Participant as V2User
from telcall.client.errors import JoinRefused
from telcall.client.files import Recorder
from telcall.client.floor import Floor
from telcall.client.ice import rtc_ice_server
from telcall.client.link import Link
from telcall.client.media import Feed
from telcall.client.p2p import Mesh
from telcall.client.perception import Senses
from telcall.client.session import user_id_of
from telcall.client.sfu import SfuConnection
from telcall.client.tasks import Tasks

log = structlog.get_logger(__name__)

OVERLAP_S = 1.0  # how long the old way goes on after the new one is up
_WAIT_STEP_S = 0.05


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody else in the call. All but `user` is known to a v2 participant only."""

    user: User
    media: MediaState
    protocol: Protocol
    role: Role = "participant"
    hand: bool = False

    @property
    def name(self) -> str:
        """For people to read."""
        parts = (self.user.first_name, self.user.last_name)
        return " ".join(part for part in parts if part) or self.user.username or f"user {self.user.id}"


class Participant:
    """Made by `Participant.join`. All methods belong to the event loop that it was made in.

    `people`: the others, by user id. `topology`: the way that media goes. `user_id`: one's own. `floor`:
    roles, chat, hands and what hosts do.
    """

    def __init__(
        self,
        link: Link,
        user_id: int,
        protocol: Protocol,
        topology: Topology,
        seats: int,
        ice_servers: Sequence[RTCIceServer],
        recorder: Recorder | None,
        on_message: Callable[[ServerMessage], None] | None,
    ) -> None:
        self.user_id, self.protocol, self.topology = user_id, protocol, topology
        self.end_reason: str | None = None
        self._link = link
        self.floor = Floor(user_id, link.send)
        self._people: dict[int, Person] = {}
        self._recorder, self._on_message = recorder, on_message
        self._over = asyncio.Event()
        self._left = False
        self._tasks = Tasks()
        self._hand_over: asyncio.Task[None] | None = None
        self._last_error: Error | None = None
        self._microphone, self._camera = Feed("audio"), Feed("video")
        self._sends = MediaState(audio=False, video=False)
        self._senses = Senses(
            self._record_sound if recorder else None, self._record_picture if recorder else None
        )
        self._senses.wanted = topology
        self._mesh = Mesh(
            user_id,
            self._microphone,
            self._camera,
            ice_servers,
            link.send,
            self._senses,
            self._p2p_changed,
        )
        # The SFU has public addresses itself.
        self._seats, self._ice_servers = seats, [server for server in ice_servers if not _is_stun(server)]
        self._sfu = self._make_sfu()
        self._sfu_task: asyncio.Task[None] | None = None
        self._sfu.open(topology == "sfu")

    @classmethod
    @asynccontextmanager
    async def join(
        cls,
        url: str,
        call_id: str,
        token: str,
        *,
        protocol: Protocol = "telcall.v2",
        microphone: MediaStreamTrack | None = None,
        camera: MediaStreamTrack | None = None,
        seats: int = 6,
        ice_servers: Sequence[RTCIceServer] | None = None,
        recorder: Recorder | None = None,
        on_message: Callable[[ServerMessage], None] | None = None,
    ) -> AsyncIterator[Self]:
        """In the call for as long as the block lasts, or until it ends or `leave` is called.

        `url`: of the server, as `http://localhost:8080`. `token`: of REST or of `/auth/ws-token`.
        `protocol`: `documented` is a client of the mesh, as old ones are. `microphone`, `camera`: tracks that
        stay the caller's, who stops them. `seats`: how many others can be received through the SFU at once.
        `ice_servers`: instead of those in `welcome`. `on_message`: called with every message of the server
        after it was taken in; must not block or raise.
        Before a locked call this waits until a host lets us in: `on_message` is given `Waiting`.

        Raises `JoinRefused` where the server does not let us in, `aiohttp.ClientError` and `TimeoutError`
        where it does not answer, `ValueError` where the token or a track is none.
        """
        async with Link(url, call_id, token, protocol) as link:
            first = await link.first(on_message)
            user_id = user_id_of(token)
            topology: Topology = "p2p"
            given: list[IceServer] = []
            if isinstance(first, Welcome):
                user_id, topology, given = first.self.user.id, first.topology, first.ice_servers
            elif protocol == V2_SUBPROTOCOL:
                raise JoinRefused("unsupported", "the server does not speak telcall.v2")
            participant = cls(
                link,
                user_id,
                protocol,
                topology,
                seats,
                list(map(rtc_ice_server, given)) if ice_servers is None else ice_servers,
                recorder,
                on_message,
            )
            try:
                await participant._start(first, microphone, camera)
                yield participant
            finally:
                await participant.leave()

    # --- what is there ----------------------------------------------------------------------------------

    @property
    def people(self) -> Mapping[int, Person]:
        return self._people

    @property
    def seating(self) -> Sequence[Seat]:
        """Who sits on which seat of the SFU."""
        return self._sfu.seating

    @property
    def is_connected(self) -> bool:
        """Whether the way that media goes is up, with everybody."""
        return self._mesh.is_connected if self.topology == "p2p" else self._sfu.is_connected

    @property
    def has_ended(self) -> bool:
        """Out of the call, for `end_reason`."""
        return self._over.is_set()

    def heard(self, user_id: int, seconds: float = 0.5, source: SeatSource = "camera") -> array[int]:
        """Somebody's last `seconds` (2 at most) of sound: 16-bit PCM, one channel, 48 kHz. Empty when no
        sound has come from them for as long. `source`: `screen` for that of their shared screen."""
        person = self._senses.of(user_id, source)
        now_s = asyncio.get_running_loop().time()
        return person.heard(seconds, now_s) if person is not None else array("h")

    def seen(self, user_id: int, within_s: float = 2.0, source: SeatSource = "camera") -> VideoFrame | None:
        """Somebody's picture, or their screen's; None when it is off, or none has come for `within_s`."""
        person, known = self._senses.of(user_id, source), self._people.get(user_id)
        if person is None or known is None:
            return None
        is_on = known.media.video if source == "camera" else known.media.screen
        if known.protocol == V2_SUBPROTOCOL and not is_on:
            return None
        return person.seen(within_s, asyncio.get_running_loop().time())

    async def wait_for(self, condition: Callable[[], bool], timeout_s: float = 30.0) -> None:
        """Until `condition` holds. Raises `TimeoutError`, and `JoinRefused` where the call is over first."""
        async with asyncio.timeout(timeout_s):
            while not condition():
                if self.has_ended:
                    raise JoinRefused("ended", self.end_reason or "the call is over")
                await asyncio.sleep(_WAIT_STEP_S)

    async def wait_until_over(self) -> str:
        """Why it is over."""
        await self._over.wait()
        return self.end_reason or ""

    # --- what we do -------------------------------------------------------------------------------------

    async def set_microphone(self, track: MediaStreamTrack | None) -> None:
        """From now on send this sound; None: muted. Nothing is negotiated anew. Raises `ValueError` where
        the track is no sound."""
        await self._microphone.replace(track)
        await self._tell_media(self._sends.model_copy(update={"audio": track is not None}))

    async def set_camera(self, track: MediaStreamTrack | None) -> None:
        """From now on send this picture; None: off."""
        await self._camera.replace(track)
        await self._tell_media(self._sends.model_copy(update={"video": track is not None}))

    async def leave(self) -> None:
        """Out of the call; everything that was started is ended. A second time: nothing."""
        if self._left:
            return
        self._left = True
        if not self.has_ended and self.protocol == V2_SUBPROTOCOL:
            await self._link.send(Leave())
        self._end("left")
        await self._tasks.close()
        await self._mesh.close()
        await self._microphone.close()
        await self._camera.close()
        await self._link.close()

    # --- from the server --------------------------------------------------------------------------------

    async def _start(
        self, first: ServerMessage, microphone: MediaStreamTrack | None, camera: MediaStreamTrack | None
    ) -> None:
        if self.protocol == V2_SUBPROTOCOL:
            self._sfu_task = self._tasks.start(self._sfu.run(), "sfu")
        await self.set_microphone(microphone)
        await self.set_camera(camera)
        if isinstance(first, Welcome):
            self._tasks.start(self._ping(first.ping_interval_s), "ping")
        self._tasks.start(self._read(first), "read")

    async def _read(self, first: ServerMessage) -> None:
        try:
            await self._receive(first)
            async for message in self._link.messages():
                if isinstance(message, Welcome):
                    await self._come_back(message)
                await self._receive(message)
        finally:
            why = f"{self._last_error.detail}: " if self._last_error else ""
            if self._link.refusal is not None:
                why = f"{self._link.refusal.detail}: "
            self._end(f"{why}the connection was closed with {self._link.close_code}")

    async def _come_back(self, welcome: Welcome) -> None:
        """With another connection: to the same stay, or to a new one, for which the ways are made anew."""
        log.info("came_back", resumed=welcome.resumed)
        self._last_error = None
        if welcome.resumed:
            await self._move(welcome.topology)
        else:
            await self._begin_anew(welcome.topology)
            await self.floor.restore()
        await self._tell_media(self._sends)

    async def _begin_anew(self, topology: Topology) -> None:
        if self._hand_over is not None:
            self._hand_over.cancel()
            self._hand_over = None
        await self._mesh.close()
        for user_id in tuple(self._people):
            await self._part(user_id)
        if self._sfu_task is not None:
            self._sfu_task.cancel()
            await asyncio.wait([self._sfu_task])
        self.topology = self._senses.wanted = topology
        self._sfu = self._make_sfu()
        self._sfu.open(topology == "sfu")
        self._sfu_task = self._tasks.start(self._sfu.run(), "sfu")

    async def _receive(self, message: ServerMessage) -> None:
        match message:
            case ParticipantsSnapshot():
                await self._take_stock(message)
            case UserJoined():
                await self._meet(message.user)
            case UserLeft():
                await self._part(message.user.id)
            case RelayedOffer() | RelayedAnswer() | RelayedIceCandidate():
                if self.topology == "p2p":
                    self._know(message.from_user)
                    await self._mesh.receive(message)
            case MediaStateChanged():
                self._media_changed(message)
            case Hand():
                self._change(message.user_id, hand=message.raised)
            case Moderation():
                await self._moderated(message)
            case TopologyChanged():
                await self._move(message.mode)
            case SfuAnswer() | Seats() | LayersWanted():
                self._sfu.receive(message)
            case CallEnded():
                self.end_reason = message.reason
            case Error():
                log.info("server_refused", code=message.code, detail=message.detail)
                self._last_error = message
                self._sfu.receive(message)
            case _:
                pass
        self.floor.receive(message)
        if self._on_message is not None:
            self._on_message(message)

    async def _take_stock(self, message: ParticipantsSnapshot) -> None:
        """Of who is here; after a resume some are known, and connected."""
        here = {user.id for user in message.participants}
        for user_id in set(self._people) - here:
            await self._part(user_id)
        for user in message.participants:
            if user.id in self._people:
                self._know(user)
            else:
                await self._meet(user)

    async def _moderated(self, message: Moderation) -> None:
        """We obey: what is stopped is only started again by `set_microphone`, `set_camera`."""
        if message.action == "make_host" and message.user_id is not None:
            self._change(message.user_id, role="host")
        elif message.user_id == self.user_id and message.action == "mute":
            await self.set_microphone(None)
        elif message.user_id == self.user_id and message.action == "stop_video":
            await self.set_camera(None)

    async def _meet(self, user: V2User | User) -> None:
        self._know(user)
        if self.topology == "p2p":
            await self._mesh.meet(user.id)

    def _know(self, user: V2User | User) -> None:
        if isinstance(user, V2User):
            self._people[user.id] = Person(user, user.media, user.protocol, user.role, user.hand)
        elif user.id not in self._people:
            self._people[user.id] = Person(user, MediaState(audio=True), "documented")
        self._senses.meet(user.id)

    async def _part(self, user_id: int) -> None:
        self._people.pop(user_id, None)
        self._senses.forget(user_id)
        await self._mesh.part(user_id)

    def _media_changed(self, message: MediaStateChanged) -> None:
        media = MediaState(audio=message.audio, video=message.video, screen=message.screen)
        self._change(message.user_id, media=media)

    def _change(self, user_id: int, **changes: Any) -> None:
        if (person := self._people.get(user_id)) is not None:
            self._people[user_id] = replace(person, **changes)

    # --- p2p and SFU ------------------------------------------------------------------------------------

    async def _move(self, mode: Topology) -> None:
        """The new way carries media before the old one is shut."""
        if mode == self.topology:
            return
        self.topology = self._senses.wanted = mode
        if self._hand_over is not None:
            self._hand_over.cancel()
            self._hand_over = None
        if mode == "sfu":
            self._sfu.open(True)
            self._hand_over = self._tasks.start(self._shut_p2p(), "shut-p2p")
        else:
            for user_id in self._people:
                await self._mesh.meet(user_id)
            if not self._people:
                self._sfu.open(False)

    async def _shut_p2p(self) -> None:
        await self._sfu.connected.wait()
        await asyncio.sleep(OVERLAP_S)
        await self._mesh.close()

    async def _shut_sfu(self) -> None:
        await asyncio.sleep(OVERLAP_S)
        self._sfu.open(False)

    async def _p2p_changed(self, user_id: int, state: Literal["connected", "failed"]) -> None:
        person = self._people.get(user_id)
        if self.protocol != V2_SUBPROTOCOL or self.topology != "p2p" or person is None:
            return
        await self._link.send(P2pState(user_id=user_id, state=state))
        if self._mesh.is_connected:
            self._hand_over = self._tasks.start(self._shut_sfu(), "shut-sfu")

    def _make_sfu(self) -> SfuConnection:
        return SfuConnection(
            self._microphone, self._camera, self._seats, self._ice_servers, self._link.send, self._senses
        )

    # --- pieces -----------------------------------------------------------------------------------------

    async def _tell_media(self, media: MediaState) -> None:
        self._sends = media
        if self.protocol == V2_SUBPROTOCOL:
            await self._link.send(MediaStateUpdate(audio=media.audio, video=media.video))

    async def _ping(self, interval_s: float) -> None:
        loop = asyncio.get_running_loop()
        while True:
            await asyncio.sleep(interval_s)
            await self._link.send(Ping(t=loop.time()))

    def _record_sound(self, user_id: int, samples: array[int]) -> None:
        person = self._people.get(user_id)
        if self._recorder is None or person is None:
            return
        try:
            self._recorder.sound(user_id, person.name, samples, asyncio.get_running_loop().time())
        except OSError as error:
            log.error("recording_ended", error=str(error))
            self._recorder = None

    def _record_picture(self, user_id: int, picture: VideoFrame) -> None:
        person = self._people.get(user_id)
        if self._recorder is not None and person is not None:
            self._recorder.picture(user_id, person.name, picture, asyncio.get_running_loop().time())

    def _end(self, reason: str) -> None:
        if self.end_reason is None:
            self.end_reason = reason
        self._over.set()


def _is_stun(server: RTCIceServer) -> bool:
    urls = [server.urls] if isinstance(server.urls, str) else server.urls
    return all(url.startswith(("stun:", "stuns:")) for url in urls)
