"""One accepted WebSocket: its send queue, the task that empties it, and an orderly close."""

from __future__ import annotations

import asyncio
import contextlib
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial

from aiohttp import WSMsgType

from signaling.config import SignalingConfig
from signaling.direct_socket import DirectSocket
from signaling.messages import Message
from signaling.refusals import NORMAL_CLOSURE, TOO_SLOW, Refusal
from signaling.send_queue import SendQueue, encode

AT_ONCE_BYTES = 16_384
"""A message is written at once while no more than this waits in the transport: waking the writer's task costs
more than all the rest of sending."""


class Connection:
    """Owned by the request's handler: `async with` runs the writer and closes the socket at the end.

    The handler reads by itself, inside `reading()`, which ends early when the server wants to close: aiohttp
    waits for the client's half of the closing handshake only if nobody reads at that moment.

    `send` and `close` return at once; what was queued before a close still goes out, but a client that
    neither reads nor says goodbye is cut off after `close_timeout_s`. So is one from which nothing comes in a
    whole `ping_interval_s`, nor any answer to the ping after it in half of that.
    """

    def __init__(
        self,
        socket: DirectSocket,
        transport: asyncio.Transport | None,
        config: SignalingConfig,
        *,
        v2: bool,
    ) -> None:
        self.session = secrets.token_urlsafe(16)
        self.v2 = v2
        self.close_code: int | None = None
        """Set as soon as the server has decided to close."""
        self._socket, self._transport = socket, transport
        self._queue = SendQueue(config.send_queue_messages, config.send_queue_bytes)
        self._close_timeout_s, self._ping_interval_s = config.close_timeout_s, config.ping_interval_s
        self._ready = asyncio.Event()
        self._writer: asyncio.Task[None] | None = None
        self._reading: asyncio.Timeout | None = None
        self._cut: asyncio.TimerHandle | None = None
        self._beat: asyncio.TimerHandle | None = None

    async def __aenter__(self) -> Connection:
        self._writer = asyncio.create_task(self._write(), name=f"ws_writer {self.session}")
        self._beat = asyncio.get_running_loop().call_later(self._ping_interval_s, self._look_for_life)
        return self

    async def __aexit__(self, *_: object) -> None:
        self.close(NORMAL_CLOSURE)
        assert self._writer is not None
        assert self.close_code is not None
        try:
            await self._writer
            await self._socket.close(code=self.close_code)
        finally:
            self._writer.cancel()
            for timer in (self._cut, self._beat):
                if timer is not None:
                    timer.cancel()

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[None]:
        """The block is left when everything that goes before a close has been written."""
        with contextlib.suppress(TimeoutError):
            try:
                async with asyncio.timeout(None) as self._reading:
                    yield
            finally:
                self._reading = None

    @property
    def is_closing(self) -> bool:
        return self.close_code is not None

    def send(self, message: Message) -> bool:
        """Queue a message. False: the client reads too slowly and is being closed (4408)."""
        if self.is_closing:
            return True
        if self._takes_at_once():
            self._socket.write_at_once(encode(message), WSMsgType.TEXT)
            return True
        if not self._queue.put(message):
            self._queue.clear()
            self.refuse(TOO_SLOW)
            return False
        self._ready.set()
        return True

    def refuse(self, refusal: Refusal) -> None:
        """Say why, then close."""
        self.send(refusal.error)
        self.close(refusal.close_code)

    def close(self, close_code: int) -> None:
        """Close after what is queued. Only the first close counts."""
        if self.is_closing:
            return
        self.close_code = close_code
        self._ready.set()
        self._cut = asyncio.get_running_loop().call_later(self._close_timeout_s, self._abort)

    def _takes_at_once(self) -> bool:
        return (
            self._transport is not None
            and not len(self._queue)
            and self._transport.get_write_buffer_size() <= AT_ONCE_BYTES
        )

    def _look_for_life(self, *, pinged: bool = False) -> None:
        if self.is_closing or self._socket.closed:
            return
        if self._socket.has_heard():
            pinged = False
        elif pinged:
            self._abort()
            return
        else:
            pinged = True
            self._socket.write_at_once(b"", WSMsgType.PING)
        after_s = self._ping_interval_s / 2 if pinged else self._ping_interval_s
        look = partial(self._look_for_life, pinged=pinged)
        self._beat = asyncio.get_running_loop().call_later(after_s, look)

    def _abort(self) -> None:
        if self._transport is not None:
            self._transport.abort()

    async def _write(self) -> None:
        try:
            while not (self.is_closing and not len(self._queue)):
                await self._ready.wait()
                self._ready.clear()
                while (text := self._queue.take()) is not None:
                    await self._socket.send_frame(text, WSMsgType.TEXT)
        except ConnectionError:
            pass  # the client is gone
        finally:
            if self._reading is not None:
                self._reading.reschedule(asyncio.get_running_loop().time())
