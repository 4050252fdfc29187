"""The product as a process: `telcall serve` with everything, on ports and in a folder of its own."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
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
    """A server that is up. `url` has no slash at its end."""

    def __init__(self, url: str, process: subprocess.Popen[bytes], output: Path) -> None:
        self.url, self.process, self.output = url, process, output

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
        request = urllib.request.Request(self.url + path, body, headers)
        with urllib.request.urlopen(request, timeout=30) as answer:
            content: bytes = answer.read()
            return content


@contextmanager
def serving(**settings: str) -> Iterator[Serving]:
    """Starts a server and ends it, its database and its folder."""
    with tempfile.TemporaryDirectory(prefix="telcall-e2e-", dir="/tmp") as folder:
        Path(folder).chmod(0o711)  # the embedded database's account passes through
        port, output = _free_port(), Path(folder) / "output"
        environment = {name: value for name, value in os.environ.items() if not name.startswith("TELCALL_")}
        environment |= (
            QUICK_TESTS | {"TELCALL_PORT": str(port), "TELCALL_DATA_DIR": f"{folder}/data"} | settings
        )
        with output.open("wb") as file:
            process = subprocess.Popen(
                [sys.executable, "-m", "telcall", "serve"],
                stdout=file,
                stderr=subprocess.STDOUT,
                cwd=folder,  # no .env of the developer's
                env=environment,
            )
        server = Serving(f"http://localhost:{port}", process, output)
        try:
            _wait_ready(server)
            yield server
        finally:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(30)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        log = output.read_text()
        assert "Traceback" not in log, log


def _free_port() -> int:
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
