"""A person as queries of columns give them."""

from __future__ import annotations

from dataclasses import dataclass

from store.tables import User


@dataclass(frozen=True, slots=True)
class Person:
    """What others may see of them, and their Telegram id."""

    id: int
    telegram_user_id: int
    username: str | None
    first_name: str | None
    last_name: str | None
    photo_url: str | None


@dataclass(frozen=True, slots=True)
class KnownPerson(Person):
    """And the language of the bot's messages to them."""

    language_code: str | None


PERSON = (
    User.id,
    User.telegram_user_id,
    User.username,
    User.first_name,
    User.last_name,
    User.photo_url,
)
"""The columns, in the order of `Person`'s fields."""
