"""A server lives through all that happens to one, and nothing secret is in what it writes meanwhile."""

from __future__ import annotations

import asyncio
import json
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import aiohttp
import jwt
import pytest

from api.bot.config import webhook_secret
from api.init_data import sign
from api.tokens import Tokens
from telcall.client.media import Colour, Tone
from telcall.client.participant import Participant
from telcall.embedded_postgres import EmbeddedPostgres, temporary_postgres
from tests.api.bot.bot_api import TOKEN, BotApi
from tests.api.bot.conftest import message, user
from tests.conftest import run_sql
from tests.infra.coturn import Coturn
from tests.telcall.secrets_seen import Secrets
from tests.telcall.test_operator import until
from tests.telcall.webhook_receiver import Receiver

if TYPE_CHECKING:
    from tests.telcall.conftest import Serving

Serve = Callable[..., "Serving"]

PEOPLE = {"Anna": 1001, "Boris": 1002, "Clara": 1003}
BOT_SECRET_PART = TOKEN.partition(":")[2]
UPDATES = "/api/telegram/webhook"
TOLD = {
    *("started", "stopping", "stopped", "signed_in", "person_deleted", "admin_refused"),
    *("request_answered", "request_failed", "request_malformed", "database_away", "database_back"),
    *("call_created", "participant_joined", "participant_resumed", "participant_left"),
    *("dtls_connected", "topology_changed", "ice_server_changed", "webhooks_failing", "webhooks_recovered"),
    *("webhook_refused", "update_malformed", "share_failed"),
    *("telegram_failing", "telegram_too_many", "telegram_refused"),
}
"""Events of the life below."""
SDP = (
    "v=0\r\no=- 1 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\n"
    "m=audio 9 UDP/TLS/RTP/SAVPF 111\r\nc=IN IP4 0.0.0.0\r\n"
    "a=ice-ufrag:abcd\r\na=ice-pwd:{password}\r\na=fingerprint:sha-256 {fingerprint}\r\n"
    "a=setup:actpass\r\na=mid:0\r\na=sendrecv\r\na=rtpmap:111 opus/48000/2\r\n"
)
CANDIDATE = "candidate:1 1 udp 2122260223 192.0.2.77 54321 typ host"


@dataclass
class Configured:
    """The server's settings; every secret of them is known to `seen`."""

    seen: Secrets
    environment: dict[str, str]

    def __getitem__(self, name: str) -> str:
        return self.environment[name]

    @property
    def update_secret(self) -> str:
        return self.seen.add("webhook secret", webhook_secret(self["SECRET_KEY"], TOKEN))


@dataclass
class Life:
    """What people, Telegram and strangers do to a server."""

    serving: Serving
    configured: Configured
    http: aiohttp.ClientSession
    telegram: BotApi
    statuses: list[int] = field(default_factory=list)

    @property
    def seen(self) -> Secrets:
        return self.configured.seen

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.serving.port}"

    async def ask(
        self, method: str, path: str, token: str | None = None, body: Any = None, **headers: str
    ) -> Any:
        """The answer's JSON; what is secret of it is known from then on."""
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        if token is not None:
            sent["Authorization"] = f"Bearer {token}"
        data = body if isinstance(body, bytes) else None if body is None else json.dumps(body).encode()
        async with self.http.request(method, self.url + path, headers=sent, data=data) as response:
            self.statuses.append(response.status)
            if cookie := response.headers.get("Set-Cookie"):
                self.seen.add("cookie", cookie.partition("=")[2].partition(";")[0] or "no cookie at all")
            is_json = response.content_type == "application/json"
            answer = await response.json() if is_json else await response.text()
        self.seen.from_server(answer)
        return answer

    def init_data(self, name: str, *, age_s: int = 0, key: str = TOKEN) -> str:
        fields = {
            "query_id": f"AAHd{secrets.token_hex(8)}",
            "auth_date": str(int(time.time()) - age_s),
            "signature": secrets.token_urlsafe(64),
            "user": json.dumps(
                {
                    "id": PEOPLE[name],
                    "first_name": name,
                    "username": f"{name.lower()}_of_the_log",
                    "photo_url": f"https://t.me/i/userpic/320/{secrets.token_hex(8)}.jpg",
                }
            ),
        }
        return self.seen.init_data(sign(fields, key))

    async def sign_in(self, name: str) -> str:
        answer = await self.ask("POST", "/auth/telegram", body={"initData": self.init_data(name)})
        token: str = answer["access_token"]
        return token

    @asynccontextmanager
    async def socket(self, call_id: str, *protocols: str, query: str = "") -> AsyncIterator[Any]:
        url = f"{self.url}/ws/calls/{call_id}{query}"
        async with self.http.ws_connect(url, protocols=protocols) as connection:
            yield connection

    async def until_closed(self, connection: Any) -> None:
        """Takes in all that still comes."""
        async for received in connection:
            self.seen.from_server(json.loads(received.data))

    async def raw(self, text: str) -> bytes:
        """The answer to bytes that no client library would send."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.serving.port)
        writer.write(text.encode())
        await writer.drain()
        answer = await reader.read(65_536)
        writer.close()
        with suppress(ConnectionError):
            await writer.wait_closed()
        return answer


# --- the life, in its order ---------------------------------------------------------------------------------


async def bad_sign_ins(life: Life) -> None:
    forged = life.init_data("Anna", key="654321:another-token-that-is-not-the-bots-one")
    old = life.init_data("Anna", age_s=1_000_000)
    for given in (forged, old, forged.replace("hash=", "hush="), "user=nobody&" + forged):
        await life.ask("POST", "/auth/telegram", body={"initData": life.seen.add("initData", given)})
    for body in (forged.encode(), json.dumps([forged]).encode(), b'{"initData": "' + forged.encode()):
        await life.ask("POST", "/auth/telegram", body=body)
    await life.ask("POST", "/auth/telegram", body={"initData": forged, "initdata": forged, "token": 7})
    await life.ask("POST", f"/auth/telegram?initData={quote(forged)}")
    await life.ask("GET", f"/auth/telegram?{forged}", Referer=f"https://call.example.com/#{forged}")
    await life.ask("POST", "/auth/telegram", body={"initData": forged}, Origin=f"https://{forged[:40]}")


async def bad_tokens(life: Life, token: str, call_id: str) -> None:
    head, payload, signature = token.split(".")
    bad = [
        f"{head}.{payload}.{signature[::-1]}",
        f"{head}.{payload}.",
        jwt.encode({"sub": "1", "aud": "api"}, "", algorithm="none"),
        Tokens("a-key-of-somebody-else-with-32-bytes").issue(1, "api", int(time.time()), 60),
    ]
    for each in bad:
        life.seen.add("forged token", each)
        await life.ask("GET", "/api/me", each)
        await life.ask("GET", "/api/me", Cookie=f"access_token={each}")
        await life.ask("POST", "/api/calls", body={}, Cookie=f"access_token={each}")
        await life.ask("GET", f"/api/calls/{each}?token={each}")
        await life.ask("POST", "/auth/browser", body={"token": each})
        async with life.socket(call_id, "token", f"token.{each}", query=f"?token={each}") as connection:
            await life.until_closed(connection)
    await life.ask(
        "POST", "/api/calls", body={}, Cookie=f"access_token={token}", Origin="https://evil.example"
    )
    await life.raw(f"GET /api/me HTTP/1.1\r\nHost: x\r\nAuthorization Bearer {token}\r\n\r\n")
    await life.raw(f"GET /api/me?token={token} HTTP/9\r\nHost: x\r\n\r\n")
    await life.raw(f"GET /api/me HTTP/1.1\r\nHost: x\r\nCookie: access_token={token * 40}\r\n\r\n")
    await life.raw(f"Bearer {token}\r\n\r\n")
    admin = life.configured["TELCALL_ADMIN_TOKEN"]
    await life.raw(f"GET /api/admin/rooms HTTP/1.1\r\nHost: x\r\nX-Token {admin}\r\n\r\n")


async def other_ways_in(life: Life, token: str) -> str:
    """By an old key, by a cookie, by a link. The token for the socket."""
    claims = jwt.decode(token, options={"verify_signature": False})
    old_key = life.configured["TELCALL_OLD_SECRET_KEYS"].partition(",")[0]
    old = Tokens(old_key).issue(int(claims["sub"]), "api", int(time.time()), 60)
    assert (await life.ask("GET", "/api/me", life.seen.add("token of the old key", old)))["id"]
    assert (await life.ask("GET", "/api/me", Cookie=f"access_token={token}"))["id"]
    link = (await life.ask("POST", "/auth/browser-link", token))["url"]
    once = life.seen.add("link", link.partition("browser=")[2])
    for _ in range(2):
        await life.ask("POST", "/auth/browser", body={"token": once})
    return str((await life.ask("GET", "/auth/ws-token", token))["token"])


async def calls(life: Life, tokens: dict[str, str], socket_token: str) -> str:
    """Three with sound and pictures, over the direct way and the SFU. The call's id."""
    title = life.seen.add("title", "A surprise for Clara")
    anna, boris, clara = tokens.values()
    call_id: str = (await life.ask("POST", "/api/calls", anna, {"title": title}))["call_id"]
    life.seen.add("call id", call_id)
    await life.ask("POST", "/api/calls/join_by_code", boris, {"call_code": call_id})
    for url in ("/api/config/webrtc", f"/api/calls/{call_id}", f"/api/call-stats/{call_id}"):
        await life.ask("GET", url, clara)
    async with AsyncExitStack() as stack:
        guests = [
            await stack.enter_async_context(
                Participant.join(
                    life.url,
                    call_id,
                    token,
                    protocol=protocol,
                    microphone=Tone(440),
                    camera=Colour((200, 40, 40), width=160, height=120, frame_rate=5),
                    seats=3,
                    ice_servers=[],
                    on_message=lambda told: life.seen.from_server(told.model_dump(mode="json")),
                )
            )
            for token, protocol in (
                (socket_token, "telcall.v2"),
                (boris, "telcall.v2"),
                (clara, "documented"),
            )
        ]
        first, second, third = guests
        await first.wait_for(lambda: first.topology == "sfu" and all(g.is_connected for g in guests))
        await first.wait_for(lambda: len(first.heard(second.user_id)) > 0 < len(first.heard(third.user_id)))
        await first.floor.say(life.seen.add("chat", "The cake is in the cellar"))
        await first.wait_for(lambda: len(second.floor.chat) > 0)
        await by_socket(life, call_id, anna)
    return call_id


async def by_socket(life: Life, call_id: str, token: str) -> None:
    """Frames that break rules, and one that resumes."""
    password = life.seen.add("ICE password", secrets.token_hex(16))
    fingerprint = life.seen.add(
        "DTLS fingerprint", ":".join(f"{byte:02X}" for byte in secrets.token_bytes(32))
    )
    description = SDP.format(password=password, fingerprint=fingerprint)
    async with life.socket(call_id, "telcall.v2", f"token.{token}", f"resume.{token}") as connection:
        resume = ""
        while not resume:
            welcome = await connection.receive_json(timeout=20)
            life.seen.from_server(welcome)
            resume = welcome.get("resume_token", "")
        offer = {"type": "offer", "sdp": description}
        frames: list[Any] = [
            {"type": "offer", "to_user_id": 999_999, "payload": offer},
            {"type": "ice_candidate", "to_user_id": 999_999, "payload": {"candidate": CANDIDATE}},
            {
                "type": "sfu_offer",
                "offer_id": 1,
                "payload": offer,
                "tracks": {"0": "microphone"},
                "seats": [],
            },
            {"type": "sfu_offer", "offer_id": 2, "payload": {"type": "offer", "sdp": description + "m=\r\n"}},
            {"type": description, "token": token},
            {"type": "chat", "text": 7, "resume_token": resume},
            [token, description],
        ]
        for frame in frames:
            await connection.send_json(frame)
        await connection.send_str(f'{{"type": "offer", "payload": "{password}')
        await connection.send_bytes(description.encode())
        # Not said to be a leave: its place is kept, and resumed.
        connection._response.connection.transport.abort()
    async with life.socket(call_id, "telcall.v2", f"token.{token}", f"resume.{resume}") as connection:
        welcome = await connection.receive_json(timeout=20)
        life.seen.from_server(welcome)
        await connection.send_json({"type": "leave"})
        await life.until_closed(connection)


async def by_telegram(life: Life, token: str) -> None:
    """A friend is rung while Telegram is in trouble; updates come, some of them not from Telegram."""
    life.telegram.private.add(PEOPLE["Boris"])
    boris_id = 0
    while not boris_id:
        friends = (await life.ask("GET", "/api/friends?search=boris", token))["friends"]
        boris_id = next((each["id"] for each in friends), 0)
    life.telegram.trouble.extend([500, 502, "patience", 401])
    call = await life.ask("POST", "/api/calls/friend", token, {"friend_id": boris_id})
    life.seen.add("call id", call["call_id"])
    await until(lambda: not life.telegram.trouble)
    update = life.telegram.bring(message(user(PEOPLE["Boris"], "Boris"), f"/start {call['call_id']}"))
    right = life.configured.update_secret
    for given in (right, right[::-1]):
        header = {"X_Telegram_Bot_Api_Secret_Token": life.seen.add("given for the webhook secret", given)}
        await life.ask("POST", UPDATES, body=update, **header)
        await life.ask("POST", UPDATES, body=f"{right} {TOKEN}".encode(), **header)
    await until(lambda: len(life.telegram.messages) > 0)
    await life.telegram.stop()
    await life.ask("POST", f"/api/calls/{call['call_id']}/share", token)
    await until(lambda: "telegram_failing" in life.serving.text())
    await life.telegram.start()


async def by_operator(life: Life, call_id: str) -> None:
    admin, reader = life.configured["TELCALL_ADMIN_TOKEN"], life.configured["TELCALL_METRICS_TOKEN"]
    wrong = life.seen.add("wrong admin token", f"{admin[::-1]}-no")
    for token in (admin, wrong):
        await life.ask("GET", "/api/admin/rooms", token)
        await life.ask("GET", f"/api/admin/rooms/{call_id}", token)
    for token in (reader, wrong):
        await life.ask("GET", "/metrics", token)
    for token in (admin, reader):  # at doors that are not theirs
        await life.ask("GET", "/api/me", token)


async def failures(life: Life, token: str, call_id: str, database_url: str) -> None:
    """Tables that are gone: what nobody foresaw goes into the log with all that Python knows of it."""
    gone = ("users", "friend_links", "calls")
    for table in gone:
        await asyncio.to_thread(run_sql, database_url, f"ALTER TABLE {table} RENAME TO {table}_gone")
    await life.ask("POST", "/auth/telegram", body={"initData": life.init_data("Anna")})
    await life.ask("GET", "/api/friends?search=boris", token)
    await life.ask("POST", "/api/calls", token, {"title": "A surprise for Clara"})
    async with life.socket(call_id, "token", f"token.{token}") as connection:
        await life.until_closed(connection)
    for table in gone:
        await asyncio.to_thread(run_sql, database_url, f"ALTER TABLE {table}_gone RENAME TO {table}")


async def outage(life: Life, token: str, postgres: EmbeddedPostgres) -> None:
    await asyncio.to_thread(postgres.stop)
    await life.ask("POST", "/api/calls", token, {})
    await life.ask("POST", "/auth/telegram", body={"initData": life.init_data("Boris")})
    postgres.start()  # here: it ends with the thread that started it
    while life.statuses[-1] != 201:
        await asyncio.sleep(0.2)
        await life.ask("POST", "/api/calls", token, {})


async def goodbyes(life: Life, tokens: dict[str, str]) -> None:
    anna, boris, _ = tokens.values()
    await life.ask("POST", "/auth/logout", boris)
    await life.ask("GET", "/api/me", boris)
    await life.ask("GET", "/api/me/export", anna)
    await life.ask("DELETE", "/api/me", anna, {"confirm": "delete"})
    await life.ask("GET", "/api/me", anna)


# --- what it needs ------------------------------------------------------------------------------------------


@pytest.fixture
def postgres() -> Iterator[EmbeddedPostgres]:
    with temporary_postgres() as started:
        yield started


@pytest.fixture
def coturn(tmp_path: Path) -> Iterator[Coturn]:
    with Coturn(tmp_path, TURN_SECRET="a secret of coturn, as long as it should be") as started:
        yield started


@pytest.fixture
async def telegram() -> AsyncIterator[BotApi]:
    server = BotApi()
    await server.start()
    yield server
    await server.stop()


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    with socket.create_server(("127.0.0.1", 0)) as free:
        made = Receiver(free.getsockname()[1], statuses=[500, 302])
    made.open.set()
    await made.start()
    yield made
    await made.stop()


@pytest.fixture
def configured(
    postgres: EmbeddedPostgres, coturn: Coturn, telegram: BotApi, receiver: Receiver
) -> Configured:
    seen = Secrets()
    database_password = seen.add("database password", "p@ss/word of the database")
    keys = [seen.add(name, f"{name} {secrets.token_hex(16)}") for name in ("older key", "oldest key")]
    seen.add("bot token", TOKEN)
    seen.add("bot token without the id", BOT_SECRET_PART)
    login = f"telcall:{quote(database_password, safe='')}@"
    environment = {
        "SECRET_KEY": seen.add("SECRET_KEY", f"secret key {secrets.token_hex(16)}"),
        "TELCALL_OLD_SECRET_KEYS": ",".join(keys),
        "DATABASE_URL": postgres.url().replace("telcall@", login, 1),
        "BOT_TOKEN": TOKEN,
        "TELCALL_TELEGRAM_API_URL": telegram.url,
        "TELCALL_PUBLIC_URL": "https://call.example.com",
        "TELCALL_PUBLIC_ADDRESS": "127.0.0.1",
        "TURN_SECRET": seen.add("TURN_SECRET", "a secret of coturn, as long as it should be"),
        "TURN_USERNAME": "user",
        "TURN_PASSWORD": seen.add("TURN_PASSWORD", "a fixed password of coturn"),
        "TURN_SERVERS": coturn.urls[0],
        "STUN_SERVERS": f"stun:127.0.0.1:{coturn.port}",
        "TELCALL_ADMIN_TOKEN": seen.add("admin token", f"admin-{secrets.token_hex(16)}"),
        "TELCALL_METRICS_TOKEN": seen.add("metrics token", f"metrics-{secrets.token_hex(16)}"),
        "TELCALL_WEBHOOK_URL": f"{receiver.url}&key={seen.add('key in the URL', secrets.token_hex(8))}",
        "TELCALL_WEBHOOK_SECRET": seen.add("webhooks' secret", f"webhooks {secrets.token_hex(16)}"),
        "TELCALL_LOG_LEVEL": "debug",
        "TELCALL_LOG_FORMAT": "json",
        "TELCALL_RATE_ALL": "10000",
        "TELCALL_RATE_AUTH": "10000",
        "TELCALL_WS_OPEN_PER_ADDRESS": "10000",
    }
    return Configured(seen, environment)


def run(words: str, folder: Path, environment: dict[str, str]) -> str:
    """All that a command says."""
    done = subprocess.run(
        [sys.executable, "-m", "telcall", *words.split()],
        env=os.environ | {"TELCALL_DATA_DIR": str(folder / "other")} | environment,
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=60,
    )
    return f"{words} ended with {done.returncode}\n{done.stdout}"


# --- the tests ----------------------------------------------------------------------------------------------


@pytest.mark.infra
async def test_nothing_secret_is_written_in_a_servers_life(
    serve: Serve,
    configured: Configured,
    telegram: BotApi,
    receiver: Receiver,
    postgres: EmbeddedPostgres,
    tmp_path: Path,
) -> None:
    serving = serve(**configured.environment)
    await asyncio.to_thread(serving.wait_ready)
    async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as http:
        life = Life(serving, configured, http, telegram)
        tokens = {name: await life.sign_in(name) for name in PEOPLE}
        await bad_sign_ins(life)
        socket_token = await other_ways_in(life, tokens["Anna"])
        call_id = await calls(life, tokens, socket_token)
        await bad_tokens(life, tokens["Clara"], call_id)
        await by_telegram(life, tokens["Anna"])
        await by_operator(life, call_id)
        await failures(life, tokens["Anna"], call_id, postgres.url())
        await outage(life, tokens["Anna"], postgres)
        await until(lambda: "webhooks_recovered" in serving.text())
        async with life.socket(call_id, "token", f"token.{tokens['Clara']}") as connection:
            await connection.receive_json(timeout=20)
            await goodbyes(life, tokens)
            ended = await asyncio.to_thread(serving.end, signal.SIGTERM)
    assert ended == 0
    unreachable = {"DATABASE_URL": configured["DATABASE_URL"].replace("run", "walk")}
    commands: list[tuple[str, dict[str, str]]] = [
        ("bot info", {}),
        ("bot info", {"TELCALL_TELEGRAM_API_URL": "http://127.0.0.1:9"}),
        ("db upgrade", unreachable),
        ("serve --api-only", unreachable),
        ("serve --api-only", {"SECRET_KEY": "short", "BOT_TOKEN": f"bot{BOT_SECRET_PART}"}),
    ]
    said = await asyncio.gather(
        *(asyncio.to_thread(run, words, tmp_path, configured.environment | more) for words, more in commands)
    )

    text = serving.text()
    # First that everything happened that is told of, and that it is told of at all.
    lines = [json.loads(line) for line in text.splitlines() if line.startswith("{")]
    events = {line["event"] for line in lines}
    assert events >= TOLD
    assert {line["level"] for line in lines} == {"debug", "info", "warning", "error"}
    assert {200, 201, 400, 401, 403, 404, 422, 500, 503} <= set(life.statuses)
    assert "Traceback" in text
    assert configured.seen.kinds() >= {
        *("token", "resume_token", "credential", "cookie", "initData", "hash of initData"),
        *("ICE password", "DTLS fingerprint", "webhook secret", "link", "call id"),
    }
    assert configured.seen.leaks("\n".join([text, *said])) == []


@pytest.mark.parametrize(
    "line",
    [
        "got swordfish/of 32 characters",
        "got swordfish%2Fof%2032%20characters",
        '{"event": "got \\"swordfish/of 32 characters\\""}',
        "token eyJhbGciOi",
        "a=ice-pwd:abc",
        "sha-256 AB:CD:EF",
        "auth_date=1700000000",
        "access_token=abc",
    ],
)
def test_what_should_not_be_written_is_found(line: str) -> None:
    seen = Secrets()
    seen.add("a secret", "swordfish/of 32 characters")
    assert seen.leaks("well\nwell") == []
    [found] = seen.leaks(f"well\n{line}\nwell")
    assert found.endswith(line)
