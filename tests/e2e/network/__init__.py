"""Networks with trouble in them: namespaces that are joined by a relay of our own, which delays and drops.

    with network("server", "anna", "boris") as net:
        net.impair(delay_ms=100, loss=0.02)
        net["anna"].run("nft", "...")

Works as root, and for anybody where the kernel lets users make namespaces of their own. Needs /dev/net/tun,
`ip` (iproute2), and `nft` (nftables) where a test cuts the wire.
"""

from __future__ import annotations

import json
import os
import shlex
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

_HERE = Path(__file__).parent
_START_S = 20.0
_PATH = os.pathsep.join(("/usr/sbin", "/sbin", os.environ.get("PATH", "")))


class Place:
    """One namespace. number: the third byte of its addresses; pid: of the process that keeps it."""

    def __init__(self, number: int, pid: int, door: socket.socket, tun: int, folder: Path) -> None:
        self.number, self.tun = number, tun
        self.address = f"10.77.{number}.1"
        self._pid, self._door = pid, door
        self._folder = folder

    def command(self, *command: str) -> list[str]:
        """To be started by anybody, runs in here."""
        user = [] if os.geteuid() == 0 else ["--user", "--preserve-credentials"]
        return ["nsenter", "--target", str(self._pid), "--net", *user, "--", *command]

    def program(self, path: str) -> str:
        """A program that starts the one at `path` in here, whatever its arguments."""
        script = self._folder / f"{Path(path).name}-in-{self.number}"
        script.write_text(f'#!/bin/sh\nexec {shlex.join(self.command(path))} "$@"\n')
        script.chmod(0o755)
        return str(script)

    def run(self, *command: str) -> str:
        """With the rights of an administrator of this namespace. Returns its output."""
        answer, _ = self._ask({"run": command})
        assert answer["code"] == 0, f"{shlex.join(command)}: {answer['output']}"
        return str(answer["output"])

    def connect(self, host: str, port: int) -> socket.socket:
        """A TCP connection that begins in here. Raises `ConnectionError`."""
        answer, descriptors = self._ask({"connect": (host, port)})
        if answer["error"]:
            raise ConnectionError(answer["error"])
        return socket.socket(fileno=descriptors[0])

    def move(self) -> None:
        """Another address from now on, as after a change from one network to another."""
        host = int(self.address.rsplit(".", 1)[1])
        old, self.address = self.address, f"10.77.{self.number}.{host + 1}"
        self.run("ip", "address", "del", f"{old}/24", "dev", "net0")
        self.run("ip", "address", "add", f"{self.address}/24", "dev", "net0")
        self.run("ip", "route", "replace", "default", "dev", "net0")

    def _ask(self, order: dict[str, Any]) -> tuple[Any, list[int]]:
        self._door.sendall(json.dumps(order).encode())
        answer, descriptors, _, _ = socket.recv_fds(self._door, 1 << 20, 1)
        return json.loads(answer), descriptors


class Network:
    def __init__(self, places: dict[str, Place], relay: subprocess.Popen[bytes]) -> None:
        self._places, self._relay = places, relay

    def __getitem__(self, name: str) -> Place:
        return self._places[name]

    def impair(self, *, delay_ms: float = 0, loss: float = 0) -> None:
        """delay_ms: one way, of each packet. loss: the share of packets, 0 to 1. Nothing: all well again."""
        assert self._relay.stdin is not None
        self._relay.stdin.write(json.dumps({"delay_ms": delay_ms, "loss": loss}).encode() + b"\n")
        self._relay.stdin.flush()


@contextmanager
def network(*names: str) -> Iterator[Network]:
    """Joins places of these names. They end with this, and with this process."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory(prefix="telcall-net-")))
        places = {
            name: stack.enter_context(_place(number, folder)) for number, name in enumerate(names, start=1)
        }
        relay = subprocess.Popen(
            [sys.executable, str(_HERE / "relay.py"), *(f"{p.number}={p.tun}" for p in places.values())],
            stdin=subprocess.PIPE,
            pass_fds=[place.tun for place in places.values()],
        )
        try:
            yield Network(places, relay)
        finally:
            _end(relay)


@contextmanager
def _place(number: int, folder: Path) -> Iterator[Place]:
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    rights = [] if os.geteuid() == 0 else ["--user", "--map-current-user", "--keep-caps"]
    keeper = subprocess.Popen(
        [
            "unshare",
            *rights,
            "--net",
            sys.executable,
            str(_HERE / "inside.py"),
            str(theirs.fileno()),
            str(number),
        ],
        pass_fds=[theirs.fileno()],
        env=os.environ | {"PATH": _PATH},
    )
    theirs.close()
    try:
        with ours:
            ours.settimeout(_START_S)
            _, descriptors, _, _ = socket.recv_fds(ours, 16, 1)
            assert descriptors, "no network namespace could be made; see above"
            try:
                yield Place(number, keeper.pid, ours, descriptors[0], folder)
            finally:
                os.close(descriptors[0])
    finally:
        _end(keeper)


def _end(process: subprocess.Popen[bytes]) -> None:
    if process.stdin is not None:
        process.stdin.close()
    process.terminate()
    try:
        process.wait(5)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
