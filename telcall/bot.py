"""The bot in this process, and at the command line. Its library is loaded only where there is a bot."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING

from prometheus_client import CollectorRegistry

from api.bot.config import BotConfig
from signaling.bus import Bus
from signaling.lifecycle import Lifecycle
from signaling.room_state import CallEvent, OnEvent
from store.database import Database
from telcall.configs import bot_config
from telcall.errors import StartFailed
from telcall.secret_key import kept_secret_key
from telcall.settings import Settings

if TYPE_CHECKING:
    from aiogram import Bot

    from api.bot.service import TelegramBot


class Happenings:
    """Tells of what happens in calls: webhooks first, then the bot, which is made later than the rooms."""

    def __init__(self, first: OnEvent) -> None:
        self._told: list[OnEvent] = [first]

    def on_event(self, event: CallEvent) -> None:
        for tell in self._told:
            tell(event)

    def also(self, tell: OnEvent) -> None:
        self._told.append(tell)


async def running_bot(
    config: BotConfig | None,
    stack: AsyncExitStack,
    *,
    database: Database,
    lifecycle: Lifecycle,
    bus: Bus,
    happenings: Happenings,
    registry: CollectorRegistry,
    may_create: Callable[[int], Awaitable[bool]],
) -> TelegramBot | None:
    """The bot, which runs until the stack is left; None when there is none.

    `may_create`: whether somebody (`users.id`) may make one more call now.
    """
    if config is None:
        return None
    from api.bot.service import TelegramBot

    bot = TelegramBot(
        config,
        database=database,
        lifecycle=lifecycle,
        bus=bus,
        registry=registry,
        may_create=may_create,
    )
    happenings.also(bot.on_event)
    lifecycle.on_ended = bot.call_over
    return await stack.enter_async_context(bot)


# --- telcall bot set, info, delete --------------------------------------------------------------------------


def set_webhook(settings: Settings) -> str:
    """Telegram brings updates to this server from now on. Raises `StartFailed`."""
    config = _config(settings)
    if not config.public_url.startswith("https://"):
        raise StartFailed("Telegram brings updates to https:// only: set TELCALL_PUBLIC_URL")

    async def work(bot: Bot) -> str:
        from api.bot.setup import set_profile, set_webhook

        await set_webhook(bot, config)
        await set_profile(bot, config)
        return f"updates go to {config.webhook_url}"

    return _ask(config, work)


def delete_webhook(settings: Settings) -> str:
    """Telegram brings updates nowhere from now on. Raises `StartFailed`."""

    async def work(bot: Bot) -> str:
        await bot.delete_webhook()
        return "updates go nowhere: a server asks for them, or Telegram keeps them for a day"

    return _ask(_config(settings), work)


def webhook_lines(settings: Settings) -> str:
    """The bot and its webhook, for people. Raises `StartFailed`."""
    config = _config(settings)

    async def work(bot: Bot) -> str:
        me, info = await bot.me(), await bot.get_webhook_info()
        lines = [f"bot       @{me.username}", f"webhook   {info.url or 'none'}"]
        if info.url and info.url != config.webhook_url:
            lines.append(f"          not this server's, which is {config.webhook_url}")
        lines.append(f"waiting   {info.pending_update_count} updates")
        if info.last_error_message:
            at = "" if info.last_error_date is None else f" at {info.last_error_date:%Y-%m-%d %H:%M:%S UTC}"
            lines.append(f"problem   {info.last_error_message}{at}")
        lines.append(f"inline    {'on' if me.supports_inline_queries else 'off: /setinline at @BotFather'}")
        lines.append(f"app       {'on' if me.has_main_web_app else 'none: Main Mini App at @BotFather'}")
        return "\n".join(lines)

    return _ask(config, work)


def _config(settings: Settings) -> BotConfig:
    if settings.secret_key is not None:
        secret_key = settings.secret_key.get_secret_value()
    else:
        secret_key = kept_secret_key(settings.effective_data_dir)
    config = bot_config(settings, secret_key)
    if config is None:
        raise StartFailed("there is no bot: set BOT_TOKEN")
    return config


def _ask(config: BotConfig, work: Callable[[Bot], Awaitable[str]]) -> str:
    from aiogram.exceptions import AiogramError

    from api.bot.setup import make_bot

    async def run() -> str:
        bot = make_bot(config)
        try:
            return await work(bot)
        finally:
            await bot.session.close()

    try:
        return asyncio.run(run())
    except AiogramError as error:
        raise StartFailed(f"Telegram refuses: {getattr(error, 'message', type(error).__name__)}") from error
