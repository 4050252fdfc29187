"""Friends, as a person sees them: the links of people who met, without those a block stands between.

To who is blocked it looks as if the link had been deleted.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Select,
    Text,
    and_,
    bindparam,
    delete,
    func,
    or_,
    select,
    true,
    tuple_,
    update,
)
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncSession

from store.queries.executor import Executor
from store.queries.people import PERSON, Person
from store.tables import FriendLink, User, UserBlock

_ESCAPE = "/"


@dataclass(frozen=True, slots=True)
class Friend:
    """`last_call_at`: when they last met."""

    user: Person
    last_call_at: datetime
    is_favourite: bool


@dataclass(frozen=True, slots=True)
class FriendPage:
    """`total`: on all pages."""

    friends: Sequence[Friend]
    total: int


async def list_friends(
    executor: Executor,
    user_id: int,
    *,
    query: str | None,
    favourites_only: bool,
    limit: int,
    offset: int,
) -> FriendPage:
    """Who they met last comes first. `query`: is part of a name, of first and last name together, or of the
    username, in capitals or not."""
    statement = _page_of_friends(searches=bool(query), favourites_only=favourites_only)
    given: dict[str, Any] = {"user_id": user_id, "limit": limit, "offset": offset}
    if query:
        given["query"] = _escaped(query)
    rows = (await executor.execute(statement, given)).all()
    friends = [Friend(Person(*row[3:]), row[1], row[2] is not None) for row in rows if row[3] is not None]
    return FriendPage(friends, rows[0][0])


@cache
def _page_of_friends(*, searches: bool, favourites_only: bool) -> Select[Any]:
    found = (
        select(FriendLink.friend_id, FriendLink.updated_at, FriendLink.favourite_at)
        .join(User, User.id == FriendLink.friend_id)
        # Who has deleted their data may have met somebody just before.
        .where(FriendLink.user_id == bindparam("user_id"), User.telegram_user_id > 0, ~_is_blocked())
    )
    if favourites_only:
        found = found.where(FriendLink.favourite_at.is_not(None))
    if searches:
        found = found.where(_matches(bindparam("query", type_=Text)))
    matching = found.cte("matching")
    page = (
        select(matching)
        .order_by(matching.c.updated_at.desc(), matching.c.friend_id)
        .limit(bindparam("limit"))
        .offset(bindparam("offset"))
        .subquery("page")
    )
    total = select(func.count().label("total")).select_from(matching).subquery("counted")
    # The total comes with the page, with an empty one too.
    return (
        select(total.c.total, page.c.updated_at, page.c.favourite_at, *PERSON)
        .select_from(total)
        .outerjoin(page, true())
        .outerjoin(User, User.id == page.c.friend_id)
        .order_by(page.c.updated_at.desc(), page.c.friend_id)
    )


async def find_friend(session: AsyncSession, user_id: int, friend_id: int) -> User | None:
    """The friend, if they are one: linked, and no block between the two."""
    statement = (
        select(User)
        .join(FriendLink, FriendLink.friend_id == User.id)
        .where(
            FriendLink.user_id == user_id,
            FriendLink.friend_id == friend_id,
            User.telegram_user_id > 0,
            ~_is_blocked(),
        )
    )
    return (await session.scalars(statement)).one_or_none()


async def delete_friends(session: AsyncSession, user_id: int, friend_ids: Sequence[int]) -> set[int]:
    """Delete links, both directions of each; gives the ids of those who were friends."""
    pairs = [*((user_id, other) for other in friend_ids), *((other, user_id) for other in friend_ids)]
    statement = (
        delete(FriendLink)
        .where(tuple_(FriendLink.user_id, FriendLink.friend_id).in_(pairs), ~_is_blocked())
        .returning(FriendLink.user_id, FriendLink.friend_id)
    )
    deleted = (await session.execute(statement)).all()
    return {friend_id for owner_id, friend_id in deleted if owner_id == user_id}


async def set_favourite(session: AsyncSession, user_id: int, friend_id: int, *, favourite: bool) -> bool:
    """Mark a friend or take the mark away; false when they are no friend."""
    statement = (
        update(FriendLink)
        .where(FriendLink.user_id == user_id, FriendLink.friend_id == friend_id, ~_is_blocked())
        .values(favourite_at=func.coalesce(FriendLink.favourite_at, func.now()) if favourite else None)
        .returning(FriendLink.friend_id)
        .execution_options(synchronize_session=False)
    )
    return (await session.scalar(statement)) is not None


async def block(session: AsyncSession, user_id: int, blocked_id: int) -> bool:
    """Block somebody who is a friend; false for others. Doing so twice is no error."""
    link = select(FriendLink.user_id, FriendLink.friend_id).where(
        FriendLink.user_id == user_id, FriendLink.friend_id == blocked_id, ~_is_blocked()
    )
    new = upsert(UserBlock).from_select(["user_id", "blocked_id"], link).on_conflict_do_nothing()
    if (await session.scalar(new.returning(UserBlock.blocked_id))) is not None:
        return True
    standing = select(UserBlock).where(UserBlock.user_id == user_id, UserBlock.blocked_id == blocked_id)
    return (await session.scalar(standing)) is not None


async def unblock(session: AsyncSession, user_id: int, blocked_id: int) -> bool:
    """Take a block back; false when there was none."""
    statement = (
        delete(UserBlock)
        .where(UserBlock.user_id == user_id, UserBlock.blocked_id == blocked_id)
        .returning(UserBlock.blocked_id)
    )
    return (await session.scalar(statement)) is not None


async def list_blocked(session: AsyncSession, user_id: int) -> Sequence[tuple[User, datetime]]:
    """Everybody this person has blocked, and since when; the newest first."""
    statement = (
        select(User, UserBlock.created_at)
        .join(UserBlock, UserBlock.blocked_id == User.id)
        .where(UserBlock.user_id == user_id)
        .order_by(UserBlock.created_at.desc(), User.id)
    )
    return [(row[0], row[1]) for row in await session.execute(statement)]


def _is_blocked() -> ColumnElement[bool]:
    """A block, of either, stands between the two of a link."""
    return (
        select(UserBlock.user_id)
        .where(
            or_(
                and_(UserBlock.user_id == FriendLink.user_id, UserBlock.blocked_id == FriendLink.friend_id),
                and_(UserBlock.user_id == FriendLink.friend_id, UserBlock.blocked_id == FriendLink.user_id),
            )
        )
        .correlate(FriendLink)
        .exists()
    )


def _matches(query: BindParameter[str]) -> ColumnElement[bool]:
    joined = func.concat_ws(" ", User.first_name, User.last_name)
    return or_(
        # Both names alone are parts of the joined one.
        joined.icontains(query, escape=_ESCAPE),
        User.username.icontains(query, escape=_ESCAPE),
    )


def _escaped(query: str) -> str:
    """For LIKE, where each character is to stand for itself."""
    return re.sub(f"[%_{_ESCAPE}]", lambda found: _ESCAPE + found[0], query)
