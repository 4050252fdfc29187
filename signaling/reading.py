"""Frames of one connection to its decoder, and messages from there to whoever takes them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Generic, TypeVar

import structlog
from aiohttp import WSMessage, WSMsgType

from signaling.connection import Connection
from signaling.direct_socket import DirectSocket
from signaling.messages import ClientMessage, Error
from signaling.protocol import Decoder
from signaling.refusals import BROKEN_LIMITS_CLOSE_CODE

log = structlog.get_logger(__name__)

MESSAGES_PER_TURN = 16
"""After so many messages in a row the other connections have their turn."""

M = TypeVar("M", bound=ClientMessage)


class Reader(Generic[M]):
    """`read` gives every message to `take`, tells the client what was refused, and closes a connection that
    breaks its limits too often."""

    def __init__(
        self, socket: DirectSocket, connection: Connection, decoder: Decoder[M], take: Callable[[M], None]
    ) -> None:
        self._socket, self._connection, self._decoder, self._take = socket, connection, decoder, take
        self._loop = asyncio.get_running_loop()  # to ask for it asks the kernel for the process id, each time

    async def read(self) -> None:
        """Until either side closes."""
        async with self._connection.reading():
            self._socket.receive_directly(self._receive)
            while not self._connection.is_closing:
                for _ in range(MESSAGES_PER_TURN):
                    frame = await self._socket.receive()
                    if frame.type not in (WSMsgType.TEXT, WSMsgType.BINARY):
                        return  # closed by the client, or broken
                    self._receive(frame)
                await asyncio.sleep(0)

    def _receive(self, frame: WSMessage) -> None:
        if self._connection.is_closing:
            return
        now_us = round(self._loop.time() * 1e6)
        if frame.type is WSMsgType.TEXT:
            message = self._decoder.receive_text(frame.data, now_us)
        else:
            message = self._decoder.receive_binary(frame.data, now_us)
        if isinstance(message, Error):
            self._refuse(message, now_us)
        else:
            self._take(message)

    def _refuse(self, error: Error, now_us: int) -> None:
        self._connection.send(error)
        if self._decoder.violation(now_us):
            log.info("client_broke_limits", session=self._connection.session, code=error.code)
            self._connection.close(BROKEN_LIMITS_CLOSE_CODE)
