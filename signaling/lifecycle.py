"""The life of a call: created, found, ended by its creator, expired by time. Rooms hear of each end."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal, cast

import structlog

from signaling.bus import Bus, RoomUnreachable
from signaling.config import SignalingConfig
from signaling.edge import RoomCall
from signaling.messages import User
from signaling.room_state import RoomPosition
from store.database import Database
from store.errors import DatabaseUnavailable
from store.queries import calls
from store.queries.participants import add_participants
from store.queries.people import Person
from store.tables import User as UserRow
from store.tables.call import ACTIVE, EXPIRED

log = structlog.get_logger(__name__)

CALL_ID_BYTES = 12
"""96 random bits: 16 characters of URL-safe base64."""
OVER_LIMIT_REASON = "Maximum active calls limit reached - oldest call auto-ended"
MAX_WAIT_S = 30.0
"""How long the expiry task sleeps at most: other processes create and end calls too."""
ROOMS_WAIT_S = 5.0
"""How long a room may go on whose call another process has ended."""
ROOMS_AT_ONCE = 500

CallStatus = Literal["active", "ended", "expired"]


class LifecycleError(Exception):
    """What can be wrong with a call."""


class CallNotFound(LifecycleError):
    """No call has this id."""


class CallExpired(LifecycleError):
    """The call's time is over."""


class CallNotAvailable(LifecycleError):
    """The call was ended."""


class NotOrganizer(LifecycleError):
    """Only who created a call may end it."""


class CallNotActive(LifecycleError):
    """A call that is over cannot be ended."""


@dataclass(frozen=True, slots=True)
class CallRecord:
    """A call as it stands in the database. `row_id` is `calls.id`, `call_id` what links carry."""

    row_id: int
    call_id: str
    title: str | None
    is_video_enabled: bool
    status: CallStatus
    created_at: datetime
    expires_at: datetime | None
    creator: User
    participants_count: int


def public_user(row: UserRow | Person) -> User:
    """A person as others may see them."""
    return User(
        id=row.id,
        username=row.username,
        first_name=row.first_name,
        last_name=row.last_name,
        photo_url=row.photo_url,
    )


class Lifecycle:
    """Every method may raise `DatabaseUnavailable`. `async with` runs the expiry task."""

    def __init__(
        self,
        database: Database,
        bus: Bus,
        config: SignalingConfig,
        *,
        utc: Callable[[], datetime] = lambda: datetime.now(UTC),
        on_limit: Callable[[str], None] = lambda _name: None,
    ) -> None:
        self._database, self._bus, self._config, self._utc = database, bus, config, utc
        self._on_limit = on_limit
        self._overdue: set[str] = set()  # calls whose room has ended by itself; bounded by the rooms
        self._wake = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self.on_ended: Callable[[str], None] = lambda _call_id: None
        """Told the id of a call that has ended for good, whether anybody was in it or not."""
        bus.on_call_over = self._call_over

    async def __aenter__(self) -> Lifecycle:
        self._task = asyncio.create_task(self._run(), name="call_expiry")
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait([self._task])

    # --- what requests ask for ----------------------------------------------------------------------------

    async def create_call(
        self,
        creator: User,
        *,
        title: str | None,
        is_video_enabled: bool,
        called_user_id: int | None = None,
    ) -> CallRecord:
        """Add an active call. The creator's oldest ones beyond `max_active_calls` end.

        `called_user_id`: a friend whom the call is to. Both get their `participants` rows at once.
        """
        now = self._utc()
        async with self._database.transaction() as session:
            row = await calls.create_call(
                session,
                call_id=secrets.token_urlsafe(CALL_ID_BYTES),
                creator_user_id=creator.id,
                title=title,
                is_video_enabled=is_video_enabled,
                created_at=now,
                expires_at=now + timedelta(seconds=self._config.call_ttl_s),
            )
            if called_user_id is not None:
                await add_participants(session, row.id, (creator.id, called_user_id), now)
            beyond = await calls.end_calls_over_limit(session, creator.id, self._config.max_active_calls)
        for call_id in beyond:
            self._on_limit("max_active_calls_per_user")
            self._over(call_id, OVER_LIMIT_REASON)
        if self._config.call_ttl_s < MAX_WAIT_S:  # the expiry task would sleep through it
            self._wake.set()
        log.info("call_created", ended=len(beyond))
        return CallRecord(
            row_id=row.id,
            call_id=row.call_id,
            title=row.title,
            is_video_enabled=row.is_video_enabled,
            status="active",
            created_at=row.created_at,
            expires_at=row.expires_at,
            creator=creator,
            participants_count=0,
        )

    async def find_call(self, call_id: str) -> CallRecord:
        """An active call. Raises `CallNotFound`, `CallExpired`, `CallNotAvailable`."""
        call = await self._find(call_id)
        if call.status == "expired" or self._is_past(call):
            raise CallExpired
        if call.status == "ended":
            raise CallNotAvailable
        return call

    async def end_call(self, call_id: str, user_id: int | None) -> CallRecord:
        """End a call for everybody in it. `user_id`: who wants it; None is the operator.

        Raises `CallNotFound`, `NotOrganizer`, `CallNotActive`.
        """
        call = await self._find(call_id)
        if user_id is not None and call.creator.id != user_id:
            raise NotOrganizer
        async with self._database.transaction() as session:
            has_ended = await calls.end_call(session, call.row_id, self._utc())
        if not has_ended:
            raise CallNotActive
        self._over(call_id, "ended")
        log.info("call_ended", reason="operator" if user_id is None else "organizer")
        return await self._find(call_id)

    async def end_calls_of(self, user_id: int) -> None:
        """End every active call that the person has created."""
        async with self._database.transaction() as session:
            ended = await calls.end_calls_over_limit(session, user_id, 0)
        for call_id in ended:
            self._over(call_id, "ended")

    async def joinable(self, call_id: str) -> RoomCall:
        """What a room has to know of its call. Raises as `find_call`."""
        call = await self.find_call(call_id)
        return RoomCall(call.call_id, call.row_id, call.creator.id)

    async def _find(self, call_id: str) -> CallRecord:
        if "\0" in call_id:  # PostgreSQL's text has none
            raise CallNotFound
        async with self._database.statement() as executor:
            found = await calls.find_call(executor, call_id)
        if found is None:
            raise CallNotFound
        return CallRecord(
            row_id=found.call.id,
            call_id=found.call.call_id,
            title=found.call.title,
            is_video_enabled=found.call.is_video_enabled,
            status=cast(CallStatus, found.call.status),
            created_at=found.call.created_at,
            expires_at=found.call.expires_at,
            creator=public_user(found.creator),
            participants_count=found.participants_count,
        )

    def _is_past(self, call: CallRecord) -> bool:
        return call.status == ACTIVE and call.expires_at is not None and call.expires_at <= self._utc()

    def _over(self, call_id: str, reason: str) -> None:
        self._bus.end(call_id, reason)
        self.on_ended(call_id)

    # --- what happens by itself ---------------------------------------------------------------------------

    def _call_over(self, call_id: str) -> None:
        self._overdue.add(call_id)
        self._wake.set()
        self.on_ended(call_id)

    async def expire_due(self) -> float:
        """Expire what is due, end what rooms have ended; gives the seconds until there is more to do."""
        overdue = sorted(self._overdue)
        async with self._database.transaction() as session:
            for call_id in overdue:
                if (found := await calls.find_call(session, call_id)) is not None:
                    await calls.end_call(session, found.call.id, self._utc())
            expired = await calls.expire_due_calls(session, self._utc())
            next_expiry = await calls.next_expiry(session)
        self._overdue.difference_update(overdue)
        for call_id in expired:
            self._over(call_id, EXPIRED)
        if expired:
            log.info("calls_expired", calls=len(expired))
        if next_expiry is None:
            return MAX_WAIT_S
        return min(MAX_WAIT_S, max(0.0, (next_expiry - self._utc()).total_seconds()))

    async def close_what_others_ended(self) -> None:
        """Close rooms whose calls another process has ended or expired.

        Raises `RoomUnreachable`.
        """
        after: RoomPosition | None = None
        while (page := await self._bus.rooms(after, ROOMS_AT_ONCE)).rooms:
            async with self._database.transaction() as session:
                over = await calls.over_among(session, [room.call_id for room in page.rooms])
            for call_id, status in over:
                self._over(call_id, EXPIRED if status == EXPIRED else "ended")
            after = (page.rooms[-1].started_at, page.rooms[-1].call_id)

    async def _run(self) -> None:
        while True:
            self._wake.clear()
            try:
                # Without rooms too: one may be opened meanwhile.
                wait_s = min(await self.expire_due(), ROOMS_WAIT_S)
                await self.close_what_others_ended()
            except (DatabaseUnavailable, RoomUnreachable):
                wait_s = 1.0
            except Exception:
                log.exception("call_expiry_failed")
                wait_s = MAX_WAIT_S
            try:
                async with asyncio.timeout(max(wait_s, 0.01)):
                    await self._wake.wait()
            except TimeoutError:
                pass
