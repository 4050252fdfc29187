"""Folders that the embedded database's account may enter (pytest's own are closed to all but root), and the
server as a process."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from telcall.postgres_orphans import end_orphans


@pytest.fixture
def data_dir() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="telcall-test-", dir="/tmp") as name:
        Path(name).chmod(0o711)
        yield Path(name) / "data"


def free_ports() -> int:
    """A TCP port whose successor is free for UDP: HTTP and media."""
    for _ in range(100):
        with socket.create_server(("127.0.0.1", 0)) as http:
            port: int = http.getsockname()[1]
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as media:
                try:
                    media.bind(("0.0.0.0", port + 1))
                except (OSError, OverflowError):
                    continue
                return port
    raise AssertionError("no two free ports in a row")


def _as_from_a_terminal() -> None:
    """Tests may run under nohup, whose children ignore a closed terminal by design."""
    signal.signal(signal.SIGHUP, signal.SIG_DFL)


class Serving:
    """`telcall serve` as a process of its own."""

    def __init__(self, data_dir: Path, port: int, output: Path, **environment: str) -> None:
        self.data_dir, self.port, self.output = data_dir, port, output
        clean = {name: value for name, value in os.environ.items() if not name.startswith("TELCALL_")}
        clean |= {"TELCALL_PORT": str(port), "TELCALL_DATA_DIR": str(data_dir)} | environment
        with output.open("wb") as file:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "telcall", "serve", "--api-only"],
                stdout=file,
                stderr=subprocess.STDOUT,
                cwd=output.parent,  # no .env of the developer's
                env=clean,
                preexec_fn=_as_from_a_terminal,
            )

    def text(self) -> str:
        return self.output.read_text()

    def wait_ready(self, timeout_s: float = 60) -> None:
        deadline_s = time.monotonic() + timeout_s
        while True:
            try:
                assert self.get("/health") == {"status": "ok"}
                return
            except OSError:
                assert self.process.poll() is None, self.text()
                assert time.monotonic() < deadline_s, self.text()
                time.sleep(0.05)

    def end(self, ending: signal.Signals, timeout_s: float = 25) -> int:
        self.process.send_signal(ending)
        return self.process.wait(timeout_s)

    def get(self, path: str, token: str | None = None) -> Any:
        return self._ask(urllib.request.Request(self._url(path)), token)

    def post(self, path: str, body: dict[str, object], token: str | None = None) -> Any:
        headers = {"Content-Type": "application/json"}
        return self._ask(urllib.request.Request(self._url(path), json.dumps(body).encode(), headers), token)

    def sign_in(self, name: str) -> tuple[str, int]:
        """Token and user id, the way that the page takes."""
        init_data = self.post("/auth/dev", {"name": name})["initData"]
        signed_in = self.post("/auth/telegram", {"initData": init_data})
        return signed_in["access_token"], signed_in["user"]["id"]

    def _url(self, path: str) -> str:
        return f"http://127.0.0.1:{self.port}{path}"

    def _ask(self, request: urllib.request.Request, token: str | None) -> Any:
        if token is not None:
            request.add_header("Authorization", f"Bearer {token}")
        with urllib.request.urlopen(request, timeout=20) as answer:
            return json.load(answer)


@pytest.fixture
def serve(data_dir: Path, tmp_path: Path) -> Iterator[Callable[..., Serving]]:
    """Starts servers over one data folder; what still runs at the end is killed."""
    started: list[Serving] = []

    def start(**environment: str) -> Serving:
        output = tmp_path / f"output-{len(started)}"
        started.append(Serving(data_dir, free_ports(), output, **environment))
        return started[-1]

    yield start
    for serving in started:
        if serving.process.poll() is None:
            serving.process.kill()
            serving.process.wait()
    end_orphans(data_dir / "cluster")


@pytest.fixture(scope="session")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serving]:
    """One server for all tests that only look."""
    with tempfile.TemporaryDirectory(prefix="telcall-test-", dir="/tmp") as name:
        Path(name).chmod(0o711)
        output = tmp_path_factory.mktemp("serve") / "output"
        environment = {
            "TELCALL_PUBLIC_ADDRESS": "127.0.0.1",
            "TELCALL_DATAPLANE": "python",
            # Many tests, few people.
            "TELCALL_RATE_CREATE": "1000",
            "TELCALL_WS_OPEN_PER_USER": "1000",
        }
        serving = Serving(Path(name) / "data", free_ports(), output, **environment)
        try:
            serving.wait_ready()
            yield serving
        finally:
            serving.end(signal.SIGTERM)
