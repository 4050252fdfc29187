"""Listening sockets, and the advice when one cannot be had."""

from __future__ import annotations

import socket

import pytest

from telcall.errors import StartFailed
from telcall.listeners import listen, shown


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port: int = probe.getsockname()[1]
        return port


def test_localhost_is_reached_by_both_families() -> None:
    port = free_port()
    opened = listen(["localhost"], port)
    try:
        assert shown(opened[0]) == f"127.0.0.1:{port}"
        for each in opened:
            socket.create_connection(each.getsockname()[:2], timeout=5).close()
    finally:
        for each in opened:
            each.close()


def test_both_wildcards_go_together() -> None:
    port = free_port()
    opened = listen(["0.0.0.0", "::"], port)
    try:
        assert [shown(each) for each in opened] == [f"0.0.0.0:{port}", f"[::]:{port}"]
    finally:
        for each in opened:
            each.close()


def test_busy_port_is_told_with_a_way_out() -> None:
    with socket.create_server(("127.0.0.1", 0)) as busy:
        port = busy.getsockname()[1]
        with pytest.raises(StartFailed, match=f"port {port} on 127.0.0.1 is in use: .* TELCALL_PORT="):
            listen(["127.0.0.1"], port)


def test_half_opened_sockets_are_closed_again() -> None:
    with socket.create_server(("127.0.0.1", 0)) as busy:
        port = busy.getsockname()[1]
        with pytest.raises(StartFailed):
            listen(["127.0.0.2", "127.0.0.1"], port)
        for each in listen(["127.0.0.2"], port):
            each.close()


def test_foreign_address_is_named() -> None:
    with pytest.raises(StartFailed, match=r"192\.0\.2\.1 is not an address of this machine"):
        listen(["192.0.2.1"], free_port())
