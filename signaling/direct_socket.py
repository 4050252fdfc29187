"""aiohttp's server WebSocket, with messages handed over where they are parsed.

`WebSocketResponse` puts each message into a queue and wakes the handler's task, which then goes through every
coroutine between the request's start and `receive()`. For a message that is relayed in a few microseconds
this costs more than all the rest. Its heartbeat schedules a callback for whatever is received; here it is
only noted that something was. Parsing, flow control and the closing handshake stay aiohttp's own.
"""

from __future__ import annotations

from collections.abc import Callable

import structlog
from aiohttp import WSMessage, WSMsgType, web
from aiohttp._websocket.reader import WebSocketDataQueue, WebSocketReader  # the queue is exported nowhere
from aiohttp._websocket.writer import WebSocketWriter
from aiohttp.http_websocket import WSMessageTextBytes

log = structlog.get_logger(__name__)

MESSAGES_PER_READ = 16
"""So many of what one read from the network brings are handed over at once. The rest waits in aiohttp's
queue, whose bound stops the reading, so that a client which sends much does not keep the others waiting."""
_QUEUE_BYTES = 65_536

Receiver = Callable[[WSMessage], None]
_TEXT, _BINARY = WSMsgType.TEXT, WSMsgType.BINARY


class DirectSocket(web.WebSocketResponse):
    """Texts and binaries go to `receiver` as soon as it is set; `receive()` gives what was too much at once,
    and the end. Both in the order in which they came."""

    _inbox: _Inbox

    def receive_directly(self, receiver: Receiver | None) -> None:
        """None: all is for `receive()` again. What `receiver` raises is logged and ends the connection."""
        self._inbox.receiver = receiver

    def write_at_once(self, data: bytes, kind: WSMsgType) -> None:
        """A frame goes to the transport without a wait; how much lies there is the caller's to watch.

        After the close frame nothing is written.
        """
        writer = self._writer
        if writer is not None and not writer._closing and not writer.transport.is_closing():
            writer._write_websocket_frame(data, kind, 0)

    def has_heard(self) -> bool:
        """True when anything was received since the last time this was asked."""
        heard, self._inbox.heard = self._inbox.heard, False
        return heard

    def _post_start(self, request: web.BaseRequest, protocol: str | None, writer: WebSocketWriter) -> None:
        """As in the base class, but for the kinds of queue and reader."""
        assert self._loop is not None
        self._ws_protocol = protocol
        self._writer = writer
        self._inbox = self._reader = _Inbox(request.protocol, _QUEUE_BYTES, loop=self._loop)
        self._parser = _Reader(self._inbox, self._max_msg_size)
        request.protocol.set_parser(self._parser)
        request.protocol.keep_alive(False)


class _Inbox(WebSocketDataQueue):
    receiver: Receiver | None = None
    budget = 0
    heard = False

    def feed_data(self, data: WSMessage | WSMessageTextBytes, size: int) -> None:
        if (
            self.receiver is None
            or not self.budget
            or self._buffer
            or not (data[0] is _TEXT or data[0] is _BINARY)
        ):
            super().feed_data(data, size)
        else:
            self.budget -= 1
            try:
                self.receiver(data)  # type: ignore[arg-type]  # texts are decoded: it is a WSMessage
            except Exception:
                log.exception("message_failed")
                raise  # aiohttp's reader keeps it for `receive()`, which says that the connection has broken


class _Reader(WebSocketReader):
    def __init__(self, inbox: _Inbox, max_message_bytes: int) -> None:
        super().__init__(inbox, max_message_bytes, compress=False, decode_text=True)
        self._inbox = inbox

    def feed_data(self, data: bytes | bytearray | memoryview) -> tuple[bool, bytes]:
        self._inbox.heard = True
        self._inbox.budget = MESSAGES_PER_READ
        return super().feed_data(data)
