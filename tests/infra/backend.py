"""`telcall serve` for what stands in front of it or beside it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import aiohttp

from api.init_data import sign
from tests.infra.coturn import free_port

START_S = 60.0
BOT_TOKEN = "123456:not-a-real-token-but-as-long-as-one"


@contextmanager
def serving(folder: Path, settings: Mapping[str, str]) -> Iterator[str]:
    """Its URL. The bot is one that nobody knows."""
    output, port = folder / "output", free_port()
    with tempfile.TemporaryDirectory(prefix="telcall-test-", dir="/tmp") as data:
        Path(data).chmod(0o711)  # the embedded database's account passes through
        clean = {name: value for name, value in os.environ.items() if not name.startswith("TELCALL_")}
        own = {
            "TELCALL_PORT": str(port),
            "TELCALL_MEDIA_PORT": str(free_port()),
            "TELCALL_PUBLIC_ADDRESS": "127.0.0.1",
            "TELCALL_DATA_DIR": str(Path(data) / "data"),
            "BOT_TOKEN": BOT_TOKEN,
        }
        with output.open("wb") as file:
            process = subprocess.Popen(
                [sys.executable, "-m", "telcall", "serve", "--api-only"],
                env=clean | own | settings,
                cwd=folder,
                stdout=file,
                stderr=subprocess.STDOUT,
            )
        try:
            _wait_until_healthy(f"http://127.0.0.1:{port}/health", process, output)
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()
            try:
                process.wait(30)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


async def sign_in(backend: str, name: str) -> str:
    """A token. Past a proxy, in the words of one: so that limits count somebody else."""
    user = json.dumps({"id": 1001, "first_name": name})
    init_data = sign({"query_id": "AAH", "auth_date": str(int(time.time())), "user": user}, BOT_TOKEN)
    async with (
        aiohttp.ClientSession(headers={"X-Forwarded-For": "192.0.2.77"}) as session,
        session.post(f"{backend}/auth/telegram", json={"initData": init_data}) as answer,
    ):
        assert answer.status == 200, await answer.text()
        token: str = (await answer.json())["access_token"]
        return token


def _wait_until_healthy(url: str, process: subprocess.Popen[bytes], output: Path) -> None:
    deadline_s = time.monotonic() + START_S
    while True:
        try:
            urllib.request.urlopen(url, timeout=5).close()
            return
        except OSError:
            assert process.poll() is None, output.read_text()
            assert time.monotonic() < deadline_s, output.read_text()
            time.sleep(0.05)
