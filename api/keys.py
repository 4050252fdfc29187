"""What handlers find in the application, typed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from aiohttp import web
from prometheus_client import CollectorRegistry

from api.authenticator import Authenticator
from api.bot_door import BotDoor
from api.config import ApiConfig
from api.dev_sign_in import DevSignIn
from api.origins import Origins
from api.ring_limit import RingLimit
from signaling.bus import Bus
from signaling.ice_servers import IceServers
from signaling.lifecycle import Lifecycle
from signaling.ratings import Ratings
from store.database import Database

CONFIG = web.AppKey("config", ApiConfig)
DATABASE = web.AppKey("database", Database)
BUS = web.AppKey("bus", Bus)
LIFECYCLE = web.AppKey("lifecycle", Lifecycle)
AUTHENTICATOR = web.AppKey("authenticator", Authenticator)
ICE_SERVERS = web.AppKey("ice_servers", IceServers)
RATINGS = web.AppKey("ratings", Ratings)
ORIGINS = web.AppKey("origins", Origins)
DEV_SIGN_IN = web.AppKey("dev_sign_in", DevSignIn)
REGISTRY = web.AppKey("registry", CollectorRegistry)
BOT: web.AppKey[BotDoor] = web.AppKey("bot")
RING_LIMIT = web.AppKey("ring_limit", RingLimit)


@dataclass(frozen=True, slots=True)
class Clock:
    """The time of day."""

    utc: Callable[[], datetime]


CLOCK = web.AppKey("clock", Clock)
