"""What Telegram is told of the bot once: its webhook, commands, menu button."""

from __future__ import annotations

from aiogram import Bot
from aiogram.client.session.aiohttp import AiohttpSession
from aiogram.client.telegram import TelegramAPIServer
from aiogram.types import (
    BotCommand,
    BotCommandScopeAllGroupChats,
    BotCommandScopeDefault,
    MenuButtonDefault,
    MenuButtonWebApp,
    WebAppInfo,
    WebhookInfo,
)

from api.bot.config import BotConfig
from api.bot.incoming import UPDATES
from api.bot.texts import DEFAULT, LANGUAGES, TEXTS, Language

MAX_CONNECTIONS = 40


def make_bot(config: BotConfig) -> Bot:
    """To be closed by `await bot.session.close()`."""
    session = AiohttpSession(
        api=TelegramAPIServer.from_base(config.api_url), timeout=config.request_timeout_s
    )
    return Bot(config.token, session=session)


async def set_webhook(bot: Bot, config: BotConfig) -> None:
    """Telegram brings updates to us from now on, whoever it brought them to before."""
    await bot.set_webhook(
        config.webhook_url,
        secret_token=config.webhook_secret,
        allowed_updates=UPDATES,
        max_connections=MAX_CONNECTIONS,
    )


async def keep_webhook(bot: Bot, config: BotConfig) -> str | None:
    """Sets our webhook unless another one is set; gives that one."""
    info = await bot.get_webhook_info()
    if info.url and info.url != config.webhook_url:
        return info.url
    await set_webhook(bot, config)
    return None


async def webhook_info(bot: Bot) -> WebhookInfo:
    return await bot.get_webhook_info()


async def set_profile(bot: Bot, config: BotConfig) -> None:
    """Commands in each language, and the button that opens the Mini App where it has a public address."""
    # Who speaks none of the languages gets the default one.
    for language, code in (*((each, each) for each in LANGUAGES), (DEFAULT, None)):
        await _set_commands(bot, language, code)
    if config.public_url.startswith("https://"):
        button = MenuButtonWebApp(text=TEXTS[DEFAULT].menu, web_app=WebAppInfo(url=config.public_url))
        await bot.set_chat_menu_button(menu_button=button)
    else:
        await bot.set_chat_menu_button(menu_button=MenuButtonDefault())


async def _set_commands(bot: Bot, language: Language, code: str | None) -> None:
    texts = TEXTS[language]
    call = BotCommand(command="call", description=texts.about_call)
    about = BotCommand(command="help", description=texts.about_help)
    start = BotCommand(command="start", description=texts.about_start)
    await bot.set_my_commands([start, call, about], scope=BotCommandScopeDefault(), language_code=code)
    await bot.set_my_commands([call, about], scope=BotCommandScopeAllGroupChats(), language_code=code)
