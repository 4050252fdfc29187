"""PostgreSQL processes that outlived the Tel Call that started them, and the pid file they leave."""

from __future__ import annotations

import contextlib
import os
import signal
import time
from pathlib import Path

from telcall.postgres_account import PostgresFailed

POLL_S = 0.02


def end_orphans(cluster: Path) -> None:
    """Ends every PostgreSQL process that still works in `cluster`; the caller holds the folder's lock.

    A server whose Tel Call was killed shuts itself down; this waits for it, and helps. Found by working
    folder rather than by pid file: every process of a server stands in its data folder.
    """
    for ending, patience_s in (
        (signal.SIGINT, 20.0),  # a last checkpoint may take its time, and saves a recovery
        (signal.SIGQUIT, 5.0),
        (signal.SIGKILL, 5.0),
    ):
        pids = processes_in(cluster)
        if not pids:
            return
        postmaster = recorded_pid(cluster)
        first = [postmaster] if postmaster in pids and ending != signal.SIGKILL else pids
        for pid in first:
            if pid is not None:
                with contextlib.suppress(ProcessLookupError, PermissionError):
                    os.kill(pid, ending)
        deadline_s = time.monotonic() + patience_s
        while processes_in(cluster) and time.monotonic() < deadline_s:
            time.sleep(POLL_S)
    if pids := processes_in(cluster):
        raise PostgresFailed(f"a PostgreSQL still works in {cluster} and does not end: kill {pids[0]}")


def processes_in(cluster: Path) -> list[int]:
    """Processes named `postgres` whose working folder is `cluster`."""
    try:
        there = cluster.stat()
    except OSError:
        return []
    found = []
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            here = (entry / "cwd").stat()
            if (here.st_dev, here.st_ino) == (there.st_dev, there.st_ino) and _is_postgres(entry):
                found.append(int(entry.name))
        except OSError:
            continue  # ended, or somebody else's
    return found


def _is_postgres(process: Path) -> bool:
    return (process / "comm").read_text().strip() == "postgres"


def recorded_pid(cluster: Path) -> int | None:
    """The server's pid by its own pid file, running or not."""
    lines = pid_file_lines(cluster)
    return int(lines[0]) if lines and lines[0].strip().isdigit() else None


def pid_file_lines(cluster: Path) -> list[str]:
    """Of postmaster.pid; empty when there is none."""
    try:
        return (cluster / "postmaster.pid").read_text().splitlines()
    except OSError:
        return []
