"""The REST application over real sockets and a real database."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from prometheus_client import CollectorRegistry

from api.app import ApiParts, build_app
from api.authenticator import Authenticator
from api.bot_door import BotDoor
from api.config import ApiConfig, Rates
from api.http_server import BoundedRunner, HttpLimits
from api.init_data import sign
from api.tokens import Tokens
from signaling.bus import RoomUnreachable
from signaling.config import IceConfig, SignalingConfig
from signaling.ice_servers import IceServers
from signaling.lifecycle import Lifecycle
from signaling.messages import MediaState, Ring, User
from signaling.ratings import Ratings
from signaling.room_state import ParticipantState, RoomList, RoomPosition, RoomState
from store.database import Database
from store.write_behind import WriteBehind

BOT_TOKEN = "123456:not-a-real-token-but-as-long-as-one"
SECRET_KEY = "0123456789abcdef0123456789abcdef"
GENEROUS = Rates(all_per_minute=10_000, sign_in_per_minute=10_000, create_per_minute=10_000)
CONFIG = ApiConfig(
    secret_key=SECRET_KEY,
    bot_token=BOT_TOKEN,
    bot_username="telcall_bot",
    public_url="https://tel.example",
    rates=GENEROUS,
)


@dataclass
class Time:
    """A clock that goes when told to."""

    utc: datetime = field(default_factory=lambda: datetime.now(UTC).replace(microsecond=0))
    monotonic_s: float = 0.0

    def pass_s(self, seconds: float) -> None:
        self.utc += timedelta(seconds=seconds)
        self.monotonic_s += seconds

    @property
    def unix_s(self) -> int:
        return int(self.utc.timestamp())


@dataclass
class Rooms:
    """Rooms without connections. Keeps what they were told."""

    told: list[tuple[str, str]] = field(default_factory=list)
    on_call_over: Callable[[str], None] | None = None
    here: dict[str, RoomState] = field(default_factory=dict)
    is_unreachable: bool = False
    rings: list[tuple[str, int, str]] = field(default_factory=list)

    def ring(self, call_id: str, ring: Ring) -> None:
        self.rings.append((call_id, ring.user_id, ring.state))

    def open(self, call_id: str, *user_ids: int, at: datetime) -> None:
        """A call that these people are in; the first of them speaks `telcall.v2`, the others do not."""
        people = tuple(
            ParticipantState(
                user=User(id=user_id, first_name=f"User {user_id}"),
                protocol="documented" if place else "telcall.v2",
                role="participant" if place else "host",
                media=MediaState(audio=place > 0),
                joined_at=at,
            )
            for place, user_id in enumerate(user_ids)
        )
        self.here[call_id] = RoomState(call_id, 1, "sfu" if len(people) > 2 else "p2p", at, people)

    def end(self, call_id: str, reason: str) -> None:
        self.told.append((call_id, reason))

    async def rooms(self, after: RoomPosition | None, limit: int) -> RoomList:
        if self.is_unreachable:
            raise RoomUnreachable
        listed = sorted(self.here.values(), key=lambda room: (room.started_at, room.call_id))
        rest = [room for room in listed if after is None or (room.started_at, room.call_id) > after]
        return RoomList(tuple(rest[:limit]), len(listed), len(rest) > limit)

    async def room(self, call_id: str) -> RoomState | None:
        return self.here.get(call_id)

    async def remove(self, call_id: str, user_id: int) -> bool:
        room = self.here.get(call_id)
        if room is None or user_id not in [person.user.id for person in room.participants]:
            return False
        self.told.append((call_id, f"remove {user_id}"))
        return True


@dataclass
class Answer:
    status: int
    headers: Any
    text: str

    @property
    def json(self) -> Any:
        return json.loads(self.text)

    @property
    def detail(self) -> Any:
        return self.json["detail"]


@dataclass
class Client:
    """A running server and requests to it. `bearer`: the token sent along."""

    url: str
    session: aiohttp.ClientSession
    time: Time
    rooms: Rooms
    authenticator: Authenticator
    registry: CollectorRegistry
    limits_hit: list[str]
    journal: WriteBehind
    bearer: str | None = None
    secret_key: str = SECRET_KEY

    async def request(self, method: str, path: str, body: Any = None, **options: Any) -> Answer:
        headers = dict(options.pop("headers", {}))
        if self.bearer is not None:
            headers.setdefault("Authorization", f"Bearer {self.bearer}")
        if body is not None:
            options["data"] = body if isinstance(body, bytes) else json.dumps(body)
            headers.setdefault("Content-Type", "application/json")
        async with self.session.request(
            method, self.url + path, headers=headers, allow_redirects=False, **options
        ) as response:
            return Answer(response.status, response.headers, await response.text())

    async def get(self, path: str, **options: Any) -> Answer:
        return await self.request("GET", path, **options)

    async def post(self, path: str, body: Any = None, **options: Any) -> Answer:
        return await self.request("POST", path, body, **options)

    def init_data(self, user_id: int = 1001, **user: Any) -> str:
        fields = {
            "query_id": "AAH",
            "auth_date": str(self.time.unix_s),
            "user": json.dumps({"id": user_id, "first_name": "Анна", **user}),
        }
        return sign(fields, BOT_TOKEN)

    async def signed_in(self, user_id: int = 1001, **user: Any) -> Client:
        """The same server for somebody who has just signed in."""
        answer = await self.post("/auth/telegram", {"initData": self.init_data(user_id, **user)})
        assert answer.status == 200, answer.text
        return replace(self, bearer=answer.json["access_token"])


StartApi = Callable[..., Awaitable[Client]]
MakeBot = Callable[[Lifecycle, Rooms, CollectorRegistry], Awaitable[BotDoor]]


@pytest.fixture
async def start_api(database: Database) -> AsyncIterator[StartApi]:
    """Starts servers: `await start_api(bot_username=None, ...)`, with fields of `ApiConfig`."""
    async with AsyncExitStack() as stack:

        async def start(
            *,
            ice: IceConfig | None = None,
            routes: Callable[[web.Application], None] = lambda _app: None,
            host: str = "127.0.0.1",
            http: HttpLimits | None = None,
            bot: MakeBot | None = None,
            **config: Any,
        ) -> Client:
            time, rooms, registry = Time(), Rooms(), CollectorRegistry()
            limits_hit: list[str] = []
            tokens = Tokens(SECRET_KEY)
            authenticator = Authenticator(
                database, tokens, clock_s=lambda: time.monotonic_s, utc=lambda: time.utc
            )
            journal = await stack.enter_async_context(
                WriteBehind.to_database(database, maxsize=1_000, seen_interval_s=30)
            )
            lifecycle = Lifecycle(database, rooms, SignalingConfig(), utc=lambda: time.utc)
            parts = ApiParts(
                database=database,
                bus=rooms,
                lifecycle=lifecycle,
                ratings=Ratings(database, journal, utc=lambda: time.utc),
                authenticator=authenticator,
                ice_servers=IceServers(ice or IceConfig(stun_servers=("stun:stun.example:3478",))),
                registry=registry,
                on_limit=limits_hit.append,
                bot=None if bot is None else await bot(lifecycle, rooms, registry),
                utc=lambda: time.utc,
            )
            api_config = replace(CONFIG, **config)
            app = build_app(api_config, parts)
            routes(app)
            runner = BoundedRunner(
                app,
                http or HttpLimits(),
                trusted_proxies=api_config.trusted_proxies,
                on_limit=limits_hit.append,
            )
            await runner.setup()
            stack.push_async_callback(runner.cleanup)
            await web.TCPSite(runner, host, 0).start()
            session = await stack.enter_async_context(
                aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar())
            )
            url = f"http://{host}:{runner.addresses[0][1]}"
            return Client(url, session, time, rooms, authenticator, registry, limits_hit, journal)

        yield start


@pytest.fixture
async def api(start_api: StartApi) -> Client:
    """A server with a bot."""
    return await start_api()
