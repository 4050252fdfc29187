"""The two servers, each as the process that it is in real life, on a processor of its own."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.e2e.serving import Serving, serving

SECRET_KEY = "0123456789abcdef" * 4
RAISED = {
    "TELCALL_WS_PER_ADDRESS": "100000",
    "TELCALL_HTTP_PER_ADDRESS": "100000",
    "TELCALL_WS_SDP": "1000000/1000000",
    "TELCALL_WS_BYTES": "100000000/100000000",
    "TELCALL_RATE_ALL": "100000",
    "TELCALL_RATE_AUTH": "100000",
    "TELCALL_RATE_CREATE": "100000",
}
"""All sockets come from one address and say more than a call has to say. The limits stay on: each message is
counted."""


@dataclass(frozen=True, slots=True)
class Running:
    """A server that is up. Its processor is not the caller's."""

    name: str
    port: int
    pid: int

    def cpu_s(self) -> float:
        """CPU time of the process and all its threads, from /proc (proc_pid_stat(5), fields 14 and 15)."""
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def memory_bytes(self) -> int:
        """Resident, of the process alone."""
        status = Path(f"/proc/{self.pid}/status").read_text()
        return int(status.partition("VmRSS:")[2].split()[0]) * 1024


@contextmanager
def telcall(data_dir: Path, processor: int) -> Iterator[tuple[Running, Serving]]:
    """`telcall serve` with its database, both on `processor`."""
    settings = RAISED | {"SECRET_KEY": SECRET_KEY, "TELCALL_DATA_DIR": str(data_dir)}
    with processors({processor}) as back, serving(**settings) as server:
        back()
        yield Running("telcall", int(server.url.rpartition(":")[2]), server.process.pid), server


@contextmanager
def yardstick(processor: int) -> Iterator[Running]:
    """`uvicorn` with its defaults."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "uvicorn", "benchmarks.signaling.yardstick:app", "--port", str(port)]
    with processors({processor}):
        process = subprocess.Popen(
            command,
            env={**os.environ, "SECRET_KEY": SECRET_KEY},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
    try:
        wait_ready(f"http://127.0.0.1:{port}/health", process)
        yield Running("yardstick", port, process.pid)
    finally:
        process.terminate()
        process.wait(30)


@contextmanager
def processors(wanted: set[int]) -> Iterator[Callable[[], None]]:
    """Children that are started in the block run there. The value brings the caller back early."""
    own = os.sched_getaffinity(0)

    def back() -> None:
        os.sched_setaffinity(0, own)

    os.sched_setaffinity(0, wanted)
    try:
        yield back
    finally:
        back()


def sign_in(server: Serving, names: list[str]) -> list[tuple[str, int]]:
    """Token and user id of each."""
    with ThreadPoolExecutor(4) as threads:
        return list(threads.map(server.sign_in, names))


def create_calls(server: Serving, tokens: list[str]) -> list[str]:
    with ThreadPoolExecutor(4) as threads:
        return [call["call_id"] for call in threads.map(lambda token: _create_call(server, token), tokens)]


def _create_call(server: Serving, token: str) -> dict[str, str]:
    call: dict[str, str] = server.post("/api/calls", {"is_video_enabled": False}, token)
    return call


def wait_ready(url: str, process: subprocess.Popen[bytes]) -> None:
    for _ in range(300):
        try:
            urllib.request.urlopen(url, timeout=5).close()
            return
        except OSError:
            if process.poll() is not None:
                raise RuntimeError(f"{process.args!r} ended with {process.returncode}") from None
            time.sleep(0.1)
    raise RuntimeError(f"{url} does not answer")
