"""The operator's routes of a running server."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import quote

from aiohttp import ClientSession, ClientTimeout, ContentTypeError, DummyCookieJar

TIMEOUT_S = 20
PAGE_ROOMS = 100


class AdminRefused(Exception):
    """The server has said no. `detail`: its word for it, or empty where it has none."""

    def __init__(self, status: int, detail: str) -> None:
        super().__init__(f"{status} {detail}".strip())
        self.status, self.detail = status, detail


class AdminClient:
    """Answers are the server's. All methods raise `AdminRefused`, `aiohttp.ClientError`, `TimeoutError`."""

    def __init__(self, http: ClientSession, url: str) -> None:
        self._http, self._base = http, f"{url.rstrip('/')}/api/admin/rooms"

    @classmethod
    @asynccontextmanager
    async def to(cls, url: str, token: str) -> AsyncIterator[AdminClient]:
        """A client for as long as the block lasts. `url`: of the server."""
        async with ClientSession(
            timeout=ClientTimeout(total=TIMEOUT_S),
            headers={"Authorization": f"Bearer {token}"},
            cookie_jar=DummyCookieJar(),
        ) as http:
            yield cls(http, url)

    async def rooms(self) -> dict[str, Any]:
        """All running calls: the pages as one."""
        rooms: list[Any] = []
        query = {"limit": str(PAGE_ROOMS)}
        while True:
            page = await self._ask("GET", "", query)
            rooms += page["rooms"]
            if page["next_cursor"] is None:
                return {"rooms": rooms, "total": len(rooms)}
            query["cursor"] = page["next_cursor"]

    async def room(self, call_id: str) -> Any:
        return await self._ask("GET", f"/{quote(call_id, safe='')}")

    async def end(self, call_id: str) -> Any:
        return await self._ask("POST", f"/{quote(call_id, safe='')}/end")

    async def remove(self, call_id: str, user_id: int) -> Any:
        return await self._ask("DELETE", f"/{quote(call_id, safe='')}/participants/{user_id}")

    async def _ask(self, method: str, path: str, query: dict[str, str] | None = None) -> Any:
        # A redirect would take the token along.
        async with self._http.request(
            method, self._base + path, params=query, allow_redirects=False
        ) as response:
            try:
                answer = await response.json()
            except (ContentTypeError, ValueError):
                raise AdminRefused(response.status, "") from None
            if response.status != 200:
                raise AdminRefused(response.status, str(answer.get("detail", "")))
            return answer
