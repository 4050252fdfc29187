"""Rooms driven by hand, and a whole signaling server on a real database."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from prometheus_client import CollectorRegistry

from sfu.client import Description, Listener, Measured, MediaFlags, Offer, SeatWishes, Sfu
from sfu.errors import EngineUnavailable, SdpRejected, UnknownParticipant
from signaling.check_socket import CheckSocket
from signaling.config import SignalingConfig
from signaling.entrance import Entrance
from signaling.ice_servers import IceServers
from signaling.identity import Identity
from signaling.lifecycle import Lifecycle, public_user
from signaling.local_bus import LocalBus
from signaling.messages import AnyClientMessage, IceServer, Leave, ServerMessage, User
from signaling.metrics import SignalingMetrics
from signaling.outputs import Close, Describe, JoinSfu, LeaveSfu, Output, Send, SetForwarding
from signaling.registry import LocalRegistry, Registry
from signaling.resume import ResumeTokens
from signaling.room import Room
from signaling.rooms import Rooms
from signaling.socket import CallSocket
from store.database import Database
from store.errors import DatabaseUnavailable
from store.queries.users import TelegramProfile, upsert_telegram_user
from store.write_behind import WriteBehind

S = 1_000_000
CREATOR = 1
CALL_ID = "AAAABBBBCCCCDDDD"
KEY = b"k" * 32
STARTED_AT = datetime(2026, 11, 24, 12, tzinfo=UTC)


@dataclass
class RoomDriver:
    """A room with a clock of its own; keeps what each session was told, in order, and how it was closed."""

    room: Room
    tokens: ResumeTokens
    now_us: int = S
    inbox: dict[str, list[ServerMessage]] = field(default_factory=dict)
    closed: dict[str, int] = field(default_factory=dict)
    outputs: list[Output] = field(default_factory=list)
    sessions: int = 0

    def take(self, outputs: list[Output]) -> list[Output]:
        for output in outputs:
            if isinstance(output, Send):
                assert output.session not in self.closed, "told after its close"
                self.inbox.setdefault(output.session, []).append(output.message)
            elif isinstance(output, Close):
                self.closed[output.session] = output.close_code
        self.outputs += outputs
        return outputs

    def join(self, user_id: int, *, v2: bool = True, token: str | None = None) -> str:
        """`token`: to resume with."""
        self.sessions += 1
        session = f"{user_id}#{self.sessions}"
        now_s = int(self.utc.timestamp())
        claim = self.tokens.read(token, call_id=CALL_ID, user_id=user_id, now_s=now_s) if token else None
        self.take(
            self.room.join(
                session,
                User(id=user_id, first_name=f"User {user_id}"),
                v2=v2,
                ice_servers=[IceServer(urls=["stun:stun.example.org"])],
                now_us=self.now_us,
                claim=claim,
            )
        )
        return session

    @property
    def utc(self) -> datetime:
        return STARTED_AT + timedelta(microseconds=self.now_us - S)

    def say(self, session: str, message: AnyClientMessage) -> list[Output]:
        return self.take(self.room.receive(session, message, self.now_us))

    def lose(self, session: str) -> list[Output]:
        """The connection is gone."""
        return self.take(self.room.disconnect(session, self.now_us))

    def leave(self, session: str) -> list[Output]:
        """For good, in the words that the client knows."""
        said = self.room.receive(session, Leave(), self.now_us) if self._is_v2(session) else []
        return self.take([*said, *self.room.disconnect(session, self.now_us)])

    def _is_v2(self, session: str) -> bool:
        return any(member.v2 and member.session == session for member in self.room.members.values())

    def wait(self, us: int) -> None:
        """Time passes; deadlines on the way are met."""
        end_us = self.now_us + us
        while (deadline_us := self.room.next_deadline_us()) is not None and deadline_us <= end_us:
            self.now_us = deadline_us
            self.take(self.room.advance(deadline_us))
        self.now_us = end_us

    def heard(self, session: str) -> list[ServerMessage]:
        """What the session was told since the last time."""
        return self.inbox.pop(session, [])

    def types(self, session: str) -> list[str]:
        return [message.type for message in self.heard(session)]

    def sfu_commands(self) -> list[Output]:
        """What the SFU was told of who is there and whether to forward."""
        return [o for o in self.outputs if isinstance(o, JoinSfu | LeaveSfu | Describe | SetForwarding)]

    def clear(self) -> None:
        self.inbox.clear()
        self.outputs.clear()


@pytest.fixture
def make_room() -> Callable[..., RoomDriver]:
    def make(config: SignalingConfig | None = None, process: str = "this process") -> RoomDriver:
        tokens = ResumeTokens(KEY, process)
        room = Room(
            config or SignalingConfig(),
            tokens,
            call_id=CALL_ID,
            creator_user_id=CREATOR,
            started_at=STARTED_AT,
            now_us=S,
        )
        return RoomDriver(room, tokens)

    return make


@pytest.fixture
def driver(make_room: Callable[..., RoomDriver]) -> RoomDriver:
    return make_room()


# --- a whole server -------------------------------------------------------------------------------------


class RecordingSfu:
    """Takes commands as the SFU does and writes them down; what it does not know it refuses."""

    def __init__(self) -> None:
        self.commands: list[tuple[Any, ...]] = []
        self.listeners: dict[tuple[str, int], Listener] = {}
        self.sessions: dict[tuple[str, int], str] = {}
        self.unavailable = False
        self.rejection: SdpRejected | None = None

    async def join(
        self,
        room: str,
        participant: int,
        session: str,
        listener: Listener,
        *,
        mesh: bool = False,
        echo: bool = False,
    ) -> None:
        await asyncio.sleep(0)
        if self.unavailable:
            raise EngineUnavailable("the media port is taken")
        self.commands.append(("join_mesh" if mesh else "join", participant))
        self.listeners[room, participant] = listener
        self.sessions[room, participant] = session

    async def leave(self, room: str, participant: int, session: str) -> None:
        await asyncio.sleep(0)
        if self.sessions.get((room, participant)) == session:
            self.commands.append(("leave", participant))
            del self.sessions[room, participant], self.listeners[room, participant]

    async def answer(self, room: str, participant: int, offer: Offer) -> str:
        await asyncio.sleep(0)
        self._require(room, participant)
        if self.rejection is not None:
            raise self.rejection
        self.commands.append(("answer", participant, offer))
        return f"answer to {offer.sdp}"

    async def describe(self, room: str, participant: int, peer: int, description: Description) -> None:
        await asyncio.sleep(0)
        self._require(room, participant)
        self._require(room, peer)
        if self.rejection is not None:
            raise self.rejection
        self.commands.append(("describe", participant, peer, description))

    def set_forwarding(self, room: str, on: bool) -> None:
        if not any(key[0] == room for key in self.sessions):
            raise UnknownParticipant
        self.commands.append(("forwarding", on))

    def set_wishes(self, room: str, participant: int, wishes: SeatWishes) -> None:
        self._require(room, participant)
        self.commands.append(("wishes", participant, wishes))

    def set_media(self, room: str, participant: int, media: MediaFlags) -> None:
        self._require(room, participant)
        self.commands.append(("media", participant, media))

    async def measure(self, room: str, participant: int) -> Measured:
        self._require(room, participant)
        return Measured()

    def _require(self, room: str, participant: int) -> None:
        if (room, participant) not in self.sessions:
            raise UnknownParticipant


@pytest.fixture
def recording_sfu() -> Callable[[], RecordingSfu]:
    return RecordingSfu


class Client:
    """A real WebSocket client."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self.socket = socket
        self.seated: set[int] = set()
        """Who sits on our seats, by the last `seats`."""

    async def send(self, **message: object) -> None:
        await self.socket.send_json(message)

    async def hear(self, *types: str) -> dict[str, Any]:
        """The next message; with `types` the next of these, others are passed over."""
        while True:
            message: dict[str, Any] = await self.socket.receive_json(timeout=20)
            if message["type"] == "seats":
                self.seated = {seat["user_id"] for seat in message["seats"]} - {None}
            if not types or message["type"] in types:
                return message

    async def leave(self) -> None:
        """For good."""
        if self.socket.protocol == "telcall.v2":
            await self.send(type="leave")
        await self.socket.close()

    async def silence(self) -> None:
        """Nothing has been sent to us before the answer to what we say now."""
        await self.send(type="made_up")
        message = await self.hear()
        assert message["type"] == "error", message
        assert message["code"] == "unsupported"

    async def close_code(self) -> tuple[int, list[dict[str, Any]]]:
        """Reads to the end; gives the close code and the messages before it."""
        messages = []
        while True:
            frame = await self.socket.receive(timeout=20)
            if frame.type is not aiohttp.WSMsgType.TEXT:
                assert self.socket.close_code is not None
                return self.socket.close_code, messages
            messages.append(frame.json())


class Server:
    """Signaling as `telcall serve` puts it together, with `sfu` behind it and users' ids as their tokens."""

    def __init__(
        self,
        database: Database,
        config: SignalingConfig,
        sfu: Sfu,
        registry: Registry | None = None,
        process: str = "this process",
    ) -> None:
        self.database, self.config, self.sfu = database, config, sfu
        self.limits: list[str] = []
        self.registry = CollectorRegistry()
        self.metrics = SignalingMetrics(self.registry, self.limits.append)
        self.journal = WriteBehind.to_database(database, maxsize=1_000, seen_interval_s=30)
        tokens = ResumeTokens(KEY, process, config.max_call_duration_s)
        self.rooms = Rooms(config, sfu, self.journal, self.metrics, tokens)
        self.bus = LocalBus(registry or LocalRegistry("here"), self.rooms, "here")
        self.lifecycle = Lifecycle(database, self.bus, config, on_limit=self.limits.append)
        self.identities: dict[str, Identity] = {}
        self.is_database_down = False
        self.entrance = Entrance(
            config,
            self._authenticate,
            self.metrics,
            lambda request: ip_address(request.headers.get("Test-Address", "192.0.2.1")),
        )
        self.check_socket = CheckSocket(config, self.entrance, sfu, IceServers(config.ice), self.metrics)
        self.socket = CallSocket(
            config, self.entrance, self.lifecycle, self.bus, IceServers(config.ice), self.metrics
        )
        self.port = 0
        self._http: aiohttp.ClientSession | None = None
        self._clients: list[Client] = []

    async def _authenticate(self, token: str) -> Identity | None:
        if self.is_database_down:
            raise DatabaseUnavailable
        return self.identities.get(token)

    async def __aenter__(self) -> Server:
        app = web.Application()
        app.router.add_get("/ws/calls/{call_id}", self.socket.handle)
        app.router.add_get("/ws/check", self.check_socket.handle)
        self._stack = AsyncExitStack()
        await self._stack.enter_async_context(self.journal)
        await self._stack.enter_async_context(self.lifecycle)
        runner = web.AppRunner(app, shutdown_timeout=5)
        await runner.setup()
        self._stack.push_async_callback(self.bus.close)
        self._stack.push_async_callback(self.rooms.close)
        self._stack.push_async_callback(runner.cleanup)
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        self.port = runner.addresses[0][1]
        self._http = await self._stack.enter_async_context(aiohttp.ClientSession())
        self._stack.push_async_callback(self.entrance.drain)
        return self

    async def __aexit__(self, *_: object) -> None:
        await asyncio.gather(*(client.socket.close() for client in self._clients))
        await self._stack.aclose()

    async def user(self, name: str) -> User:
        """A person who is signed in; their token is `t<id>`."""
        async with self.database.transaction() as session:
            profile = TelegramProfile(telegram_user_id=1_000 + len(self.identities), first_name=name)
            row = await upsert_telegram_user(session, profile)
        user = public_user(row)
        self.identities[f"t{user.id}"] = Identity(user)
        return user

    async def call(self, creator: User) -> str:
        return (await self.lifecycle.create_call(creator, title=None, is_video_enabled=False)).call_id

    async def connect(
        self,
        call_id: str,
        user: User | None = None,
        *,
        v2: bool = True,
        protocols: Sequence[str] | None = None,
        **options: Any,
    ) -> Client:
        if protocols is None:
            token = [f"token.t{user.id}"] if user else []
            protocols = [*(["telcall.v2"] if v2 else ["token"]), *token]
        return await self._open(f"/ws/calls/{call_id}", protocols, options)

    async def check(self, user: User | None, **options: Any) -> Client:
        """Somebody who tests their connection."""
        token = [f"token.t{user.id}"] if user else []
        return await self._open("/ws/check", ["telcall.check", *token], options)

    async def _open(self, path: str, protocols: Sequence[str], options: dict[str, Any]) -> Client:
        assert self._http is not None
        url = f"ws://127.0.0.1:{self.port}{path}"
        client = Client(await self._http.ws_connect(url, protocols=protocols, **options))
        self._clients.append(client)  # a socket nobody holds would be closed
        return client

    async def join(self, call_id: str, user: User, *, v2: bool = True) -> Client:
        """A client that has heard its first messages."""
        client = await self.connect(call_id, user, v2=v2)
        await client.hear("participants_snapshot")
        return client

    def counted(self, name: str, **labels: str) -> float:
        return self.registry.get_sample_value(name, labels) or 0.0


@pytest.fixture
async def make_server(database: Database) -> AsyncIterator[Callable[..., Awaitable[Server]]]:
    async with AsyncExitStack() as stack:

        async def make(
            config: SignalingConfig | None = None,
            sfu: Sfu | None = None,
            registry: Registry | None = None,
            process: str = "this process",
        ) -> Server:
            server = Server(database, config or SignalingConfig(), sfu or RecordingSfu(), registry, process)
            return await stack.enter_async_context(server)

        yield make


@pytest.fixture
async def server(make_server: Callable[..., Awaitable[Server]]) -> Server:
    return await make_server()


async def until(condition: Callable[[], bool]) -> None:
    """Wait for what other tasks bring about."""
    async with asyncio.timeout(20):
        while not condition():  # noqa: ASYNC110
            await asyncio.sleep(0.01)


@pytest.fixture(name="until")
def until_fixture() -> Callable[[Callable[[], bool]], Awaitable[None]]:
    return until
