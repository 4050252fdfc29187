"""The WebSocket at `/ws/calls/{call_id}`: finds the call, joins its room, then reads."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial

from aiohttp import web

from signaling.bus import Bus, RoomUnreachable
from signaling.config import SignalingConfig
from signaling.connection import Connection
from signaling.edge import RoomCall
from signaling.entrance import Accepted, Entrance, Refused
from signaling.ice_servers import IceServers
from signaling.identity import Identity
from signaling.lifecycle import CallExpired, CallNotAvailable, CallNotFound, Lifecycle
from signaling.messages import AnyClientMessage, IceServer
from signaling.metrics import SignalingMetrics
from signaling.protocol import Decoder, call_messages
from signaling.reading import Reader
from signaling.refusals import (
    DATABASE_UNAVAILABLE,
    DRAINING,
    ENDED,
    ENGINE_UNAVAILABLE,
    EXPIRED,
    NOT_FOUND,
)
from store.errors import DatabaseUnavailable


class CallSocket:
    """Its `handle` is the route's handler."""

    def __init__(
        self,
        config: SignalingConfig,
        entrance: Entrance,
        lifecycle: Lifecycle,
        bus: Bus,
        ice_servers: IceServers,
        metrics: SignalingMetrics,
        *,
        utc: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._config, self._entrance, self._metrics, self._utc = config, entrance, metrics, utc
        self._lifecycle, self._bus, self._ice_servers = lifecycle, bus, ice_servers

    async def handle(self, request: web.Request) -> web.StreamResponse:
        if (answer := self._entrance.turned_away(request)) is not None:
            return answer
        async with self._entrance.accepted(request) as accepted:
            await self._serve(accepted)
        return accepted.socket

    # --- letting in -----------------------------------------------------------------------------------------

    async def _serve(self, accepted: Accepted) -> None:
        """From accepted to closed."""
        connection, handshake = accepted.connection, accepted.handshake
        async with self._entrance.admitted(accepted) as identity:
            try:
                call = await self._find(accepted.request.match_info["call_id"])
                ice_servers = self._ice_servers.for_user(identity.user_id, int(self._utc().timestamp()))
                if self._entrance.is_draining:
                    raise Refused(DRAINING)
                if await self._join(connection, call, identity, ice_servers, handshake.resume_token):
                    await self._read(accepted)
            finally:
                self._bus.disconnect(connection.session)

    async def _find(self, call_id: str) -> RoomCall:
        try:
            return await self._lifecycle.joinable(call_id)
        except CallNotFound as error:
            raise Refused(NOT_FOUND) from error
        except CallExpired as error:
            raise Refused(EXPIRED) from error
        except CallNotAvailable as error:
            raise Refused(ENDED) from error
        except DatabaseUnavailable as error:
            raise Refused(DATABASE_UNAVAILABLE) from error

    async def _join(
        self,
        connection: Connection,
        call: RoomCall,
        identity: Identity,
        ice_servers: list[IceServer],
        resume_token: str | None,
    ) -> bool:
        try:
            return await self._bus.join(connection, call, identity, ice_servers, resume_token)
        except RoomUnreachable as error:
            raise Refused(ENGINE_UNAVAILABLE) from error

    async def _read(self, accepted: Accepted) -> None:
        """Hand messages to the room until either side closes."""
        connection = accepted.connection
        decoder: Decoder[AnyClientMessage] = Decoder(
            call_messages(v2=connection.v2),
            limits=self._config.messages,
            rates=self._config.rates,
            now_us=round(asyncio.get_running_loop().time() * 1e6),
            on_limit=self._metrics.count_limit,
        )
        take = partial(self._bus.receive, connection.session)
        await Reader(accepted.socket, connection, decoder, take).read()
