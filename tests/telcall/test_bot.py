"""`telcall bot`, against a Bot API server; and what settings make of the bot."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from api.bot.config import webhook_secret
from telcall.configs import bot_config
from telcall.settings import Settings, SettingsInvalid
from tests.api.bot.bot_api import TOKEN, BotApi

KEY = "0123456789abcdef0123456789abcdef"
HOOK = "https://call.example.com/api/telegram/webhook"


@pytest.fixture
async def telegram() -> AsyncIterator[BotApi]:
    server = BotApi()
    await server.start()
    yield server
    await server.stop()
    assert server.wrong == []


async def telcall(folder: Path, *words: str, **settings: str) -> tuple[int, str]:
    """The command's exit code, and all it says."""
    clean = {k: v for k, v in os.environ.items() if not k.startswith(("TELCALL_", "BOT_"))}
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "telcall",
        *words,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        env=clean | {"SECRET_KEY": KEY, "TELCALL_DATA_DIR": str(folder)} | settings,
        cwd=folder,
    )
    said, _ = await process.communicate()
    assert process.returncode is not None
    return process.returncode, said.decode()


async def test_webhook_is_set_shown_and_deleted(telegram: BotApi, tmp_path: Path) -> None:
    settings = {
        "BOT_TOKEN": TOKEN,
        "TELCALL_TELEGRAM_API_URL": telegram.url,
        "TELCALL_PUBLIC_URL": "https://call.example.com",
    }
    assert await telcall(tmp_path, "bot", "set", **settings) == (0, f"updates go to {HOOK}\n")
    assert telegram.webhook["url"] == HOOK
    assert telegram.webhook["secret_token"] == webhook_secret(KEY, TOKEN)
    assert telegram.menu["type"] == "web_app"
    code, said = await telcall(tmp_path, "bot", "info", **settings)
    assert code == 0
    assert said.splitlines() == [
        "bot       @telcall_bot",
        f"webhook   {HOOK}",
        "waiting   0 updates",
        "inline    on",
        "app       on",
    ]
    code, said = await telcall(
        tmp_path, "bot", "info", **settings | {"TELCALL_PUBLIC_URL": "https://b.example"}
    )
    assert "not this server's, which is https://b.example/api/telegram/webhook" in said
    assert (await telcall(tmp_path, "bot", "delete", **settings))[0] == 0
    assert telegram.webhook == {}


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"BOT_TOKEN": ""}, "there is no bot: set BOT_TOKEN"),
        ({"TELCALL_PUBLIC_URL": ""}, "Telegram brings updates to https:// only"),
        ({"BOT_TOKEN": "1:another-token"}, "Telegram refuses: "),
        ({"TELCALL_TELEGRAM_API_URL": "http://127.0.0.1:9"}, "Telegram refuses: "),
    ],
)
async def test_what_is_wrong_is_told_without_the_token(
    telegram: BotApi, tmp_path: Path, changed: dict[str, str], told: str
) -> None:
    settings = {
        "BOT_TOKEN": TOKEN,
        "TELCALL_TELEGRAM_API_URL": telegram.url,
        "TELCALL_PUBLIC_URL": "https://call.example.com",
    } | changed
    code, said = await telcall(tmp_path, "bot", "set", **settings)
    assert code == 1
    assert told in said
    assert "Traceback" not in said
    assert TOKEN not in said


def settings(**values: Any) -> Settings:
    return Settings.model_validate({"BOT_TOKEN": TOKEN, **values})


@pytest.mark.parametrize(
    ("url", "bot", "mode"),
    [
        ("https://call.example.com", "auto", "webhook"),
        ("http://call.example.com", "auto", "polling"),
        (None, "auto", "polling"),
        ("https://call.example.com", "polling", "polling"),
        ("https://call.example.com", "off", "off"),
    ],
)
def test_updates_come_by_webhook_where_the_address_allows_it(url: str | None, bot: str, mode: str) -> None:
    config = bot_config(settings(TELCALL_PUBLIC_URL=url, TELCALL_BOT=bot), KEY)
    assert config is not None
    assert config.mode == mode


def test_a_webhook_needs_https() -> None:
    with pytest.raises(SettingsInvalid, match="TELCALL_BOT=webhook"):
        settings(TELCALL_BOT="webhook")


def test_without_a_token_there_is_no_bot_and_secrets_differ_by_key_and_token() -> None:
    assert bot_config(Settings.model_validate({}), KEY) is None
    made = {webhook_secret(key, token) for key in (KEY, KEY[::-1]) for token in (TOKEN, "1:another")}
    assert len(made) == 4
    assert TOKEN not in repr(bot_config(settings(), KEY))


def test_a_server_without_a_bot_does_not_load_its_library() -> None:
    code = "import sys, telcall.assembly, telcall.cli; print('aiogram' in sys.modules)"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "False"
