"""The REST application: its parts, routes and what every request passes through."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime

from aiohttp import web
from limits.aio.storage import Storage
from prometheus_client import CollectorRegistry

from api import keys
from api.admin import AdminGuard
from api.authenticator import Authenticator
from api.bot_door import BotDoor, NoBot
from api.config import ApiConfig
from api.dev_sign_in import DevSignIn
from api.errors import errors_middleware
from api.limit_storage import BoundedMemoryStorage
from api.limits import RateLimits
from api.metrics import RequestMetrics
from api.openapi import docs_handlers
from api.origins import Origins
from api.request_log import RequestLog, add_request_id
from api.ring_limit import RingLimit
from api.routes import health, metrics
from api.routes.table import ROUTES
from api.security_headers import SecurityHeaders
from api.static_files import StaticFiles
from signaling.bus import Bus
from signaling.ice_servers import IceServers
from signaling.lifecycle import Lifecycle
from signaling.ratings import Ratings
from store.database import Database


@dataclass(frozen=True, slots=True)
class ApiParts:
    """What the application works with; made and closed by the caller.

    `on_limit` is told the name of each rate limit that was hit.
    """

    database: Database
    bus: Bus
    lifecycle: Lifecycle
    ratings: Ratings
    authenticator: Authenticator
    ice_servers: IceServers
    registry: CollectorRegistry = field(default_factory=CollectorRegistry)
    bot: BotDoor | None = None
    """None: there is no bot token."""
    limits: Storage = field(default_factory=BoundedMemoryStorage)
    """Where requests are counted."""
    ring_limits: Storage = field(default_factory=BoundedMemoryStorage)
    """Where rings are counted: in windows of another length."""
    on_limit: Callable[[str], None] = lambda _name: None
    utc: Callable[[], datetime] = lambda: datetime.now(UTC)


def build_app(config: ApiConfig, parts: ApiParts) -> web.Application:
    """The application, complete but for routes the caller adds before it is started (the WebSocket)."""
    origins = Origins(config)
    dev = DevSignIn(config.dev_sign_in)
    limits = RateLimits(
        config,
        parts.limits,
        parts.on_limit,
        # Whoever may sign for anybody is not kept from signing in.
        is_exempt=dev.is_open_to,
    )
    app = web.Application(
        client_max_size=config.body_bytes,
        middlewares=[
            RequestLog(RequestMetrics(parts.registry)).middleware,
            errors_middleware,
            origins.preflight,
            limits.middleware,
        ],
    )
    app[keys.CONFIG] = config
    app[keys.DATABASE] = parts.database
    app[keys.BUS] = parts.bus
    app[keys.LIFECYCLE] = parts.lifecycle
    app[keys.RATINGS] = parts.ratings
    app[keys.AUTHENTICATOR] = parts.authenticator
    app[keys.ICE_SERVERS] = parts.ice_servers
    app[keys.ORIGINS] = origins
    app[keys.DEV_SIGN_IN] = dev
    app[keys.REGISTRY] = parts.registry
    app[keys.BOT] = NoBot(parts.bus) if parts.bot is None else parts.bot
    app[keys.RING_LIMIT] = RingLimit(config.rates.rings_per_pair, parts.ring_limits, parts.on_limit)
    app[keys.CLOCK] = keys.Clock(parts.utc)
    app.on_response_prepare.append(SecurityHeaders(config.public_url).add)
    app.on_response_prepare.append(origins.add_headers)
    app.on_response_prepare.append(add_request_id)
    _add_routes(app, AdminGuard(config, parts.limits, parts.on_limit), docs=config.docs)
    if config.web_root is not None:
        app.middlewares.append(StaticFiles(config.web_root).middleware)
    else:
        app.router.add_get("/", health.root)
    return app


def _add_routes(app: web.Application, admin: AdminGuard, *, docs: bool) -> None:
    served = [
        (route.method, route.path, admin.guarded(route.handler) if route.is_admin else route.handler)
        for route in ROUTES
    ]
    served.append(("GET", "/metrics", metrics.get))
    if docs:
        served += [("GET", path, handler) for path, handler in docs_handlers(ROUTES).items()]
    # Both forms of a path are answered; a redirect would lose its way through CORS.
    for method, path, handler in served:
        for form in (path, f"{path}/"):
            app.router.add_route(method, form, handler)
            if method == "GET":
                app.router.add_route("HEAD", form, handler)
