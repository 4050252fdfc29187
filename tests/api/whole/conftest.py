"""The whole API, the bot's and the operator's part too, for tests of every endpoint."""

from __future__ import annotations

from typing import Any

from api.config import Rates
from tests.api.bot.conftest import make_world, telegram

__all__ = ["make_world", "telegram"]  # fixtures

ADMIN_TOKEN = "an admin token of 32 characters."
ENDLESS = 10**9
SERVER: dict[str, Any] = {
    "dev_sign_in": "always",
    "admin_token": ADMIN_TOKEN,
    "rates": Rates(*[ENDLESS] * 6),
}
"""What it is started with: everything is there, and nothing is refused for having been asked too often."""
