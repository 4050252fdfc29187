"""Which STUN and TURN servers work at the moment: each is asked now and then for what clients want of it."""

from __future__ import annotations

import asyncio
import ssl
import time
from collections.abc import Callable

import structlog
from prometheus_client import CollectorRegistry, Gauge

from signaling.config import IceConfig
from signaling.ice_probe import ProbeFailed, probe_stun, probe_turn
from signaling.ice_servers import turn_credentials
from signaling.ice_uri import parse_ice_uri

log = structlog.get_logger(__name__)

INTERVAL_S = 15.0
TIMEOUT_S = 5.0
CHECK_NAME = "health"
"""Stands for a user id in the credentials of a check."""


class IceHealth:
    """`async with` keeps the answers of `is_healthy` fresh.

    A TURN server counts as dead until it has given an allocation, a STUN server as alive until it has failed
    to answer: without a relay a call may fail, a dead STUN server costs it nothing.
    """

    def __init__(
        self,
        config: IceConfig,
        registry: CollectorRegistry,
        *,
        interval_s: float = INTERVAL_S,
        timeout_s: float = TIMEOUT_S,
        now_s: Callable[[], float] = time.time,
        tls: ssl.SSLContext | bool = True,
    ) -> None:
        self._config, self._interval_s, self._timeout_s, self._now_s = config, interval_s, timeout_s, now_s
        self._tls = tls
        self._servers = (*config.stun_servers, *config.turn_servers)
        self._healthy: dict[str, bool] = {}
        self._task: asyncio.Task[None] | None = None
        self._up = Gauge(
            "telcall_ice_server_up",
            "STUN and TURN servers that passed their check",
            ["url"],
            registry=registry,
        )

    async def __aenter__(self) -> IceHealth:
        if self._servers:
            self._task = asyncio.create_task(self._run(), name="ice_health")
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait([self._task])

    def is_healthy(self, url: str) -> bool:
        return self._healthy.get(url, url.startswith("stun"))

    async def check_all(self) -> None:
        """Ask every server once."""
        await asyncio.gather(*(self._check(url) for url in self._servers))

    async def _run(self) -> None:
        while True:
            try:
                await self.check_all()
            except Exception:
                log.exception("ice_check_failed")
            await asyncio.sleep(self._interval_s)

    async def _check(self, url: str) -> None:
        healthy, why = True, ""
        try:
            async with asyncio.timeout(self._timeout_s):
                await self._probe(url)
        except (ProbeFailed, OSError, TimeoutError) as error:
            healthy, why = False, str(error) or type(error).__name__
        if self._healthy.get(url) != healthy:
            log.log(20 if healthy else 30, "ice_server_changed", url=url, healthy=healthy, why=why)
        self._healthy[url] = healthy
        self._up.labels(url).set(healthy)

    async def _probe(self, url: str) -> None:
        uri = parse_ice_uri(url)
        if uri is None:
            raise ProbeFailed("not a STUN or TURN URI that can be checked")
        if uri.kind == "stun":
            await probe_stun(uri, self._tls)
        else:
            await probe_turn(uri, turn_credentials(self._config, CHECK_NAME, int(self._now_s())), self._tls)
