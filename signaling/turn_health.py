"""Which TURN servers work at the moment: each is asked for a real allocation (RFC 8656) now and then."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

import structlog
from aioice.stun import TransactionError
from aioice.turn import create_turn_endpoint

from signaling.config import IceConfig
from signaling.ice_servers import turn_credentials
from signaling.turn_uri import parse_turn_uri

log = structlog.get_logger(__name__)

INTERVAL_S = 15.0
TIMEOUT_S = 5.0
CHECK_NAME = "health"
"""Stands for a user id in the credentials of a check."""


class _Relay(asyncio.DatagramProtocol):
    """Knows when the allocation has been given back."""

    def __init__(self) -> None:
        self.gone = asyncio.Event()

    def connection_lost(self, exc: Exception | None) -> None:
        self.gone.set()


class TurnHealth:
    """`async with` keeps the answers of `is_healthy` fresh. A server is unhealthy until it has passed."""

    def __init__(
        self,
        config: IceConfig,
        *,
        interval_s: float = INTERVAL_S,
        timeout_s: float = TIMEOUT_S,
        now_s: Callable[[], float] = time.time,
    ) -> None:
        self._config, self._interval_s, self._timeout_s, self._now_s = config, interval_s, timeout_s, now_s
        self._healthy: dict[str, bool] = {}
        self._task: asyncio.Task[None] | None = None

    async def __aenter__(self) -> TurnHealth:
        if self._config.turn_servers:
            self._task = asyncio.create_task(self._run(), name="turn_health")
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait([self._task])

    def is_healthy(self, url: str) -> bool:
        return self._healthy.get(url, False)

    async def check_all(self) -> None:
        """Ask every server once."""
        await asyncio.gather(*(self._check(url) for url in self._config.turn_servers))

    async def _run(self) -> None:
        while True:
            try:
                await self.check_all()
            except Exception:
                log.exception("turn_check_failed")
            await asyncio.sleep(self._interval_s)

    async def _check(self, url: str) -> None:
        healthy, why = True, ""
        try:
            async with asyncio.timeout(self._timeout_s):
                await self._allocate(url)
        except (TransactionError, OSError, TimeoutError, ValueError) as error:
            healthy, why = False, str(error) or type(error).__name__
        if self._healthy.get(url) != healthy:
            log.log(20 if healthy else 30, "turn_health_changed", url=url, healthy=healthy, why=why)
        self._healthy[url] = healthy

    async def _allocate(self, url: str) -> None:
        """Make an allocation and give it back. Raises when the server does not let us."""
        uri = parse_turn_uri(url)
        if uri is None or (uri.secure and uri.transport == "udp"):
            raise ValueError("not a TURN URI that can be checked")
        credentials = turn_credentials(self._config, CHECK_NAME, int(self._now_s()))
        if credentials is None:
            raise ValueError("no TURN credentials")
        username, password = credentials
        transport, relay = await create_turn_endpoint(
            _Relay,
            (uri.host, uri.port),
            username=username,
            password=password,
            ssl=True if uri.secure else None,
            transport=uri.transport,
        )
        transport.close()
        await relay.gone.wait()
