"""ICE servers for one person, with TURN credentials of their own.

Made as coturn's `use-auth-secret` takes them (draft-uberti-behave-turn-rest-00): the user name is the time at
which it runs out and the user's id, the password an HMAC-SHA1 of it under the shared secret.
"""

from __future__ import annotations

import base64
import hmac
from collections.abc import Callable

from signaling.config import IceConfig
from signaling.messages import IceServer


class IceServers:
    """`is_healthy` says of a server's URL whether it may be handed out now, as `IceHealth` does."""

    def __init__(self, config: IceConfig, is_healthy: Callable[[str], bool] = lambda _url: True) -> None:
        self._config, self._is_healthy = config, is_healthy

    def for_user(self, user_id: int, now_s: int) -> list[IceServer]:
        """STUN first, then TURN. `now_s`: seconds since the epoch."""
        config = self._config
        servers = [IceServer(urls=[url]) for url in config.stun_servers if self._is_healthy(url)]
        turn = [url for url in config.turn_servers if self._is_healthy(url)]
        if turn and (credentials := turn_credentials(config, str(user_id), now_s)) is not None:
            username, credential = credentials
            servers += [IceServer(urls=[url], username=username, credential=credential) for url in turn]
        return servers


def turn_credentials(config: IceConfig, name: str, now_s: int) -> tuple[str, str] | None:
    """User name and password for `name`; None when none are configured."""
    if config.turn_secret:
        username = f"{now_s + config.turn_ttl_s}:{name}"
        digest = hmac.digest(config.turn_secret.encode(), username.encode(), "sha1")
        return username, base64.b64encode(digest).decode()
    if config.turn_username and config.turn_password:
        return config.turn_username, config.turn_password
    return None
