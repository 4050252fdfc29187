"""`telcall db`: the schema, up and down, from wherever the package is."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from sqlalchemy import text
from typer.testing import CliRunner

from store.config import StoreConfig
from store.database import Database
from store.migrations import VERSION_TABLE
from store.migrations.newest import newest_revision
from telcall.cli import app
from telcall.embedded_postgres import EmbeddedPostgres


@pytest.fixture(autouse=True)
def settings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, empty_database_url: str) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DATABASE_URL", empty_database_url)


def db(*arguments: str) -> str:
    done = CliRunner().invoke(app, ["db", *arguments])
    assert done.exit_code == 0, done.output
    return done.output.strip()


def test_schema_goes_up_and_down() -> None:
    newest = newest_revision()
    assert db("current") == f"base (newest: {newest})"
    assert db("upgrade") == f"{newest} (newest)"
    assert db("upgrade") == f"{newest} (newest)"
    assert db("downgrade", "0001") == f"0001 (newest: {newest})"
    assert db("current") == f"0001 (newest: {newest})"
    assert db("upgrade") == f"{newest} (newest)"
    assert db("downgrade", "-1") != f"{newest} (newest)"
    assert db("downgrade", "base") == f"base (newest: {newest})"


def test_unknown_revision_is_one_line() -> None:
    db("upgrade")
    done = CliRunner().invoke(app, ["db", "downgrade", "nonsense"])
    assert done.exit_code == 1
    assert done.output.startswith("telcall: ")
    assert done.output.count("\n") == 1


def test_database_of_a_newer_server_is_one_line(empty_database_url: str) -> None:
    db("upgrade")

    async def go_ahead() -> None:
        config = StoreConfig(url=empty_database_url)
        async with Database(config) as database, database.transaction() as session:
            await session.execute(text(f"UPDATE {VERSION_TABLE} SET version_num = '9999'"))

    asyncio.run(go_ahead())
    done = CliRunner().invoke(app, ["db", "upgrade"])
    assert done.exit_code == 1
    assert done.output.startswith("telcall: the database is newer than this server")
    assert done.output.count("\n") == 1


@pytest.mark.parametrize("arguments", [["upgrade"], ["downgrade", "base"], ["current"]])
def test_absent_database_is_one_line(arguments: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://telcall:hunter22@127.0.0.1:9/telcall")
    done = CliRunner().invoke(app, ["db", *arguments])
    assert done.exit_code == 1
    assert done.output.startswith("telcall: the database postgresql://")
    assert "does not answer" in done.output
    assert "hunter22" not in done.output


@pytest.mark.parametrize("arguments", [["upgrade"], ["downgrade", "base"], ["current"]])
@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (("telcall@", "stranger:hunter22@"), "does not let us in"),
        (("/test_", "/absent_"), "there is no database"),
    ],
)
def test_wrong_url_is_one_line(
    arguments: list[str],
    wrong: tuple[str, str],
    said: str,
    empty_database_url: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    url = empty_database_url.replace(*wrong)
    assert url != empty_database_url
    monkeypatch.setenv("DATABASE_URL", url)
    done = CliRunner().invoke(app, ["db", *arguments])
    assert done.exit_code == 1
    assert done.output.startswith("telcall: ")
    assert said in done.output
    assert done.output.count("\n") == 1
    assert "hunter22" not in done.output


@pytest.fixture
def embedded(monkeypatch: pytest.MonkeyPatch, data_dir: Path) -> Path:
    """The data folder, not made yet, of settings that name no database."""
    monkeypatch.delenv("DATABASE_URL")
    monkeypatch.setenv("TELCALL_DATA_DIR", str(data_dir))
    return data_dir


@pytest.mark.parametrize("arguments", [["downgrade", "base"], ["current"]])
def test_where_no_database_is_none_is_made(arguments: list[str], embedded: Path) -> None:
    done = CliRunner().invoke(app, ["db", *arguments])
    assert done.exit_code == 1
    assert done.output.startswith(f"telcall: there is no database in {embedded} yet")
    assert "DATABASE_URL" in done.output
    assert done.output.count("\n") == 1
    assert not embedded.exists()


def test_embedded_database_is_read_beside_its_server(embedded: Path) -> None:
    newest = newest_revision()
    with EmbeddedPostgres(embedded, durable=False) as postgres:
        assert db("current") == f"base (newest: {newest})"
        assert db("upgrade") == f"{newest} (newest)"
        assert db("current") == f"{newest} (newest)"
        done = CliRunner().invoke(app, ["db", "downgrade", "base"])
        assert done.exit_code == 1
        assert "is used by another Tel Call" in done.output
        assert postgres.pid is not None
    assert db("current") == f"{newest} (newest)"  # started for this, and stopped again


def test_what_a_killed_server_left_is_no_running_one(embedded: Path) -> None:
    with EmbeddedPostgres(embedded, durable=False) as postgres:
        newest = db("upgrade")
        left = (postgres.cluster / "postmaster.pid").read_text()
    (postgres.cluster / "postmaster.pid").write_text(left)
    assert db("current") == newest
