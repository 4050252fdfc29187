"""The embedded PostgreSQL with its real programs: start, stop, every way of dying in between."""

from __future__ import annotations

import asyncio
import os
import signal
import stat
import subprocess
import sys
import time
from pathlib import Path

import asyncpg
import pytest

from telcall.embedded_postgres import EmbeddedPostgres, PostgresFailed
from telcall.errors import StartFailed
from telcall.postgres_orphans import processes_in, recorded_pid

OWNER = """
import sys, time
from pathlib import Path
from telcall.errors import StartFailed
from telcall.embedded_postgres import EmbeddedPostgres

postgres = EmbeddedPostgres(Path(sys.argv[1]))
postgres.start()
print(postgres.pid, flush=True)
time.sleep(60)
"""


def query(postgres: EmbeddedPostgres, *statements: str) -> object:
    """The value of the last statement."""

    async def ask() -> object:
        connection = await asyncpg.connect(postgres.url().replace("+asyncpg", ""))
        try:
            value: object = None
            for statement in statements:
                value = await connection.fetchval(statement)
            return value
        finally:
            await connection.close()

    return asyncio.run(ask())


def start_owner(data_dir: Path) -> tuple[subprocess.Popen[str], int]:
    """A process of its own that holds a server, and the server's pid."""
    owner = subprocess.Popen([sys.executable, "-c", OWNER, str(data_dir)], stdout=subprocess.PIPE, text=True)
    assert owner.stdout is not None
    return owner, int(owner.stdout.readline())


def wait_gone(cluster: Path, timeout_s: float = 20) -> None:
    deadline_s = time.monotonic() + timeout_s
    while processes_in(cluster):
        assert time.monotonic() < deadline_s, f"still there: {processes_in(cluster)}"
        time.sleep(0.05)


@pytest.fixture
def quick(data_dir: Path) -> EmbeddedPostgres:
    return EmbeddedPostgres(data_dir, durable=False)


def test_rows_outlive_a_stop(quick: EmbeddedPostgres) -> None:
    with quick:
        query(quick, "CREATE TABLE t (v text)", "INSERT INTO t VALUES ('kept')")
        assert processes_in(quick.cluster)
    assert processes_in(quick.cluster) == []
    assert recorded_pid(quick.cluster) is None
    with quick:
        assert query(quick, "SELECT v FROM t") == "kept"


def test_ilike_knows_cyrillic(quick: EmbeddedPostgres) -> None:
    with quick:
        assert query(quick, "SELECT 'Анна Ёлкина' ILIKE '%ёлк%'") is True
        assert query(quick, "SELECT upper('щука')") == "ЩУКА"
        assert query(quick, "SHOW server_encoding") == "UTF8"


def test_server_listens_on_a_private_socket_only(quick: EmbeddedPostgres) -> None:
    with quick:
        assert query(quick, "SHOW listen_addresses") == ""
        assert stat.S_IMODE((quick.data_dir / "run").stat().st_mode) == 0o700
        assert stat.S_IMODE(quick.cluster.stat().st_mode) == 0o700


def test_parent_folders_keep_their_permissions(data_dir: Path, quick: EmbeddedPostgres) -> None:
    before = [folder.stat().st_mode for folder in data_dir.parents]
    with quick:
        pass
    assert [folder.stat().st_mode for folder in data_dir.parents] == before


def test_server_ends_when_its_owner_is_killed_and_rows_survive(data_dir: Path) -> None:
    owner, pid = start_owner(data_dir)
    with owner:
        postgres = EmbeddedPostgres(data_dir)
        postgres._socket_dir = data_dir / "run"
        query(postgres, "CREATE TABLE t (v int)", "INSERT INTO t VALUES (7)")
        owner.kill()
    with postgres:
        assert postgres.pid != pid
        assert query(postgres, "SELECT v FROM t") == 7


def test_rows_survive_kill_of_owner_and_server_together(data_dir: Path) -> None:
    owner, pid = start_owner(data_dir)
    with owner:
        postgres = EmbeddedPostgres(data_dir)
        query(postgres, "CREATE TABLE t (v int)", "INSERT INTO t VALUES (8)")
        os.kill(pid, signal.SIGKILL)
        owner.kill()
    with postgres:
        assert query(postgres, "SELECT v FROM t") == 8


def test_orphan_that_ignored_the_death_of_its_owner_is_ended(data_dir: Path) -> None:
    owner, pid = start_owner(data_dir)
    with owner:
        os.kill(pid, signal.SIGSTOP)  # so that it sleeps through the kernel's signal
        owner.kill()
    os.kill(pid, signal.SIGCONT)
    with EmbeddedPostgres(data_dir) as postgres:
        assert processes_in(postgres.cluster)
        assert pid not in processes_in(postgres.cluster)


def test_second_server_on_a_folder_is_refused_with_the_holder_named(data_dir: Path) -> None:
    owner, _ = start_owner(data_dir)
    with owner:
        with pytest.raises(PostgresFailed, match=f"another Tel Call \\(process {owner.pid}\\)"):
            EmbeddedPostgres(data_dir).start()
        owner.terminate()
    wait_gone(data_dir / "cluster")


def test_pid_file_with_a_strangers_pid_does_not_stop_the_start(quick: EmbeddedPostgres) -> None:
    with quick:
        pass
    stale = quick.cluster / "postmaster.pid"
    stale.write_text(f"{os.getpid()}\n{quick.cluster}\n1\n5432\n\n\n0 0\nready\n")
    with quick:
        assert query(quick, "SELECT 1") == 1


def test_start_cut_short_in_initdb_is_made_anew(quick: EmbeddedPostgres) -> None:
    (quick.data_dir / "cluster.unfinished" / "base").mkdir(parents=True)
    quick.data_dir.chmod(0o711)
    with quick:
        assert query(quick, "SELECT 1") == 1
    assert not (quick.data_dir / "cluster.unfinished").exists()


def test_long_data_path_still_gets_a_socket(data_dir: Path) -> None:
    with EmbeddedPostgres(data_dir / ("x" * 60) / ("y" * 60), durable=False) as postgres:
        assert query(postgres, "SELECT 1") == 1


def test_damaged_cluster_is_told_with_postgres_own_words(quick: EmbeddedPostgres) -> None:
    with quick:
        pass
    (quick.cluster / "global" / "pg_control").unlink()
    with pytest.raises(PostgresFailed, match=r"ended at once .* log is") as caught:
        quick.start()
    assert "pg_control" in caught.value.log
    assert processes_in(quick.cluster) == []


def test_cluster_of_another_version_is_refused(quick: EmbeddedPostgres) -> None:
    with quick:
        pass
    (quick.cluster / "PG_VERSION").write_text("15\n")
    with pytest.raises(PostgresFailed, match="made by PostgreSQL 15"):
        quick.start()


def test_start_time_is_capped(data_dir: Path) -> None:
    with pytest.raises(PostgresFailed, match="did not come up in 0 s") as caught:
        EmbeddedPostgres(data_dir, durable=False, start_timeout_s=0).start()
    assert str(data_dir / "postgres.log") in str(caught.value)
    wait_gone(data_dir / "cluster")


def test_data_folder_that_is_a_file_is_named(data_dir: Path) -> None:
    data_dir.write_text("not a folder")
    with pytest.raises(StartFailed, match="cannot be used"):
        EmbeddedPostgres(data_dir).start()


async def test_async_context_starts_and_stops(quick: EmbeddedPostgres) -> None:
    async with quick:
        connection = await asyncpg.connect(quick.url().replace("+asyncpg", ""))
        assert await connection.fetchval("SELECT current_database()") == "telcall"
        await connection.close()
    assert processes_in(quick.cluster) == []


async def test_server_that_was_killed_alone_is_started_anew(quick: EmbeddedPostgres) -> None:
    async with quick:
        first = quick.pid
        assert first is not None
        watch = asyncio.create_task(quick.keep_running())
        os.kill(first, signal.SIGKILL)
        async with asyncio.timeout(30):
            while quick.pid in (None, first) or recorded_pid(quick.cluster) != quick.pid:  # noqa: ASYNC110
                await asyncio.sleep(0.05)
            while True:
                try:
                    connection = await asyncpg.connect(quick.url().replace("+asyncpg", ""))
                    break
                except (OSError, asyncpg.CannotConnectNowError):
                    await asyncio.sleep(0.05)
        assert await connection.fetchval("SELECT 1") == 1
        await connection.close()
        watch.cancel()
    assert processes_in(quick.cluster) == []
