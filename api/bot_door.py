"""What REST knows of the bot, which is `api.bot.service.TelegramBot` where there is one.

Nothing here imports the bot: a process without a bot token does not load it.
"""

from __future__ import annotations

from typing import Protocol

from aiohttp import web

from api.authenticator import Account
from api.errors import ApiError
from signaling.bus import Bus
from signaling.lifecycle import CallRecord
from signaling.messages import Ring, User


class BotDoor(Protocol):
    def ring(self, call_id: str, caller: User, friend: Account) -> None:
        """Call a friend into a call. Returns at once; those in the call hear what comes of it."""

    async def prepared_share(self, call: CallRecord, sharer: Account) -> str:
        """The id of a message that the sharer can send by Telegram's `shareMessage`. Raises `ApiError`."""

    async def webhook(self, request: web.Request) -> web.Response:
        """An update from Telegram. Raises `ApiError`, `DatabaseUnavailable`."""


class NoBot:
    """There is no bot token: nobody can be rung."""

    def __init__(self, bus: Bus) -> None:
        self._bus = bus

    def ring(self, call_id: str, caller: User, friend: Account) -> None:
        self._bus.ring(call_id, Ring(user_id=friend.user.id, state="unreachable", user=friend.user))

    async def prepared_share(self, call: CallRecord, sharer: Account) -> str:
        raise ApiError(503, "Bot is not configured")

    async def webhook(self, request: web.Request) -> web.Response:
        raise ApiError(404, "Not Found")
