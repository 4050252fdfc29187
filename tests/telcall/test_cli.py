"""The command line, command by command."""

from __future__ import annotations

import json
import os
from importlib.metadata import version
from pathlib import Path

import pytest
from typer.testing import CliRunner

from store.migrations.newest import newest_revision
from telcall.cli import app
from telcall.join import read_call


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in [name for name in os.environ if name.startswith("TELCALL_")]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)


def test_version_is_the_distributions() -> None:
    assert CliRunner().invoke(app, ["version"]).output.strip() == version("telcall")


def test_config_prints_value_and_origin_without_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TELCALL_PORT", "9090")
    monkeypatch.setenv("SECRET_KEY", "swordfish" * 4)
    done = CliRunner().invoke(app, ["config"])
    rows = {line.split()[0]: line.split()[1:] for line in done.output.splitlines()}
    assert done.exit_code == 0
    assert rows["TELCALL_PORT"] == ["9090", "environment"]
    assert rows["TELCALL_MEDIA_PORT"] == ["9091", "derived"]
    assert rows["MAX_PARTICIPANTS_PER_CALL"] == ["30", "default"]
    assert "swordfish" not in done.output


@pytest.mark.parametrize("command", ["config", "serve", "db upgrade", "db downgrade base", "db current"])
def test_wrong_settings_end_every_command_with_a_line_each(
    command: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TELCALL_PORT", "eighty")
    monkeypatch.setenv("SECRET_KEY", "short")
    done = CliRunner().invoke(app, command.split())
    assert done.exit_code == 2
    assert [line.split()[1].partition("=")[0].rstrip(":") for line in done.output.splitlines()] == [
        "TELCALL_PORT",
        "SECRET_KEY",
    ]


def test_openapi_is_the_document_of_the_api() -> None:
    document = json.loads(CliRunner().invoke(app, ["openapi"]).output)
    assert document["openapi"].startswith("3.")
    assert {"/auth/telegram", "/api/calls", "/health"} <= set(document["paths"])


def test_db_upgrade_makes_the_schema_of_the_embedded_database(
    data_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TELCALL_DATA_DIR", str(data_dir))
    for _ in range(2):
        done = CliRunner().invoke(app, ["db", "upgrade"])
        assert (done.exit_code, done.output) == (0, f"{newest_revision()} (newest)\n")


@pytest.mark.parametrize(
    ("call", "expected"),
    [
        ("AbC_-1", ("http://here", "AbC_-1")),
        ("https://call.example.com/call/AbC", ("https://call.example.com", "AbC")),
        ("http://localhost:8080/call/AbC/", ("http://localhost:8080", "AbC")),
        ("http://localhost:8080/call-created/AbC", ("http://localhost:8080", "AbC")),
        ("https://t.me/some_bot?startapp=AbC", ("http://here", "AbC")),
    ],
)
def test_call_is_named_by_id_or_link(call: str, expected: tuple[str, str]) -> None:
    assert read_call(call, "http://here") == expected


def test_join_tells_in_one_line_that_nobody_answers() -> None:
    done = CliRunner().invoke(app, ["join", "AbC", "--url", "http://127.0.0.1:9"])
    assert done.exit_code == 1
    assert done.output.startswith("telcall: http://127.0.0.1:9 does not answer")
    assert done.output.count("\n") == 1
