"""The product as a process: `telcall serve` with everything, on ports and in a folder of its own."""

from __future__ import annotations

import http.client
import json
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.e2e.network import Place

QUICK_TESTS = {
    "TELCALL_RATE_ALL": "100000",
    "TELCALL_RATE_AUTH": "1000",
    "TELCALL_RATE_CREATE": "1000",
    "TELCALL_TELEGRAM_API_URL": "http://127.0.0.1:9",  # nobody answers there: tests ask nobody outside
}


class Serving:
    """A server that is up. `url` has no slash at its end.

    Inside a namespace it is `localhost` to browsers with `browser_flags`: pages without TLS keep a
    session and get a microphone only there.
    """

    def __init__(self, folder: Path, port: int, inside: Place | None, settings: dict[str, str]) -> None:
        self.port, self.address = port, inside.address if inside else "localhost"
        self.url = f"http://localhost:{port}"
        self.output = folder / "output"
        self._folder, self._inside = folder, inside
        clean = {name: value for name, value in os.environ.items() if not name.startswith("TELCALL_")}
        there = {"TELCALL_HOST": self.address, "TELCALL_DEV_SIGN_IN": "on", "TELCALL_PUBLIC_URL": self.url}
        ours = {"TELCALL_PORT": str(port), "TELCALL_DATA_DIR": f"{folder}/data"}
        self._environment = clean | QUICK_TESTS | (there if inside else {}) | ours | settings
        self.process = self._start()

    @property
    def browser_flags(self) -> tuple[str, ...]:
        return (f"--host-resolver-rules=MAP localhost {self.address}",) if self._inside else ()

    def _start(self) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "telcall", "serve"]
        with self.output.open("ab") as file:
            return subprocess.Popen(
                self._inside.command(*command) if self._inside else command,
                stdout=file,
                stderr=subprocess.STDOUT,
                cwd=self._folder,  # no .env of the developer's
                env=self._environment,
            )

    def kill_and_restart(self) -> None:
        """As after a crash under a supervisor: `kill -9`, and at once another one. Does not wait for that."""
        self.process.kill()
        self.process.wait()
        self.process = self._start()

    def end(self) -> None:
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(30)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def get(self, path: str, token: str | None = None) -> Any:
        return json.loads(self._ask(path, None, token))

    def post(self, path: str, body: dict[str, object], token: str | None = None) -> Any:
        return json.loads(self._ask(path, json.dumps(body).encode(), token))

    def sign_in(self, name: str) -> tuple[str, int]:
        """Access token and user id of a person of that name."""
        init_data = self.post("/auth/dev", {"name": name})["initData"]
        signed_in = self.post("/auth/telegram", {"initData": init_data})
        return signed_in["access_token"], signed_in["user"]["id"]

    def counted(self, metric: str) -> float:
        """Sum of a metric's samples in /metrics."""
        text = self._ask("/metrics", None, None).decode()
        samples = re.findall(rf"^{re.escape(metric)}(?:{{[^}}]*}})? (\S+)$", text, re.MULTILINE)
        assert samples, f"/metrics has no {metric}"
        return sum(map(float, samples))

    def _ask(self, path: str, body: bytes | None, token: str | None) -> bytes:
        headers = {"Content-Type": "application/json"} | (
            {"Authorization": f"Bearer {token}"} if token else {}
        )
        connection = http.client.HTTPConnection(self.address, self.port, timeout=30)
        if self._inside:
            connection.sock = self._inside.connect(self.address, self.port)
        try:
            connection.request("GET" if body is None else "POST", path, body, headers)
            answer = connection.getresponse()
            content = answer.read()
        finally:
            connection.close()
        if answer.status >= 400:
            raise OSError(f"{path}: {answer.status} {content[:500]!r}")
        return content


@contextmanager
def serving(inside: Place | None = None, **settings: str) -> Iterator[Serving]:
    """Starts a server and ends it, its database and its folder. inside: a namespace."""
    with tempfile.TemporaryDirectory(prefix="telcall-e2e-", dir="/tmp") as folder:
        Path(folder).chmod(0o711)  # the embedded database's account passes through
        server = Serving(Path(folder), free_port(), inside, settings)
        try:
            _wait_ready(server)
            yield server
        finally:
            server.end()
        log = server.output.read_text()
        assert "Traceback" not in log, log


def free_port() -> int:
    """A TCP port whose successor is free for media, UDP and TCP."""
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


def _wait_ready(server: Serving) -> None:
    deadline_s = time.monotonic() + 60
    while True:
        try:
            server.get("/health")
            return
        except OSError:
            assert server.process.poll() is None, server.output.read_text()
            assert time.monotonic() < deadline_s, server.output.read_text()
            time.sleep(0.1)
