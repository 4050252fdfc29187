"""Sign-in by a name alone, for trying Tel Call on one's own machine without a bot.

The server signs an initData with a token that only this process knows, and the page goes the way of
everybody: `POST /auth/telegram`. On a machine of one's own (`loopback`) each request must show that it comes
from there directly: a proxy or another site's page (DNS rebinding) must not get in.
"""

from __future__ import annotations

import hashlib
import json
import re
import secrets

from aiohttp import web

from api.client_address import is_forwarded, peer_address
from api.config import DevSignInMode
from api.init_data import sign

# Telegram's ids have at most 52 significant bits and JavaScript's integers 53: between lies room of our own.
FIRST_DEV_ID = 2**52
LOOPBACK_HOST = re.compile(r"(localhost|127\.0\.0\.1|\[::1\])(:[0-9]{1,5})?", re.ASCII | re.IGNORECASE)


def dev_telegram_id(name: str) -> int:
    """The id of everybody who signs in under this name."""
    digest = hashlib.sha256(name.encode()).digest()
    return FIRST_DEV_ID + int.from_bytes(digest[:7], "big") % FIRST_DEV_ID


class DevSignIn:
    """Says whether a request may use dev sign-in, and signs for it."""

    def __init__(self, mode: DevSignInMode) -> None:
        self._mode = mode
        self._bot_token = secrets.token_urlsafe(32)

    def is_open_to(self, request: web.Request) -> bool:
        if self._mode != "loopback":
            return self._mode == "always"
        peer = peer_address(request)
        return (
            peer is not None
            and peer.is_loopback
            and LOOPBACK_HOST.fullmatch(request.headers.get("Host", "")) is not None
            and not is_forwarded(request)
        )

    def bot_tokens(self, request: web.Request) -> tuple[str, ...]:
        """The token whose signature counts for this request, if any does."""
        return (self._bot_token,) if self.is_open_to(request) else ()

    def init_data(self, name: str, now_s: int) -> str:
        user = json.dumps({"id": dev_telegram_id(name), "first_name": name}, ensure_ascii=False)
        return sign({"user": user, "auth_date": str(now_s)}, self._bot_token)
