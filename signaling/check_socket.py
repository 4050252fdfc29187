"""The WebSocket at `/ws/check`: a signed-in client hears itself through the SFU, and what became of it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime

import structlog
from aiohttp import web

from sfu.client import ConnectionChanged, Offer, SeatOffer, Sfu, SfuEvent
from sfu.errors import EngineUnavailable, SdpRejected, SfuError
from signaling.check import Check, CheckTimes
from signaling.check_messages import (
    CHECK_CLIENT_MESSAGE,
    AnyCheckMessage,
    CheckOffer,
    CheckReady,
    CheckResult,
)
from signaling.config import SignalingConfig
from signaling.connection import Connection
from signaling.entrance import Accepted, Entrance, Refused
from signaling.ice_servers import IceServers
from signaling.messages import Leave, Message, Ping, Pong, SessionDescription, SfuAnswer
from signaling.metrics import SignalingMetrics
from signaling.protocol import Decoder
from signaling.rate import KeyedBuckets
from signaling.reading import Reader
from signaling.refusals import (
    DRAINING,
    ENGINE_UNAVAILABLE,
    NORMAL_CLOSURE,
    TOO_MANY_CHECKS,
    TOO_MANY_CHECKS_AT_ONCE,
)
from signaling.sfu_values import from_rejection

log = structlog.get_logger(__name__)


class CheckSocket:
    """Its `handle` is the route's handler. Each check is alone in a room of the SFU's that ends with it."""

    def __init__(
        self,
        config: SignalingConfig,
        entrance: Entrance,
        sfu: Sfu,
        ice_servers: IceServers,
        metrics: SignalingMetrics,
        *,
        utc: Callable[[], datetime] = lambda: datetime.now(UTC),
        now_us: Callable[[], int] = lambda: round(asyncio.get_running_loop().time() * 1e6),
    ) -> None:
        self._config, self._entrance, self._sfu, self._metrics = config, entrance, sfu, metrics
        self._ice_servers, self._utc, self._now_us = ice_servers, utc, now_us
        self._begun = KeyedBuckets(config.checks_per_user)
        self._running = 0

    async def handle(self, request: web.Request) -> web.StreamResponse:
        if (answer := self._entrance.turned_away(request)) is not None:
            return answer
        async with (
            self._entrance.accepted(request) as accepted,
            self._entrance.admitted(accepted) as identity,
            self._place(identity.user_id),
        ):
            run = _Run(self._sfu, accepted.connection, identity.user_id, self._new_check(), self._now_us)
            try:
                await run.join()
                accepted.connection.send(self._ready(identity.user_id))
                await self._read(accepted, run)
            except EngineUnavailable as error:
                log.error("engine_unavailable", detail=error.detail)
                raise Refused(ENGINE_UNAVAILABLE) from error
            finally:
                await run.close()
                self._metrics.checks.labels(run.reason).inc()
        return accepted.socket

    @asynccontextmanager
    async def _place(self, user_id: int) -> AsyncIterator[None]:
        """One of so many at once. Raises `Refused`."""
        if self._entrance.is_draining:
            raise Refused(DRAINING)
        if self._running >= self._config.checks_at_once:
            self._metrics.count_limit("checks_at_once")
            raise Refused(TOO_MANY_CHECKS_AT_ONCE)
        if not self._begun.take(user_id, self._now_us()):
            self._metrics.count_limit("checks_per_user")
            raise Refused(TOO_MANY_CHECKS)
        self._running += 1
        self._metrics.checks_running.set(self._running)
        try:
            yield
        finally:
            self._running -= 1
            self._metrics.checks_running.set(self._running)

    def _new_check(self) -> Check:
        config = self._config
        connect_us = round(config.check_connect_s * 1e6)
        times = CheckTimes(
            offer_us=connect_us, connect_us=connect_us, echo_us=round(config.check_echo_s * 1e6)
        )
        return Check(times, self._now_us())

    def _ready(self, user_id: int) -> CheckReady:
        return CheckReady(
            ice_servers=self._ice_servers.for_user(user_id, int(self._utc().timestamp())),
            connect_s=self._config.check_connect_s,
            echo_s=self._config.check_echo_s,
        )

    async def _read(self, accepted: Accepted, run: _Run) -> None:
        decoder: Decoder[AnyCheckMessage] = Decoder(
            CHECK_CLIENT_MESSAGE,
            limits=self._config.messages,
            rates=self._config.rates,
            now_us=self._now_us(),
            on_limit=self._metrics.count_limit,
        )
        await Reader(accepted.socket, accepted.connection, decoder, run.receive).read()


class _Run:
    """One check: its place in the SFU, and the task that follows its clock. `close` ends both."""

    def __init__(
        self, sfu: Sfu, connection: Connection, user_id: int, check: Check, now_us: Callable[[], int]
    ) -> None:
        self._sfu, self._connection, self._user_id = sfu, connection, user_id
        self._check, self._now_us = check, now_us
        self._room = f"check {connection.session}"
        self._offer: CheckOffer | None = None
        self._woken = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self.reason = "gone"
        """Why it was over; `gone`: the client was, before that."""

    async def join(self) -> None:
        """Raises `EngineUnavailable`."""
        await self._sfu.join(self._room, self._user_id, self._connection.session, self._heard, echo=True)
        self._task = asyncio.create_task(self._run(), name=self._room)

    async def close(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait([self._task])
        await self._sfu.leave(self._room, self._user_id, self._connection.session)

    def receive(self, message: AnyCheckMessage) -> None:
        match message:
            case CheckOffer():
                self._offer = message  # a newer one makes one that waits worthless
                self._woken.set()
            case Ping():
                self._connection.send(Pong(t=message.t))
            case Leave():
                self._check.left(self._now_us())
                self._woken.set()

    def _heard(self, event: SfuEvent) -> None:
        """From the SFU."""
        if not isinstance(event, ConnectionChanged):
            return
        if event.state == "connected":
            self._tell(self._check.connected(self._now_us()))
        else:
            self._tell(self._check.broken())
        self._woken.set()  # the next deadline is another one

    async def _run(self) -> None:
        try:
            while (deadline_us := self._check.next_deadline_us()) is not None:
                try:
                    async with asyncio.timeout(max(0.0, (deadline_us - self._now_us()) / 1e6)):
                        await self._woken.wait()
                except TimeoutError:
                    pass
                self._woken.clear()
                if (offer := self._offer) is not None:
                    self._offer = None
                    await self._answer(offer)
                await self._measure()
                self._tell(self._check.advance(self._now_us()))
        except Exception:
            log.exception("check_failed")
            self._connection.refuse(ENGINE_UNAVAILABLE)

    async def _answer(self, message: CheckOffer) -> None:
        seats = tuple(SeatOffer(seat.seat, seat.audio_mid, None) for seat in message.seats)
        offer = Offer(message.offer_id, message.payload.sdp, dict(message.tracks), seats)
        try:
            sdp = await self._sfu.answer(self._room, self._user_id, offer)
        except SdpRejected as rejected:
            self._tell(from_rejection(rejected, message.id))
            return
        payload = SessionDescription(type="answer", sdp=sdp)
        self._tell(SfuAnswer(offer_id=message.offer_id, payload=payload))
        self._check.answered(self._now_us())

    async def _measure(self) -> None:
        if not self._check.measure_due(self._now_us()):
            return
        try:
            measured = await self._sfu.measure(self._room, self._user_id)
        except SfuError:  # lost a moment ago; the result says so
            return
        self._tell(self._check.measured(measured, self._now_us()))

    def _tell(self, message: Message | None) -> None:
        """After the result nothing more."""
        if message is None:
            return
        self._connection.send(message)
        if isinstance(message, CheckResult):
            self.reason = message.reason
        if self._check.is_over:
            self._connection.close(NORMAL_CLOSURE)
