"""What the REST part is told at start."""

from __future__ import annotations

from dataclasses import dataclass, field
from ipaddress import IPv4Network, IPv6Network
from pathlib import Path
from typing import Literal

DevSignInMode = Literal["off", "loopback", "always"]
"""`loopback`: only for direct requests from this machine; `always`: the operator asked for it."""

FriendsShape = Literal["documented", "deployed"]
"""What `GET /api/friends` answers: an object with a total, or the list alone."""


@dataclass(frozen=True, slots=True)
class Rates:
    """Requests a minute, each for a signed-in person or, without a token, for a client's address."""

    all_per_minute: int = 100
    sign_in_per_minute: int = 5
    create_per_minute: int = 10
    admin_failures_per_minute: int = 10
    """Wrong admin tokens of one address."""
    rings_per_pair: int = 3
    """Of one person to another one; in ten minutes."""
    exports_per_minute: int = 3
    """Each reads all that is stored of a person."""


@dataclass(frozen=True, slots=True)
class ApiConfig:
    """`secret_key` has 32 bytes or more; `public_url` is without a slash at its end."""

    secret_key: str
    public_url: str = "http://localhost:8080"
    bot_token: str | None = None
    telegram_bot_id: int | None = None
    """Checks Telegram's own signature where the bot's token is not to be given."""
    bot_username: str | None = None
    dev_sign_in: DevSignInMode = "off"
    access_token_ttl_s: int = 2_592_000
    ws_token_ttl_s: int = 300
    browser_link_ttl_s: int = 300
    cors_origins: tuple[str, ...] = ()
    allow_localhost_origins: bool = False
    """For developers: pages of any port on this machine may call the API."""
    trusted_proxies: tuple[IPv4Network | IPv6Network, ...] = ()
    rates: Rates = field(default_factory=Rates)
    max_participants: int = 30
    body_bytes: int = 65_536
    body_read_s: float = 10.0
    friends_shape: FriendsShape = "documented"
    web_root: Path | None = None
    """The built Mini App; None: none is served."""
    metrics_token: str | None = None
    """Bearer token of `/metrics`; without it, it answers direct requests from private addresses only."""
    admin_token: str | None = None
    """Bearer token of the operator's routes; without it there are none."""
    docs: bool = False
