"""People."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import cast

from sqlalchemy import Executable, Table, bindparam, case, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from store.queries.executor import Executor
from store.queries.people import PERSON, KnownPerson
from store.tables import RevokedToken, User


@dataclass(frozen=True, slots=True)
class TelegramProfile:
    """What Telegram says of a person; None is 'has none'. Texts fit their columns and hold no NUL.

    `username_is_known` false: what came as the username is none, the one we have stays.
    `photo_is_known` false: photos are not told where this comes from.
    """

    telegram_user_id: int
    username: str | None = None
    first_name: str | None = None
    last_name: str | None = None
    photo_url: str | None = None
    language_code: str | None = None
    username_is_known: bool = True
    photo_is_known: bool = True


_TOKEN_HOLDER = select(
    select(RevokedToken.jti).where(RevokedToken.jti == bindparam("jti")).exists(), *PERSON, User.language_code
).where(User.id == bindparam("user_id"), User.telegram_user_id > 0)


async def upsert_telegram_user(executor: Executor, profile: TelegramProfile) -> KnownPerson:
    """Create or renew a person. Telegram's word replaces ours, cleared fields too; a language that was
    chosen here stays."""
    statement = _upsert(with_username=profile.username_is_known, with_photo=profile.photo_is_known)
    given = {
        "telegram_user_id": profile.telegram_user_id,
        "username": profile.username,
        "first_name": profile.first_name,
        "last_name": profile.last_name,
        "photo_url": profile.photo_url,
        "language_code": profile.language_code,
    }
    return KnownPerson(*(await executor.execute(statement, given)).one())


@cache
def _upsert(*, with_username: bool, with_photo: bool) -> Executable:
    new = insert(cast(Table, User.__table__))  # of the entity it would be a bulk insert
    return new.on_conflict_do_update(
        index_elements=[User.telegram_user_id],
        set_={
            "username": new.excluded.username if with_username else User.username,
            "first_name": new.excluded.first_name,
            "last_name": new.excluded.last_name,
            "photo_url": new.excluded.photo_url if with_photo else User.photo_url,
            "language_code": case(
                (User.language_chosen, User.language_code), else_=new.excluded.language_code
            ),
            "updated_at": func.now(),
        },
    ).returning(*PERSON, User.language_code)


async def find_token_holder(executor: Executor, user_id: int, jti: str) -> tuple[KnownPerson, bool] | None:
    """The person a token speaks for, and whether that token was revoked; None when nobody has this id, or
    nobody any more."""
    row = (await executor.execute(_TOKEN_HOLDER, {"user_id": user_id, "jti": jti})).one_or_none()
    return None if row is None else (KnownPerson(*row[1:]), row[0])


async def choose_language(session: AsyncSession, user_id: int, language_code: str | None) -> User | None:
    """Keep the language a person picked: Telegram's no longer replaces it. `language_code` None takes the
    choice back: what we have stays until the next sign-in brings Telegram's. Answers None: they are gone."""
    picked = {} if language_code is None else {"language_code": language_code}
    statement = (
        update(User)
        .where(User.id == user_id, User.telegram_user_id > 0)
        .values(**picked, language_chosen=language_code is not None, updated_at=func.now())
        .returning(User)
    )
    return (await session.scalars(statement)).one_or_none()
