"""The REST calls that lead into a call: sign-in, the call, the socket's token."""

from __future__ import annotations

from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self
from urllib.parse import quote

from aiohttp import ClientSession, ClientTimeout

from telcall.client.errors import RequestFailed

_TIMEOUT_S = 20


@dataclass(frozen=True, slots=True)
class Account:
    """The signed-in person: internal user id, and the token of REST, which the WebSocket takes as well."""

    user_id: int
    token: str


class Rest:
    """`async with Rest("http://localhost:8080") as rest`. Everything raises `RequestFailed` where the server
    refuses, `aiohttp.ClientError` and `TimeoutError` where it does not answer."""

    def __init__(self, url: str) -> None:
        self._url = url.rstrip("/")
        self._account: Account | None = None

    async def __aenter__(self) -> Self:
        self._http = ClientSession(timeout=ClientTimeout(total=_TIMEOUT_S))
        return self

    async def __aexit__(
        self,
        _type: type[BaseException] | None,
        _error: BaseException | None,
        _traceback: TracebackType | None,
    ) -> None:
        await self._http.close()

    async def sign_in(self, init_data: str) -> Account:
        """By the `initData` that Telegram gives to a Mini App."""
        answer = await self._ask("POST", "/auth/telegram", {"initData": init_data})
        self._account = Account(answer["user"]["id"], answer["access_token"])
        return self._account

    async def sign_in_as(self, name: str) -> Account:
        """By a name, where the server has its development sign-in on. The same name is the same person."""
        await self._ask("GET", "/auth/dev")
        answer = await self._ask("POST", "/auth/dev", {"name": name})
        return await self.sign_in(answer["initData"])

    async def create_call(self, title: str | None = None, *, video: bool = True) -> str:
        """The new call's id."""
        answer = await self._ask("POST", "/api/calls", {"title": title, "is_video_enabled": video})
        return str(answer["call_id"])

    async def call_friend(self, user_id: int, *, video: bool = False) -> str:
        """The id of a new call into which the bot calls this friend; `Participant.floor.rings` tells what
        comes of it. `RequestFailed` with 404 when they are no friend."""
        body = {"friend_id": user_id, "is_video_enabled": video}
        return str((await self._ask("POST", "/api/calls/friend", body))["call_id"])

    async def invite(self, call_id: str, user_id: int) -> None:
        """Have the bot call a friend into a running call that one takes part in."""
        await self._ask("POST", f"/api/calls/{quote(call_id, safe='')}/invite", {"friend_id": user_id})

    async def get_call(self, call_id: str) -> dict[str, Any]:
        """The call as the server describes it; `RequestFailed` when it cannot be joined."""
        answer: dict[str, Any] = await self._ask("GET", f"/api/calls/{quote(call_id, safe='')}")
        return answer

    async def ws_token(self) -> str:
        """A token that is good for some minutes and for the WebSocket alone."""
        return str((await self._ask("GET", "/auth/ws-token"))["token"])

    async def _ask(self, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
        headers = {"Authorization": f"Bearer {self._account.token}"} if self._account else {}
        async with self._http.request(method, self._url + path, json=body, headers=headers) as response:
            if response.status >= 400:
                raise RequestFailed(response.status, await _detail(response.content_type, response))
            return await response.json()


async def _detail(content_type: str, response: Any) -> str:
    if content_type == "application/json":
        answer = await response.json()
        if isinstance(answer, dict) and isinstance(answer.get("detail"), str):
            return str(answer["detail"])
    return str(response.reason)
