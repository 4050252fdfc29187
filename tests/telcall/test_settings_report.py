"""`telcall config` and `.env.example`."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import SecretStr

from telcall.settings import Settings, alias_of, is_secret, load
from telcall.settings_report import MASK, effective, env_example, without_password

ROOT = Path(__file__).parents[2]


def rows(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, **values: str) -> dict[str, tuple[str, str]]:
    monkeypatch.chdir(tmp_path)
    for info in Settings.model_fields.values():
        monkeypatch.delenv(alias_of(info), raising=False)
    for name, value in values.items():
        monkeypatch.setenv(name, value)
    return {row.name: (row.value, row.origin) for row in effective(load())}


def test_env_example_is_what_the_settings_say() -> None:
    assert (ROOT / ".env.example").read_text() == env_example()


def test_env_example_sets_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".env").write_text(env_example())
    assert ".env" not in load().origins.values()


def test_env_example_uncommented_is_valid(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    lines = [line.removeprefix("#") for line in env_example().splitlines() if not line.startswith("# ")]
    lines += ["SECRET_KEY=" + "k" * 32, "TURN_SECRET=secret", "TELCALL_WEBHOOK_SECRET=" + "k" * 32]
    (tmp_path / ".env").write_text("\n".join(lines))
    assert load().settings.turn_secret == SecretStr("secret")


def test_secrets_are_masked(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    found = rows(
        monkeypatch,
        tmp_path,
        SECRET_KEY="k" * 40,
        BOT_TOKEN="123456:ABCdef",
        TURN_PASSWORD="swordfish",
        DATABASE_URL="postgresql://user:hunter22@db/telcall?password=other",
    )
    text = str(found)
    assert not [word for word in ("kkkk", "ABCdef", "swordfish", "hunter22", "other") if word in text]
    assert found["SECRET_KEY"] == (MASK, "environment")
    assert found["DATABASE_URL"] == (f"postgresql://user:{MASK}@db/telcall", "environment")


def test_every_secret_setting_is_known_as_one() -> None:
    secret = {alias_of(info) for info in Settings.model_fields.values() if is_secret(info)}
    assert secret == {
        "BOT_TOKEN",
        "DATABASE_URL",
        "SECRET_KEY",
        "TELCALL_ADMIN_TOKEN",
        "TELCALL_METRICS_TOKEN",
        "TELCALL_OLD_SECRET_KEYS",
        "TELCALL_WEBHOOK_SECRET",
        "TURN_PASSWORD",
        "TURN_SECRET",
    }


def test_what_follows_from_defaults_is_shown(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    found = rows(monkeypatch, tmp_path, TELCALL_PORT="9000", TELCALL_DATA_DIR="/srv/calls")
    assert found["TELCALL_MEDIA_PORT"] == ("9001", "derived")
    assert found["TELCALL_PUBLIC_URL"] == ("http://localhost:9000", "derived")
    assert found["DATABASE_URL"] == ("PostgreSQL in /srv/calls", "embedded")
    assert found["SECRET_KEY"] == (MASK, "generated")
    assert found["TELCALL_DEV_SIGN_IN"] == ("auto (on)", "default")


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("postgresql://u:p@h:5/d", f"postgresql://u:{MASK}@h:5/d"),
        ("postgresql://u@h/d", "postgresql://u@h/d"),
        ("postgresql://u:p%40x@h/d", f"postgresql://u:{MASK}@h/d"),
        ("postgresql:///d?host=/run", "postgresql:///d"),
    ],
)
def test_url_is_shown_without_its_password(url: str, shown: str) -> None:
    assert without_password(url) == shown
