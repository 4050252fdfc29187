"""Settings: every wrong value at once, origins, what follows from what."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from telcall.settings import Settings, SettingsInvalid, alias_of, load

ALIASES = [alias_of(info) for info in Settings.model_fields.values()]


@pytest.fixture(autouse=True)
def empty_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in list(os.environ):
        if name.upper() in ALIASES or name.upper().startswith("TELCALL_"):
            monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)


def problems_of(monkeypatch: pytest.MonkeyPatch, **values: str) -> list[str]:
    for name, value in values.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(SettingsInvalid) as caught:
        load()
    return caught.value.problems


def test_nothing_needs_to_be_set() -> None:
    settings = load().settings
    assert settings.host == ("127.0.0.1", "::1")
    assert (settings.port, settings.effective_media_port) == (8080, 8081)
    assert settings.effective_public_url == "http://localhost:8080"
    assert settings.access_token_expire_minutes == 43_200
    assert settings.dev_sign_in_on


def test_every_wrong_value_is_named_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    problems = problems_of(
        monkeypatch,
        TELCALL_PORT="eighty",
        TELCALL_MEDIA_PORT="70000",
        TELCALL_HOST="example.com",
        TELCALL_PUBLIC_ADDRESS="203.0.113.7,nonsense",
        TELCALL_PUBLIC_URL="call.example.com",
        TELCALL_TRUSTED_PROXIES="10.0.0.0/99",
        TELCALL_DATAPLANE="rust",
        TELCALL_DEV_SIGN_IN="maybe",
        DATABASE_URL="sqlite:///app.db",
        SECRET_KEY="short",
        BOT_TOKEN="nonsense",
        STUN_SERVERS="stun.example.com",
        TURN_SERVERS="turn:turn.example.com",
        CORS_ALLOW_ORIGINS="*,https://example.com/",
        MAX_PARTICIPANTS_PER_CALL="1",
        DEBUG="perhaps",
    )
    named = [problem.split(":")[0].split("=")[0] for problem in problems]
    assert sorted(named) == sorted(
        [
            "TELCALL_PORT",
            "TELCALL_MEDIA_PORT",
            "TELCALL_HOST",
            "TELCALL_PUBLIC_ADDRESS",
            "TELCALL_PUBLIC_URL",
            "TELCALL_TRUSTED_PROXIES",
            "TELCALL_DATAPLANE",
            "TELCALL_DEV_SIGN_IN",
            "DATABASE_URL",
            "SECRET_KEY",
            "BOT_TOKEN",
            "STUN_SERVERS",
            "TURN_SERVERS",
            "CORS_ALLOW_ORIGINS",
            "CORS_ALLOW_ORIGINS",
            "MAX_PARTICIPANTS_PER_CALL",
            "DEBUG",
        ]
    )
    assert all("\n" not in problem for problem in problems)


def test_wrong_secrets_are_not_repeated(monkeypatch: pytest.MonkeyPatch) -> None:
    secrets = {"SECRET_KEY": "hunter22", "BOT_TOKEN": "opensesame", "DATABASE_URL": "mysql://u:swordfish@h/d"}
    text = "\n".join(problems_of(monkeypatch, **secrets))
    assert not [word for word in ("hunter22", "opensesame", "swordfish") if word in text]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("TELCALL_PORT", "0"),
        ("TELCALL_PORT", "65535"),  # no port is left for media
        ("TELCALL_HOST", ","),
        ("SECRET_KEY", "я" * 15),  # 30 bytes
        ("CORS_ALLOW_ORIGINS", "https://example.com/path"),
        ("CORS_ALLOW_ORIGINS", "null"),
        ("ACCESS_TOKEN_EXPIRE_MINUTES", "0"),
        ("MAX_WEBSOCKET_MESSAGE_SIZE", "10"),
        ("TELCALL_PUBLIC_URL", "https://[bad"),
        ("STUN_SERVERS", "stun:"),
        ("STUN_SERVERS", "stun:stun.example.com:99999"),
        ("STUN_SERVERS", "turn:stun.example.com"),
        ("STUN_SERVERS", "stun://stun.example.com"),
        ("TELCALL_ADMIN_TOKEN", "k" * 31),
        ("TELCALL_ADMIN_TOKEN", "k" * 32 + " k"),
        ("TELCALL_ADMIN_TOKEN", "я" * 32),
        ("TELCALL_WEBHOOK_URL", "https://example.com/hook"),  # without a secret
        ("TELCALL_WEBHOOK_SECRET", "k" * 31),
    ],
)
def test_value_is_refused(name: str, value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    [problem] = problems_of(monkeypatch, **{name: value})
    assert problem.startswith(name)


@pytest.mark.parametrize(
    ("url", "is_right"),
    [
        ("https://example.com", True),
        ("https://example.com:8443/hook?for=calls", True),
        ("https://10.0.0.7/hook", True),
        ("http://localhost:9000/hook", True),
        ("http://127.0.0.1/hook", True),
        ("http://[::1]:9000/hook", True),
        ("http://example.com/hook", False),
        ("http://10.0.0.7/hook", False),
        ("http://localhost.example.com/hook", False),
        ("http://127.0.0.1@example.com/hook", False),
        ("https://user:password@example.com/hook", False),
        ("https://example.com/hook#part", False),
        ("https://example.com:0/hook", False),
        ("https:///hook", False),
        ("https://example.com/a hook", False),
        ("ftp://localhost/hook", False),
        ("file:///etc/passwd", False),
    ],
)
def test_webhooks_go_to_tls_or_to_this_machine(
    url: str, is_right: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TELCALL_WEBHOOK_SECRET", "k" * 32)
    if is_right:
        monkeypatch.setenv("TELCALL_WEBHOOK_URL", url)
        assert load().settings.webhook_url == url
    else:
        [problem] = problems_of(monkeypatch, TELCALL_WEBHOOK_URL=url)
        assert problem.startswith("TELCALL_WEBHOOK_URL")
        assert url not in problem


def test_environment_beats_file_and_each_origin_is_known(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / ".env").write_text("TELCALL_PORT=8090\nBOT_USERNAME=from_file\nDEBUG=\n")
    monkeypatch.setenv("TELCALL_PORT", "8095")
    loaded = load()
    assert loaded.settings.port == 8095
    assert loaded.settings.bot_username == "from_file"
    assert loaded.origins["TELCALL_PORT"] == "environment"
    assert loaded.origins["BOT_USERNAME"] == ".env"
    assert loaded.origins["DEBUG"] == "default"


def test_names_are_not_case_sensitive(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("telcall_port", "8099")
    assert load().settings.port == 8099


def test_lists_are_comma_separated(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TELCALL_PUBLIC_ADDRESS", " 203.0.113.7, 2001:db8::7 ,")
    assert load().settings.public_address == ("203.0.113.7", "2001:db8::7")


def test_misspelt_name_is_told_with_what_was_meant(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TELCALL_PROT", "1")
    assert load().unknown == ("TELCALL_PROT (did you mean TELCALL_PORT?)",)


@pytest.mark.parametrize(
    ("values", "on"),
    [
        ({}, True),
        ({"TELCALL_HOST": "0.0.0.0"}, False),
        ({"TELCALL_HOST": "127.0.0.1,192.0.2.1"}, False),
        ({"BOT_TOKEN": "123456:ABCdef"}, False),
        ({"TELEGRAM_BOT_ID": "123456"}, False),
        ({"TELCALL_DEV_SIGN_IN": "off"}, False),
        ({"TELCALL_HOST": "0.0.0.0", "TELCALL_DEV_SIGN_IN": "on"}, True),
    ],
)
def test_dev_sign_in_is_on_only_alone_on_loopback_or_by_flag(
    values: dict[str, str], on: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in values.items():
        monkeypatch.setenv(name, value)
    assert load().settings.dev_sign_in_on is on


def test_turn_needs_a_credential_of_either_kind(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TURN_SERVERS", "turns:turn.example.com:5349?transport=tcp")
    monkeypatch.setenv("TURN_SECRET", "coturn's")
    assert load().settings.turn_servers == ("turns:turn.example.com:5349?transport=tcp",)


def test_importing_settings_reads_nothing(tmp_path: Path) -> None:
    code = "import telcall.settings"
    environment = os.environ | {"TELCALL_PORT": "nonsense"}
    subprocess.run([sys.executable, "-c", code], check=True, env=environment, cwd=tmp_path)
