"""The only place that knows every part: builds them, starts them in order, stops them in the opposite one."""

from __future__ import annotations

import asyncio
import contextlib
import secrets
import socket
from collections.abc import AsyncIterator, Coroutine, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from importlib.metadata import version as installed_version
from pathlib import Path
from typing import Any

from aiohttp import web

from api.app import ApiParts, build_app
from api.authenticator import Authenticator
from api.client_address import client_address
from api.creation_limit import CreationLimit
from api.http_server import BoundedRunner
from api.limit_storage import BoundedMemoryStorage
from api.tokens import Tokens
from sfu.control.server import Server
from sfu.errors import EngineUnavailable
from signaling.check_socket import CheckSocket
from signaling.config import SignalingConfig
from signaling.entrance import Entrance
from signaling.ice_health import IceHealth
from signaling.ice_servers import IceServers
from signaling.lifecycle import Lifecycle
from signaling.local_bus import LocalBus
from signaling.metrics import SignalingMetrics
from signaling.ratings import Ratings
from signaling.registry import LocalRegistry
from signaling.resume import ResumeTokens, resume_key
from signaling.room_state import OnEvent
from signaling.rooms import Rooms
from signaling.socket import CallSocket
from store.database import Database
from store.retention import Retention
from store.write_behind import WriteBehind
from telcall.banner import Facts
from telcall.bot import Happenings, running_bot
from telcall.configs import (
    api_config,
    bot_config,
    http_limits,
    old_secret_keys,
    sfu_config,
    signaling_config,
    store_config,
    trusted_proxies,
    webhook_config,
)
from telcall.databases import migrate_or_fail, running_database
from telcall.errors import StartFailed
from telcall.listeners import shown
from telcall.metrics import Metrics, Sources
from telcall.secret_key import kept_secret_key
from telcall.settings import Loaded, Settings
from telcall.webhooks import Webhooks

WEB_ROOT = Path(__file__).parent / "web"
SOCKET_PATH = "/ws/calls/{call_id}"
CHECK_PATH = "/ws/check"
NODE = "local"  # the only one
DRAIN_S = 1.0  # how long sockets may take to say goodbye
FINISH_REQUESTS_S = 1.0  # how long requests may go on once the server stops


@asynccontextmanager
async def assembled(
    loaded: Loaded, sockets: Sequence[socket.socket], *, api_only: bool
) -> AsyncIterator[Facts]:
    """Everything up and serving on `sockets`, for as long as the block lasts. Raises `StartFailed`."""
    settings = loaded.settings
    web_root = None if api_only else _built_frontend()
    async with AsyncExitStack() as stack:
        secret_key = _secret_key(settings)
        url, where = await stack.enter_async_context(running_database(settings))
        await migrate_or_fail(url)

        signaling = signaling_config(settings)
        store = store_config(settings, url)
        database = await stack.enter_async_context(Database(store))
        journal = await stack.enter_async_context(
            WriteBehind.to_database(database, maxsize=store.spool_rows, seen_interval_s=store.seen_interval_s)
        )
        sfu = await _sfu(settings, stack)
        metrics = Metrics(
            Sources(
                version=installed_version("telcall"),
                engine=sfu.engine_name,
                engine_stats=sfu.stats,
                spool_rows=lambda: journal.queued_rows,
                dropped_rows=lambda: journal.dropped_rows,
                database_up=lambda: database.is_up,
                pool_used=lambda: database.connections_used,
            )
        )
        app = await _application(
            settings, signaling, stack, database, journal, sfu, metrics, secret_key, web_root
        )
        await _serve(app, settings, sockets, metrics, stack)
        _in_background(stack, metrics.watch_loop(), "loop_lag")
        if settings.retention_days:
            _in_background(stack, Retention(database, settings.retention_days).run(), "retention")
        yield Facts(
            version=installed_version("telcall"),
            public_url=settings.effective_public_url,
            listens=[shown(each) for each in sockets],
            media=sfu.listens,
            advertised=sfu.advertised,
            data=where,
            engine=sfu.engine_name,
            dev_sign_in=settings.dev_sign_in_on,
            docs=settings.docs_on,
            mini_app=web_root is not None,
            unknown_settings=loaded.unknown,
        )


def _built_frontend() -> Path:
    if not (WEB_ROOT / "index.html").is_file():
        raise StartFailed(
            "the Mini App is not built: run 'make run', or serve without it by 'telcall serve --api-only'"
        )
    return WEB_ROOT


def _secret_key(settings: Settings) -> str:
    if settings.secret_key is not None:
        return settings.secret_key.get_secret_value()
    return kept_secret_key(settings.effective_data_dir)


async def _sfu(settings: Settings, stack: AsyncExitStack) -> Server:
    try:
        return await stack.enter_async_context(Server(sfu_config(settings)))
    except EngineUnavailable as error:
        raise StartFailed(error.detail) from error


async def _application(
    settings: Settings,
    signaling: SignalingConfig,
    stack: AsyncExitStack,
    database: Database,
    journal: WriteBehind,
    sfu: Server,
    metrics: Metrics,
    secret_key: str,
    web_root: Path | None,
) -> web.Application:
    """REST and the WebSocket, with the rooms behind it."""
    api = api_config(settings, secret_key, web_root)
    counted = SignalingMetrics(metrics.registry, metrics.count_limit)
    tokens = ResumeTokens(resume_key(secret_key), secrets.token_urlsafe(6), signaling.max_call_duration_s)
    happenings = Happenings(await _on_event(settings, metrics, stack))
    bot_stack = await stack.enter_async_context(AsyncExitStack())  # left after the rooms, as webhooks are
    rooms = Rooms(signaling, sfu, journal, counted, tokens, on_event=happenings.on_event)
    bus = LocalBus(LocalRegistry(NODE), rooms, NODE)
    stack.push_async_callback(bus.close)
    stack.push_async_callback(rooms.close)
    lifecycle = await stack.enter_async_context(
        Lifecycle(database, bus, signaling, on_limit=metrics.count_limit)
    )
    limits = BoundedMemoryStorage()
    bot = await running_bot(
        bot_config(settings, secret_key),
        bot_stack,
        database=database,
        lifecycle=lifecycle,
        bus=bus,
        happenings=happenings,
        registry=metrics.registry,
        # Over REST and by the bot they count together: the same storage.
        may_create=CreationLimit(settings.rate_create, limits, metrics.count_limit).allows,
    )
    health = await stack.enter_async_context(IceHealth(signaling.ice, metrics.registry))
    ice_servers = IceServers(signaling.ice, health.is_healthy)
    authenticator = Authenticator(database, Tokens(secret_key, old_secret_keys(settings)))
    entrance = Entrance(
        signaling,
        authenticator.authenticate_socket,
        counted,
        lambda request: client_address(request, api.trusted_proxies),
    )
    authenticator.on_revoked = entrance.revoked
    call_socket = CallSocket(signaling, entrance, lifecycle, bus, ice_servers, counted)
    app = build_app(
        api,
        ApiParts(
            database=database,
            bus=bus,
            lifecycle=lifecycle,
            ratings=Ratings(database, journal),
            authenticator=authenticator,
            ice_servers=ice_servers,
            bot=bot,
            registry=metrics.registry,
            limits=limits,
            on_limit=metrics.count_limit,
        ),
    )
    app.router.add_get(SOCKET_PATH, call_socket.handle)
    app.router.add_get(f"{SOCKET_PATH}/", call_socket.handle)
    check_socket = CheckSocket(signaling, entrance, sfu, ice_servers, counted)
    app.router.add_get(CHECK_PATH, check_socket.handle)
    app.router.add_get(f"{CHECK_PATH}/", check_socket.handle)

    async def drain(_app: web.Application) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(DRAIN_S):
                await entrance.drain()

    app.on_shutdown.append(drain)
    return app


async def _on_event(settings: Settings, metrics: Metrics, stack: AsyncExitStack) -> OnEvent:
    """Who is told of what happens in calls. To be ended after the rooms, whose end is told too."""
    config = webhook_config(settings, installed_version("telcall"))
    if config is None:
        return lambda _event: None
    webhooks = await stack.enter_async_context(Webhooks(config, metrics.registry))
    return webhooks.on_event


async def _serve(
    app: web.Application,
    settings: Settings,
    sockets: Sequence[socket.socket],
    metrics: Metrics,
    stack: AsyncExitStack,
) -> None:
    runner = BoundedRunner(
        app,
        http_limits(settings),
        trusted_proxies=trusted_proxies(settings),
        on_limit=metrics.count_limit,
        shutdown_timeout_s=FINISH_REQUESTS_S,
    )
    await runner.setup()
    stack.push_async_callback(runner.cleanup)
    for each in sockets:
        await web.SockSite(runner, each).start()


def _in_background(stack: AsyncExitStack, work: Coroutine[Any, Any, None], name: str) -> None:
    """Runs until the stack is left."""
    task = asyncio.create_task(work, name=name)

    async def end() -> None:
        task.cancel()
        await asyncio.wait([task])

    stack.push_async_callback(end)
