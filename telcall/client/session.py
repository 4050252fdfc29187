"""The WebSocket of one participant: typed messages both ways."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import AsyncGenerator, AsyncIterator
from types import TracebackType
from typing import Any, Self
from urllib.parse import quote, urlsplit

import structlog
from aiohttp import (
    ClientError,
    ClientSession,
    ClientTimeout,
    ClientWebSocketResponse,
    WSMsgType,
    WSServerHandshakeError,
)
from pydantic import ValidationError

from signaling.messages import (
    V2_SERVER_MESSAGE,
    V2_SUBPROTOCOL,
    AnyClientMessage,
    Error,
    Leave,
    Protocol,
    ServerMessage,
)
from telcall.client.errors import JoinRefused

log = structlog.get_logger(__name__)

_OPEN_TIMEOUT_S = 20
_MAX_MESSAGE_BYTES = 4 * 2**20


class Session:
    """One connection to `WS /ws/calls/{call_id}`. `close_code`: how it was closed, None while it is open."""

    def __init__(
        self, url: str, call_id: str, token: str, protocol: Protocol, resume_token: str | None = None
    ) -> None:
        parts = urlsplit(url)
        scheme = {"http": "ws", "https": "wss"}.get(parts.scheme, parts.scheme)
        path = parts.path.rstrip("/")
        self._url = f"{scheme}://{parts.netloc}{path}/ws/calls/{quote(call_id, safe='')}"
        self._protocols = [f"token.{token}"]
        if protocol == V2_SUBPROTOCOL:
            self._protocols.insert(0, V2_SUBPROTOCOL)
        if resume_token is not None:
            self._protocols.append(f"resume.{resume_token}")
        self._socket: ClientWebSocketResponse | None = None
        self._incoming = self._read()

    async def __aenter__(self) -> Self:
        """Raises `JoinRefused` where the handshake is refused or not understood."""
        self._http = ClientSession(timeout=ClientTimeout(total=None, sock_connect=_OPEN_TIMEOUT_S))
        try:
            self._socket = await self._http.ws_connect(
                self._url, protocols=self._protocols, max_msg_size=_MAX_MESSAGE_BYTES
            )
        except WSServerHandshakeError as error:
            await self._http.close()
            raise JoinRefused("unauthorized", f"the handshake was refused with HTTP {error.status}") from None
        except BaseException:
            await self._http.close()
            raise
        return self

    async def __aexit__(
        self,
        _type: type[BaseException] | None,
        _error: BaseException | None,
        _traceback: TracebackType | None,
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Leaves for good. Nobody may read `messages` any more. A second time: nothing."""
        if self._socket is not None:
            if self._socket.protocol == V2_SUBPROTOCOL:
                await self.send(Leave())
            await self._socket.close()
        await self._incoming.aclose()
        await self._http.close()

    @property
    def close_code(self) -> int | None:
        return self._socket.close_code if self._socket is not None else None

    async def send(self, message: AnyClientMessage) -> None:
        """On a closed connection: nothing; the end of `messages` says so already."""
        if self._socket is None or self._socket.closed:
            return
        try:
            await self._socket.send_str(message.model_dump_json(exclude_none=True))
        except (ClientError, ConnectionError):
            log.debug("message_not_sent", type=message.type)

    def messages(self) -> AsyncIterator[ServerMessage]:
        """Until the connection ends. Types that are not known yet are left out."""
        return self._incoming

    async def first(self) -> ServerMessage:
        """The message that says that we are in, or (`Waiting`) in front of a locked call. Raises
        `JoinRefused` where it is an error, or none."""
        message = await anext(self._incoming, None)
        if isinstance(message, Error):
            raise JoinRefused(message.code, message.detail)
        if message is None:
            raise JoinRefused("internal", f"the connection was closed with {self.close_code}")
        return message

    async def _read(self) -> AsyncGenerator[ServerMessage, None]:
        assert self._socket is not None
        async for frame in self._socket:
            if frame.type is not WSMsgType.TEXT:
                continue
            try:
                yield V2_SERVER_MESSAGE.validate_json(frame.data)
            except ValidationError:
                log.debug("message_not_understood")


def user_id_of(token: str) -> int:
    """Whose token it is: claim `sub` (RFC 7519 §4.1.2). The server checks it, not we. Raises `ValueError`."""
    try:
        body = token.split(".")[1]
        claims: Any = json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))
        return int(claims["sub"])
    except (IndexError, KeyError, TypeError, binascii.Error, UnicodeDecodeError) as error:
        raise ValueError("the token is none of Tel Call's") from error
