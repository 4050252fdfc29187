"""The listening sockets of HTTP, opened before anything else so that a busy port is known at once."""

from __future__ import annotations

import errno
import socket
from collections.abc import Iterable
from contextlib import ExitStack

from telcall.errors import StartFailed

BACKLOG = 4_096
"""Everybody comes back at once after a restart; a connection beyond it may wait for a minute. The kernel
bounds it too (`net.core.somaxconn`)."""
LOOPBACK = ("127.0.0.1", "::1")


def listen(hosts: Iterable[str], port: int) -> list[socket.socket]:
    """A listening socket for each address; `localhost` is both loopback addresses.

    A machine without IPv6 has no ::1; then 127.0.0.1 alone does. Raises `StartFailed`.
    """
    addresses: dict[str, None] = {}
    for host in hosts:
        addresses |= dict.fromkeys(LOOPBACK if host == "localhost" else (host,))
    sockets: list[socket.socket] = []
    with ExitStack() as opened:
        for address in addresses:
            listening = _open(address, port, may_be_missing=address == "::1" and len(addresses) > 1)
            if listening is not None:
                sockets.append(opened.enter_context(listening))
        opened.pop_all()  # all of them, or none
    return sockets


def shown(opened: socket.socket) -> str:
    """`host:port` as in a URL."""
    host, port = opened.getsockname()[:2]
    return f"[{host}]:{port}" if opened.family == socket.AF_INET6 else f"{host}:{port}"


def _open(address: str, port: int, *, may_be_missing: bool) -> socket.socket | None:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    opened: socket.socket | None = None
    try:
        opened = socket.socket(family, socket.SOCK_STREAM)
        opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            opened.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)  # `::` beside `0.0.0.0`
        opened.bind((address, port))
        opened.listen(BACKLOG)
        opened.setblocking(False)
    except OSError as error:
        if opened is not None:
            opened.close()
        if may_be_missing and error.errno in (errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT):
            return None
        raise StartFailed(_advice(error, address, port)) from error
    return opened


def _advice(error: OSError, address: str, port: int) -> str:
    if error.errno == errno.EADDRINUSE:
        return (
            f"port {port} on {address} is in use: stop what uses it,"
            f" or choose another (make run PORT={port + 10}, or TELCALL_PORT={port + 10})"
        )
    if error.errno == errno.EACCES:
        return f"port {port} may be opened by root only: choose one from 1024 on by TELCALL_PORT"
    if error.errno == errno.EADDRNOTAVAIL:
        return f"{address} is not an address of this machine: change TELCALL_HOST"
    return f"{address} port {port} cannot be opened ({error.strerror}): change TELCALL_HOST or TELCALL_PORT"
