"""What may never be read in a log, and that the rest can."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator

import pytest
import structlog

from telcall import logs

JWT = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl"
SECRETS = {
    "jwt": JWT,
    "subprotocol": "token.abcdefghijkl",
    "bearer": "Bearer abcdef-123",
    "bot token": "123456789:AAbbCCddEEffGGhhIIjjKKllMMnnOOppQQr",
    "bot URL": "http://127.0.0.1/bot123456789:AAbbCCddEEffGGhhIIjjKKllMMnnOOppQQr/getMe",
    "initData": "user=%7B%22id%22%3A1%7D&auth_date=1700000000&hash=" + "ab" * 32,
    "ice-pwd": "a=ice-pwd:c3VwZXJzZWNyZXRwd2Q",
    "database": "postgresql://telcall:hunter22@db/telcall",
}
PARTS_THAT_MUST_GO = (
    JWT,
    "abcdefghijkl",
    "abcdef-123",
    "AAbbCCdd",
    "abababab",
    "1700000000",
    "c3VwZXJzZWNyZXRwd2Q",
    "hunter22",
)


@pytest.fixture
def output() -> Iterator[io.StringIO]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    stream = io.StringIO()
    logs.configure("info", json=True, stream=stream)
    yield stream
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.reset_defaults()


def fields(output: io.StringIO) -> dict[str, object]:
    [line] = output.getvalue().splitlines()
    found: dict[str, object] = json.loads(line)
    return found


@pytest.mark.parametrize("secret", SECRETS.values(), ids=SECRETS.keys())
def test_no_secret_leaves_by_its_shape(secret: str, output: io.StringIO) -> None:
    structlog.get_logger("test").warning("refused", why=f"got {secret} here", nested={"list": [secret]})
    logging.getLogger("other.library").warning("got %s", secret)
    try:
        raise ValueError(secret)
    except ValueError:
        structlog.get_logger("test").exception("failed")
    text = output.getvalue()
    assert text.count("\n") == 3
    assert not [part for part in PARTS_THAT_MUST_GO if part in text]


@pytest.mark.parametrize(
    "name", ["token", "initData", "init_data", "ice_pwd", "TURN-Password", "credential", "sdp"]
)
def test_no_secret_leaves_by_its_name(name: str, output: io.StringIO) -> None:
    structlog.get_logger("test").info("signed_in", **{name: "plain words"})
    assert fields(output)[name] == logs.REDACTED


def test_other_fields_are_kept(output: io.StringIO) -> None:
    structlog.get_logger("test").info("joined", room="AbC_1-x", participants=3, ok=True, name="Анна")
    found = fields(output)
    assert (found["event"], found["level"], found["name"]) == ("joined", "info", "Анна")
    assert (found["room"], found["participants"], found["ok"]) == ("AbC_1-x", 3, True)


def test_line_that_cannot_be_written_fails_nothing(output: io.StringIO) -> None:
    output.close()
    structlog.get_logger("test").info("joined")


def test_level_is_kept_for_ours_and_others(output: io.StringIO) -> None:
    structlog.get_logger("test").debug("quiet")
    logging.getLogger("aiohttp.access").info("GET /")
    assert output.getvalue() == ""


def test_a_command_for_people_logs_warnings_only_and_leaves_logging_as_it_was(capsys) -> None:
    before = structlog.get_config()["wrapper_class"]
    with logs.quiet():
        structlog.get_logger().info("joined")
        structlog.get_logger().warning("broken")
    said = capsys.readouterr()
    assert "joined" not in said.out + said.err
    assert "broken" in said.out + said.err
    assert structlog.get_config()["wrapper_class"] is before


def test_line_that_the_stream_has_no_letters_for_is_written_all_the_same(output: io.StringIO) -> None:
    written = io.BytesIO()
    logs.configure("info", json=True, stream=io.TextIOWrapper(written, encoding="ascii"))
    structlog.get_logger("test").info("said", name="Анна")
    told = json.loads(written.getvalue())
    assert (told["event"], told["name"]) == ("said", "Анна")
