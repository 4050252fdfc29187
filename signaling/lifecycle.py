"""A call's life: made, found, ended by its organiser, expired on time.

Rows are in PostgreSQL; whoever is in the room is told by `RoomNotifier`. Errors say why a call cannot be
entered; their texts are for the caller to choose.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Literal, Protocol, cast

import structlog
from sqlalchemy.exc import IntegrityError

from signaling.messages import User
from store.database import Database
from store.errors import DatabaseUnavailable
from store.queries import calls
from store.tables import Call
from store.tables import User as UserRow

log = structlog.get_logger(__name__)

CallStatus = Literal["active", "ended", "expired"]

ENDED = "ended"
EXPIRED = "expired"
OVER_LIMIT = "Maximum active calls limit reached - oldest call auto-ended"

CALL_ID_RANDOM_BYTES = 12  # 16 characters of the URL-safe alphabet, 96 random bits
CALL_ID_CHARACTERS = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")
CALL_ID_MAX = 20
EXPIRY_POLL_S = 15.0
EXPIRY_BATCH = 500


class LifecycleError(Exception):
    """Base of why a call cannot be entered or ended."""


class CallNotFound(LifecycleError):
    """No call has this id."""


class CallExpired(LifecycleError):
    """The call's time is over."""


class CallNotAvailable(LifecycleError):
    """The call was ended."""


class NotOrganizer(LifecycleError):
    """Only the call's creator may do this."""


class CallNotActive(LifecycleError):
    """The call to end is over already."""


class RoomNotifier(Protocol):
    """Whoever holds the rooms."""

    async def call_ended(self, call_id: str, reason: str) -> None:
        """Tell everybody in the call why it is over, then close their sockets. No room: nothing to do."""


@dataclass(frozen=True, slots=True)
class LifecycleConfig:
    call_ttl_hours: float = 24.0
    max_active_calls_per_user: int = 5


@dataclass(frozen=True, slots=True)
class CallRecord:
    """A call as the database has it. `row_id` is `calls.id`."""

    row_id: int
    call_id: str
    title: str | None
    is_video_enabled: bool
    status: CallStatus
    created_at: datetime
    expires_at: datetime | None
    creator: User
    participants_count: int


def new_call_id() -> str:
    return secrets.token_urlsafe(CALL_ID_RANDOM_BYTES)


def is_call_id(text: str) -> bool:
    """True when `text` could be the id of a call: nothing else is asked of the database."""
    return 0 < len(text) <= CALL_ID_MAX and CALL_ID_CHARACTERS.issuperset(text)


class Lifecycle:
    """All changes of a call's status go through here, so that none misses its room."""

    def __init__(
        self,
        database: Database,
        rooms: RoomNotifier,
        config: LifecycleConfig,
        *,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._database, self._rooms, self._config = database, rooms, config
        self._now, self._sleep = now, sleep

    async def create_call(self, creator: User, *, title: str | None, is_video_enabled: bool) -> CallRecord:
        """Make a call; the creator's oldest ones beyond the limit end. Raises `DatabaseUnavailable`."""
        now = self._now()
        for attempt in (1, 2):
            try:
                async with self._database.transaction() as session:
                    call = await calls.create_call(
                        session,
                        call_id=new_call_id(),
                        creator_user_id=creator.id,
                        title=title,
                        is_video_enabled=is_video_enabled,
                        created_at=now,
                        expires_at=now + timedelta(hours=self._config.call_ttl_hours),
                    )
                    ended = await calls.end_calls_over_limit(
                        session, creator.id, self._config.max_active_calls_per_user
                    )
                break
            except IntegrityError:
                if attempt == 2:  # an id taken twice in a row is a broken random source
                    raise
        for call_id in ended:
            await self._rooms.call_ended(call_id, OVER_LIMIT)
        return _record(call, creator, 0)

    async def find_call(self, call_id: str) -> CallRecord:
        """A call that can be entered. Raises `CallNotFound`, `CallExpired`, `CallNotAvailable`,
        `DatabaseUnavailable`."""
        record = await self._find(call_id)
        if record.status == ENDED:
            raise CallNotAvailable
        if record.status == EXPIRED or self._is_past(record):
            raise CallExpired
        return record

    async def end_call(self, call_id: str, user_id: int) -> CallRecord:
        """End a call for everybody in it. Raises `CallNotFound`, `NotOrganizer`, `CallNotActive`,
        `DatabaseUnavailable`."""
        record = await self._find(call_id)
        if record.creator.id != user_id:
            raise NotOrganizer
        async with self._database.transaction() as session:
            if not await calls.end_call(session, record.row_id, self._now()):
                raise CallNotActive
        await self._rooms.call_ended(call_id, ENDED)
        return replace(record, status="ended", participants_count=0)

    async def expire_due(self) -> int:
        """Expire the calls whose time has come and tell their rooms; gives their number."""
        async with self._database.transaction() as session:
            expired = await calls.expire_due_calls(session, self._now(), EXPIRY_BATCH)
        for call_id in expired:
            await self._rooms.call_ended(call_id, EXPIRED)
        return len(expired)

    async def run_expiry(self) -> None:
        """Expire calls on time, until cancelled."""
        while True:
            wait_s = EXPIRY_POLL_S
            try:
                if await self.expire_due() == EXPIRY_BATCH:
                    continue
                wait_s = await self._next_wait_s()
            except DatabaseUnavailable:
                log.warning("expiry_delayed")
            except Exception:
                log.exception("expiry_failed")
            await self._sleep(wait_s)

    async def _next_wait_s(self) -> float:
        async with self._database.transaction() as session:
            due = await calls.next_expiry(session)
        if due is None:
            return EXPIRY_POLL_S
        return min(max((due - self._now()).total_seconds(), 0.01), EXPIRY_POLL_S)

    async def _find(self, call_id: str) -> CallRecord:
        if not is_call_id(call_id):
            raise CallNotFound
        async with self._database.transaction() as session:
            found = await calls.find_call(session, call_id)
        if found is None:
            raise CallNotFound
        return _record(found.call, public_user(found.creator), found.participants_count)

    def _is_past(self, record: CallRecord) -> bool:
        return record.expires_at is not None and record.expires_at <= self._now()


def public_user(row: UserRow) -> User:
    """What others may know of a person."""
    return User(
        id=row.id,
        username=row.username,
        first_name=row.first_name,
        last_name=row.last_name,
        photo_url=row.photo_url,
    )


def _record(call: Call, creator: User, participants_count: int) -> CallRecord:
    return CallRecord(
        row_id=call.id,
        call_id=call.call_id,
        title=call.title,
        is_video_enabled=call.is_video_enabled,
        status=cast(CallStatus, call.status),
        created_at=call.created_at,
        expires_at=call.expires_at,
        creator=creator,
        participants_count=participants_count,
    )
