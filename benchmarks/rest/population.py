"""People with 1,000 friends each, calls, and what is asked of the servers about them."""

from __future__ import annotations

import json
import random
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import cycle

import asyncpg

from api.init_data import sign
from api.tokens import Tokens
from benchmarks.rest.contestants import BOT_TOKEN, SECRET_KEY
from benchmarks.rest.light_client import request

CALLERS = 64
"""People who ask; their ids count from 1."""
FRIENDS = 1_000
"""Of each of them."""
PEOPLE = 4_000
SEARCH = "/api/friends?query=anna&limit=50"
"""Finds an eighth of the friends, and answers a page of them."""

_SCRIPT = """
INSERT INTO users (telegram_user_id, username, first_name, last_name, photo_url, language_code)
    SELECT 7000000000 + i, CASE WHEN i % 10 < 7 THEN 'user_' || i END,
        (ARRAY['Анна', 'Борис', 'Вера', 'Гоша', 'Anna', 'Bob', 'Carol', 'Dave'])[1 + i % 8] || ' ' || i,
        (ARRAY['Иванова', 'Petrov', 'Сидоров', NULL])[1 + i % 4],
        CASE WHEN i % 2 = 0 THEN 'https://t.me/i/userpic/320/' || md5(i::text) || '.jpg' END, 'ru'
    FROM generate_series(1, {people}) i;
INSERT INTO calls (call_id, creator_user_id, title, is_video_enabled, created_at, expires_at)
    SELECT 'call-' || c, {callers} + c, CASE WHEN c % 2 = 0 THEN 'Team ' || c END, true,
        now(), now() + interval '24 hours'
    FROM generate_series(1, {callers}) c;
INSERT INTO friend_links (user_id, friend_id, updated_at)
    SELECT c, {callers} + 1 + (c * 37 + f * 3) % ({people} - {callers}), now() - interval '1 minute' * f
    FROM generate_series(1, {callers}) c, generate_series(1, {friends}) f;
ANALYZE;
"""


async def populate(url: str) -> None:
    """Fill a migrated, empty database."""
    connection = await asyncpg.connect(url.replace("postgresql+asyncpg://", "postgresql://"))
    try:
        await connection.execute(_SCRIPT.format(people=PEOPLE, callers=CALLERS, friends=FRIENDS))
    finally:
        await connection.close()


@dataclass(frozen=True, slots=True)
class Endpoint:
    """`requests`: the same one of each caller, in turn. `share`: of 100 in a mix."""

    name: str
    status: int
    requests: tuple[bytes, ...]
    share: int

    def turns(self) -> Iterator[bytes]:
        return cycle(self.requests)


def endpoints() -> list[Endpoint]:
    """What is measured. Tokens and signatures are of this moment."""
    now_s = int(time.time())
    keys = Tokens(SECRET_KEY)
    callers = range(1, CALLERS + 1)
    token = {caller: keys.issue(caller, "api", now_s, 86_400) for caller in callers}
    new_call = json.dumps({"title": "Team", "is_video_enabled": True}).encode()
    return [
        Endpoint("health", 200, (request("GET", "/health"),), 20),
        Endpoint("sign-in", 200, tuple(_sign_in(caller, now_s) for caller in callers), 10),
        Endpoint(
            "create call",
            201,
            tuple(request("POST", "/api/calls", token=token[caller], body=new_call) for caller in callers),
            10,
        ),
        Endpoint(
            "get call",
            200,
            tuple(request("GET", f"/api/calls/call-{c}", token=token[c]) for c in callers),
            50,
        ),
        Endpoint("friends", 200, tuple(request("GET", SEARCH, token=token[c]) for c in callers), 10),
    ]


def mix(measured: list[Endpoint], seed: int = 1) -> Iterator[tuple[bytes, int]]:
    """Requests of all endpoints by their shares, in the same order each time; with their status."""
    chance = random.Random(seed)
    turns = {endpoint.name: endpoint.turns() for endpoint in measured}
    order = [endpoint for endpoint in measured for _ in range(endpoint.share)]
    while True:
        chance.shuffle(order)
        for endpoint in order:
            yield next(turns[endpoint.name]), endpoint.status


def _sign_in(caller: int, now_s: int) -> bytes:
    user = {
        "id": 7_000_000_000 + caller,
        "first_name": f"Caller {caller}",
        "last_name": "Петрова",
        "username": f"caller_{caller}",
        "language_code": "ru",
        "photo_url": f"https://t.me/i/userpic/320/caller{caller}.svg",
    }
    fields = {"query_id": "AAH", "auth_date": str(now_s), "user": json.dumps(user, ensure_ascii=False)}
    body = json.dumps({"initData": sign(fields, BOT_TOKEN)})
    return request("POST", "/auth/telegram", body=body.encode())


def parsed(name: str, body: bytes) -> object:
    """An answer, with what no two servers have in common left out and times as moments: for comparing."""
    answer = json.loads(body)
    own = {"sign-in": ("access_token",), "create call": ("call_id", "join_url", "created_at", "expires_at")}
    for field in own.get(name, ()):
        assert answer.pop(field)
    return _with_moments(answer)


def _with_moments(value: object) -> object:
    if isinstance(value, dict):
        return {key: _moment(key, inner) for key, inner in value.items()}
    return [_with_moments(inner) for inner in value] if isinstance(value, list) else value


def _moment(key: str, value: object) -> object:
    if key.endswith("_at") and isinstance(value, str):
        return datetime.fromisoformat(value).astimezone(UTC)
    return _with_moments(value)
