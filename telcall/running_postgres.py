"""The embedded PostgreSQL of a data folder as found: made or not, running or not; nothing is touched."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import quote

from telcall.postgres_account import PostgresFailed
from telcall.postgres_orphans import pid_file_lines, processes_in

ROLE = "telcall"
DATABASE = "telcall"
PORT = 5432  # of the socket's name only

PID_FILE_LINES = 8
"""Of PostgreSQL's postmaster.pid (pidfile.h): the first is the process, the fifth the folder of its socket,
the last its state."""


def socket_url(socket_dir: str | Path, database: str = DATABASE) -> str:
    """For SQLAlchemy with asyncpg."""
    return f"postgresql+asyncpg://{ROLE}@/{database}?host={quote(str(socket_dir))}&port={PORT}"


def running_url(data_dir: Path) -> str | None:
    """The URL of the server that works on the folder; None: none does, or it starts or stops just now."""
    cluster = data_dir / "cluster"
    lines = [line.strip() for line in pid_file_lines(cluster)]
    if len(lines) < PID_FILE_LINES or lines[7] != "ready" or not lines[0].isdigit():
        return None
    # A server that was killed leaves its file, and its number may be another process' by now.
    return socket_url(lines[4]) if int(lines[0]) in processes_in(cluster) else None


def require_cluster(data_dir: Path) -> None:
    """Raises `PostgresFailed` where no database was made yet, and where it cannot be looked into."""
    try:
        (data_dir / "cluster" / "PG_VERSION").stat()
    except PermissionError:
        raise PostgresFailed(
            f"the database in {data_dir} is another user's: run this as the one who runs the server"
        ) from None
    except OSError as error:
        raise PostgresFailed(
            f"there is no database in {data_dir} yet (`telcall serve` and `telcall db upgrade` make it):"
            " name another folder by TELCALL_DATA_DIR, or a database by DATABASE_URL"
        ) from error
