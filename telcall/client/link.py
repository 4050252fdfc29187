"""The way to the server for as long as a participant stays: when a connection is lost, the next resumes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from types import TracebackType
from typing import Self

import structlog
from aiohttp import ClientError

from signaling.messages import (
    V2_SUBPROTOCOL,
    AnyClientMessage,
    CallEnded,
    Protocol,
    Reconnect,
    ResumeTokenChanged,
    ServerMessage,
    Waiting,
    Welcome,
)
from telcall.client.errors import JoinRefused
from telcall.client.session import Session

log = structlog.get_logger(__name__)

COME_BACK_WITHIN_S = 20.0  # longer than the server keeps the place, so that it may start again meanwhile
_FIRST_MESSAGE_TIMEOUT_S = 20
_TRY_TIMEOUT_S = 5.0
_QUICK_TRY_TIMEOUT_S = 1.5
_SLOWER_BY = 3
_SEAT_KEPT_S = 15.0
_TRY_AGAIN_AFTER_S = 0.5
_LEAST_PAUSE_S = 0.1
_REFUSED = range(4400, 4500)
_TOO_SLOW = 4408
_PASSING = {"draining", "database_unavailable", "engine_unavailable", "internal", "too_slow"}
"""Refusals after which it makes sense to try again at once."""


def try_timeout_s(last_s: float | None, lost_for_s: float) -> float:
    """How long a try to come back may take, after connecting took `last_s` the last time.

    Where it took little, a try that takes long was begun while packets were lost, and would notice late that
    they are not any more: TCP asks again after 1, 3, 7 s (RFC 6298). Not for ever: the network may be
    another, slower one by now.
    """
    if last_s is None or lost_for_s >= _SEAT_KEPT_S:
        return _TRY_TIMEOUT_S
    return min(_TRY_TIMEOUT_S, max(_QUICK_TRY_TIMEOUT_S, _SLOWER_BY * last_s))


class Link:
    """`close_code`: of the last connection; None while it is open. `refusal`: of the last try."""

    def __init__(self, url: str, call_id: str, token: str, protocol: Protocol) -> None:
        self._place = (url, call_id, token, protocol)
        self._session = Session(*self._place)
        self._resume_token: str | None = None
        self._come_back_after_s = 0.0
        self._connecting_took_s: float | None = None
        self._is_over = False
        self.refusal: JoinRefused | None = None

    async def __aenter__(self) -> Self:
        begun_s = asyncio.get_running_loop().time()
        await self._session.__aenter__()
        self._connecting_took_s = asyncio.get_running_loop().time() - begun_s
        return self

    async def __aexit__(
        self,
        _type: type[BaseException] | None,
        _error: BaseException | None,
        _traceback: TracebackType | None,
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Nobody may read `messages` any more. A second time: nothing."""
        self._is_over = True
        await self._session.close()

    @property
    def close_code(self) -> int | None:
        return self._session.close_code

    async def send(self, message: AnyClientMessage) -> None:
        """While there is no connection: nothing."""
        await self._session.send(message)

    async def first(self, on_waiting: Callable[[ServerMessage], None] | None = None) -> ServerMessage:
        """The message that says that we are in. Before a locked call it takes until a host lets us in, which
        the server limits. Raises `JoinRefused`, and `TimeoutError` where the server says nothing."""
        async with asyncio.timeout(_FIRST_MESSAGE_TIMEOUT_S):
            message = await self._session.first()
        while isinstance(message, Waiting):
            if on_waiting is not None:
                on_waiting(message)
            message = await self._session.first()
        self._note(message)
        return message

    async def messages(self) -> AsyncIterator[ServerMessage]:
        """Over all connections, until there is no other one. One that follows begins with `Welcome`."""
        while True:
            async for message in self._session.messages():
                self._note(message)
                yield message
            if not self._may_come_back:
                return
            welcome = await self._come_back()
            if welcome is None:
                return
            yield welcome

    @property
    def _may_come_back(self) -> bool:
        if self._is_over or self._resume_token is None or self._place[-1] != V2_SUBPROTOCOL:
            return False
        return self.close_code not in _REFUSED or self.close_code == _TOO_SLOW

    def _note(self, message: ServerMessage) -> None:
        match message:
            case Welcome() | ResumeTokenChanged():
                self._resume_token = message.resume_token
            case Reconnect():
                self._come_back_after_s = message.after_ms / 1_000
            case CallEnded():
                self._is_over = True
            case _:
                pass

    async def _come_back(self) -> ServerMessage | None:
        """None: not in time, or refused."""
        log.info("connection_lost", code=self.close_code)
        wait_s, self._come_back_after_s = self._come_back_after_s, 0.0
        now_s = asyncio.get_running_loop().time
        lost_s = now_s() + wait_s
        try:
            async with asyncio.timeout(COME_BACK_WITHIN_S + wait_s):
                while True:
                    await asyncio.sleep(wait_s)
                    begun_s = now_s()
                    timeout_s = try_timeout_s(self._connecting_took_s, begun_s - lost_s)
                    if (welcome := await self._try_once(timeout_s)) is not None:
                        return welcome
                    if self.refusal is not None and self.refusal.code not in _PASSING:
                        return None
                    wait_s = max(_LEAST_PAUSE_S, _TRY_AGAIN_AFTER_S - (now_s() - begun_s))
        except TimeoutError:
            return None

    async def _try_once(self, timeout_s: float) -> ServerMessage | None:
        session = Session(*self._place, self._resume_token)
        self.refusal = None
        try:
            async with asyncio.timeout(timeout_s):
                await session.__aenter__()
                welcome = await session.first()
            if isinstance(welcome, Welcome):
                session, self._session = self._session, session
                self._note(welcome)
                return welcome
        except (ClientError, OSError, TimeoutError) as error:
            log.debug("not_back_yet", error=str(error))
        except JoinRefused as refused:
            log.debug("not_back_yet", code=refused.code)
            self.refusal = refused
        finally:
            await session.close()  # the lost one, or one that came to nothing
        return None
