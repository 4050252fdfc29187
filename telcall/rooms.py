"""`telcall rooms`: what runs on a server, as a table or as JSON, and an end to it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Any

import aiohttp
from rich.cells import cell_len

from telcall.admin_client import AdminClient, AdminRefused
from telcall.errors import StartFailed
from telcall.settings import Settings

Ask = Callable[[AdminClient], Awaitable[Any]]
Show = Callable[[Any], Iterator[str]]


@dataclass(frozen=True, slots=True)
class Server:
    url: str
    token: str

    @classmethod
    def of(cls, settings: Settings, url: str | None) -> Server:
        """The one that these settings start, unless `url` names another. Raises `StartFailed`."""
        if settings.admin_token is None:
            raise StartFailed("set TELCALL_ADMIN_TOKEN to the token that the server was started with")
        return cls(url or _own_url(settings), settings.admin_token.get_secret_value())


def ask(server: Server, asking: Ask, shown: Show, *, as_json: bool) -> str:
    """What the server answers, as text. Raises `StartFailed`."""
    answer = asyncio.run(_ask(server, asking))
    if as_json:
        return json.dumps(answer, indent=2, ensure_ascii=False)
    return "\n".join(shown(answer))


async def _ask(server: Server, asking: Ask) -> Any:
    try:
        async with AdminClient.to(server.url, server.token) as client:
            return await asking(client)
    except AdminRefused as refused:
        raise StartFailed(_sentence(refused, server.url)) from refused
    except (aiohttp.ClientError, TimeoutError, OSError) as error:
        raise StartFailed(
            f"{server.url} does not answer ({type(error).__name__}): start it, or name it by --url"
        ) from error


def _sentence(refused: AdminRefused, url: str) -> str:
    if refused.status == 401:
        return f"{url} has another TELCALL_ADMIN_TOKEN"
    if refused.status == 404 and refused.detail in ("", "Not Found"):
        return f"{url} has no TELCALL_ADMIN_TOKEN, or is no Tel Call"
    return f"{url} refuses: {refused}"


def _own_url(settings: Settings) -> str:
    for name in settings.host:
        if name == "localhost" or ip_address(name).is_loopback or ip_address(name).is_unspecified:
            return f"http://localhost:{settings.port}"
    first = settings.host[0]
    return f"http://{f'[{first}]' if ':' in first else first}:{settings.port}"


# --- tables ---------------------------------------------------------------------------------------------


def rooms_table(answer: Any) -> Iterator[str]:
    rooms = answer["rooms"]
    rows = [
        (room["call_id"], room["topology"], _time(room["started_at"]), str(room["participants_count"]))
        for room in rooms
    ]
    if rows:
        yield from _table(("CALL", "PATH", "SINCE", "PEOPLE"), rows)
    people = sum(room["participants_count"] for room in rooms)
    yield f"{_count(len(rooms), 'call', 'calls')}, {_count(people, 'person', 'people')}"


def room_table(room: Any) -> Iterator[str]:
    yield f"call {_plain(room['call_id'])}, {room['topology']}, since {_time(room['started_at'])}"
    rows = [
        (
            str(person["user_id"]),
            _name(person),
            person["role"],
            person["protocol"],
            ", ".join(kind for kind, sent in person["media"].items() if sent) or "nothing",
            _time(person["joined_at"]),
        )
        for person in room["participants"]
    ]
    yield from _table(("USER", "NAME", "ROLE", "PROTOCOL", "SENDS", "SINCE"), rows)


def ended_line(answer: Any) -> Iterator[str]:
    yield f"ended call {_plain(answer['call_id'])}"


def removed_line(answer: Any) -> Iterator[str]:
    yield f"removed user {answer['user_id']} from call {_plain(answer['call_id'])}"


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    lines = [head, *([_plain(cell) for cell in row] for row in rows)]
    widths = [max(cell_len(line[column]) for line in lines) for column in range(len(head))]
    for line in lines:
        padded = (cell + " " * (width - cell_len(cell)) for cell, width in zip(line, widths, strict=True))
        yield "  ".join(padded).rstrip()


def _count(number: int, one: str, many: str) -> str:
    return f"{number} {one if number == 1 else many}"


def _name(person: Any) -> str:
    names = " ".join(part for part in (person["first_name"], person["last_name"]) if part)
    login = f"@{person['username']}" if person["username"] else ""
    return " ".join(part for part in (names, login) if part) or "-"


def _time(text: str) -> str:
    """ISO 8601 with microseconds, as a person reads it."""
    return f"{text[:10]} {text[11:19]} UTC"


def _plain(text: str) -> str:
    """People choose their names: nothing in them may speak to the terminal."""
    return "".join(char if char.isprintable() else "\N{REPLACEMENT CHARACTER}" for char in text)
