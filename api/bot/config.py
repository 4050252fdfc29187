"""What the bot is told at start."""

from __future__ import annotations

import hmac
from dataclasses import dataclass, field
from typing import Literal

BotMode = Literal["webhook", "polling", "off"]
"""How updates come. `off`: others take them; this process still writes messages."""

WEBHOOK_PATH = "/api/telegram/webhook"
WEBHOOK_BODY_BYTES = 262_144


@dataclass(frozen=True, slots=True)
class BotConfig:
    """`public_url` is without a slash at its end. `webhook_secret`: Telegram sends it with every update."""

    token: str = field(repr=False)
    webhook_secret: str = field(repr=False)
    mode: BotMode = "polling"
    api_url: str = "https://api.telegram.org"
    public_url: str = "http://localhost:8080"
    username: str | None = None
    """Without @; None: Telegram is asked."""
    ring_s: float = 45.0
    """How long a friend is rung; then it is a missed call."""
    max_jobs: int = 10_000
    """Messages that wait for Telegram; beyond, the oldest is given up."""
    request_timeout_s: float = 10.0
    workers: int = 8
    """Requests to Telegram at the same time."""
    poll_s: int = 25
    """How long Telegram may hold a request for updates."""
    drain_s: float = 3.0
    """What the end of the process may take."""
    first_retry_s: float = 1.0

    @property
    def webhook_url(self) -> str:
        return self.public_url + WEBHOOK_PATH


def webhook_secret(secret_key: str, token: str) -> str:
    """The secret of the bot's webhook: the same in every process with these keys."""
    return hmac.digest(secret_key.encode(), b"telegram webhook\0" + token.encode(), "sha256").hex()
