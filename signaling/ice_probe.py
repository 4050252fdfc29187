"""Asks a STUN server for our address (RFC 8489) and a TURN server for an allocation (RFC 8656)."""

from __future__ import annotations

import asyncio
import ssl
from typing import cast

from aioice import stun
from aioice.turn import create_turn_endpoint

from signaling.ice_uri import IceUri

HEADER_BYTES = 20


class ProbeFailed(Exception):
    """The server does not do what it is for. The message says why, for the log."""


async def probe_stun(uri: IceUri, tls: ssl.SSLContext | bool = True) -> None:
    """Return when a Binding request was answered. Raises `ProbeFailed`, `OSError`; the caller sets the time.

    tls: as `asyncio.open_connection` takes it.
    """
    request = stun.Message(message_method=stun.Method.BINDING, message_class=stun.Class.REQUEST)
    answer = await (_ask_by_tls(uri, request, tls) if uri.secure else _ask_by_udp(uri, request))
    if answer.message_class != stun.Class.RESPONSE or "XOR-MAPPED-ADDRESS" not in answer.attributes:
        raise ProbeFailed("its answer holds no address")


async def probe_turn(
    uri: IceUri, credentials: tuple[str, str] | None, tls: ssl.SSLContext | bool = True
) -> None:
    """Return when an allocation was made and given back. Raises `ProbeFailed`, `OSError`."""
    if uri.secure and uri.transport == "udp":
        raise ProbeFailed("DTLS is not checked")
    if credentials is None:
        raise ProbeFailed("no credentials are set")
    username, password = credentials
    try:
        transport, relay = await create_turn_endpoint(
            _Relay,
            (uri.host, uri.port),
            username=username,
            password=password,
            ssl=tls if uri.secure else None,
            transport=uri.transport,
        )
    except stun.TransactionError as error:
        raise ProbeFailed(str(error)) from error
    transport.close()
    await relay.gone.wait()


class _Relay(asyncio.DatagramProtocol):
    """Knows when the allocation has been given back."""

    def __init__(self) -> None:
        self.gone = asyncio.Event()

    def connection_lost(self, exc: Exception | None) -> None:
        self.gone.set()


class _Binding(asyncio.DatagramProtocol):
    """One transaction over UDP, with its repetitions."""

    def __init__(self, request: stun.Message) -> None:
        self._transport: asyncio.DatagramTransport | None = None
        self._request = request
        self.transaction = stun.Transaction(request, ("", 0), self)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.DatagramTransport, transport)

    def send_stun(self, message: stun.Message, addr: tuple[str, int]) -> None:
        if self._transport is not None:
            self._transport.sendto(bytes(message))

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        try:
            message = stun.parse_message(data)
        except ValueError:
            return
        is_answer = message.message_class in (stun.Class.RESPONSE, stun.Class.ERROR)
        if is_answer and message.transaction_id == self._request.transaction_id:
            self.transaction.response_received(message, addr)


async def _ask_by_udp(uri: IceUri, request: stun.Message) -> stun.Message:
    transport, binding = await asyncio.get_running_loop().create_datagram_endpoint(
        lambda: _Binding(request), remote_addr=(uri.host, uri.port)
    )
    try:
        answer, _ = await binding.transaction.run()
        return answer
    except stun.TransactionError as error:
        raise ProbeFailed(str(error)) from error
    finally:
        transport.close()


async def _ask_by_tls(uri: IceUri, request: stun.Message, tls: ssl.SSLContext | bool) -> stun.Message:
    reader, writer = await asyncio.open_connection(uri.host, uri.port, ssl=tls)
    try:
        writer.write(bytes(request))
        header = await reader.readexactly(HEADER_BYTES)
        answer = stun.parse_message(header + await reader.readexactly(int.from_bytes(header[2:4], "big")))
    except (asyncio.IncompleteReadError, ValueError) as error:
        raise ProbeFailed("its answer is no STUN message") from error
    finally:
        writer.close()
    if answer.transaction_id != request.transaction_id:
        raise ProbeFailed("its answer is to another question")
    return answer
