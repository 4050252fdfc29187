"""The two servers, each as the process that it is in real life, on one database that is neither's own."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.signaling.contestants import Running, processors, wait_ready
from telcall.embedded_postgres import EmbeddedPostgres
from tests.e2e.serving import free_port

SECRET_KEY = "0123456789abcdef" * 4
BOT_TOKEN = "123456:not-a-real-token-but-as-long-as-one"
ROOT = Path(__file__).resolve().parents[2]
LOG_TAIL_LINES = 20
PUBLIC_URL = "https://tel.example"
RAISED = {
    "TELCALL_RATE_ALL": "100000",
    "TELCALL_RATE_AUTH": "100000",
    "TELCALL_RATE_CREATE": "100000",
}
"""A person asks more than a person would. The limits stay on: each request is counted."""
OURS = {
    "TELCALL_BOT": "off",  # it takes no updates
    "TELCALL_DEV_SIGN_IN": "off",
    # Nobody answers there: nobody outside is asked.
    "TELCALL_TELEGRAM_API_URL": "http://127.0.0.1:9",
    "STUN_SERVERS": "stun:127.0.0.1:9",
}
SAME = {"SECRET_KEY": SECRET_KEY, "BOT_TOKEN": BOT_TOKEN, "TELCALL_PUBLIC_URL": PUBLIC_URL}


@contextmanager
def telcall(database_url: str, processor: int, folder: Path, *, bot: bool = True) -> Iterator[Running]:
    """`telcall serve --api-only` with the settings of production: logs in JSON, a line a request.

    It has the SFU and the part of the bot that writes messages; nobody is rung here, so that it writes none.
    Without `bot` it takes Telegram's own signatures alone. `folder`: for its log and its data folder.
    """
    port = free_port()
    settings = {
        **OURS,
        "DATABASE_URL": database_url,
        "TELCALL_PORT": str(port),
        "TELCALL_DATA_DIR": str(folder / "data"),
    }
    if not bot:
        settings |= {"BOT_TOKEN": "", "TELEGRAM_BOT_ID": BOT_TOKEN.partition(":")[0]}
    command = [sys.executable, "-m", "telcall", "serve", "--api-only"]
    with _running("telcall", port, command, SAME | RAISED | settings, processor, folder) as server:
        yield server


@contextmanager
def yardstick(database_url: str, processor: int, folder: Path) -> Iterator[Running]:
    """FastAPI on `uvicorn` with its defaults: a line a request too."""
    port = free_port()
    command = [sys.executable, "-m", "uvicorn", "benchmarks.rest.yardstick:app", "--port", str(port)]
    settings = SAME | {"DATABASE_URL": database_url}
    with _running("fastapi", port, command, settings, processor, folder) as server:
        yield server


@contextmanager
def _running(
    name: str, port: int, command: list[str], settings: dict[str, str], processor: int, folder: Path
) -> Iterator[Running]:
    clean = {name: value for name, value in os.environ.items() if not name.startswith("TELCALL_")}
    log = folder / f"{name}.log"
    with processors({processor}), log.open("wb") as output:
        process = subprocess.Popen(
            command, cwd=ROOT, env=clean | settings, stdout=output, stderr=subprocess.STDOUT
        )
    try:
        wait_ready(f"http://127.0.0.1:{port}/health", process)
        yield Running(name, port, process.pid)
    except Exception:
        print(f"the end of {name}'s log:", *log.read_text().splitlines()[-LOG_TAIL_LINES:], sep="\n")
        raise
    finally:
        process.terminate()
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def database_cpu_s(postgres: EmbeddedPostgres) -> float:
    """CPU time of PostgreSQL's processes, ended ones too (proc_pid_stat(5), fields 4 and 14-17)."""
    clock_ticks = 0
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            text = path.read_text()
        except (FileNotFoundError, ProcessLookupError):
            continue
        fields = text.rpartition(")")[2].split()
        if int(path.parent.name) == postgres.pid:
            clock_ticks += sum(map(int, fields[11:15]))
        elif int(fields[1]) == postgres.pid:
            clock_ticks += sum(map(int, fields[11:13]))
    return clock_ticks / os.sysconf("SC_CLK_TCK")
