"""Friends: people who were in a call together."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, RootModel, model_validator
from pydantic_core import PydanticCustomError

from api.fields import WHOLE, Text
from api.schemas.calls import Time
from api.tokens import MAX_USER_ID
from store.queries.friends import Friend, FriendPage
from store.queries.people import Person
from store.tables import User

DELETED_AT_ONCE = 1_000

UserId = Annotated[int, Field(ge=1, le=MAX_USER_ID), WHOLE]


def display_name(user: User | Person) -> str | None:
    """First and last name; None when there is neither."""
    if user.first_name and user.last_name:
        return f"{user.first_name} {user.last_name}"
    return user.first_name or user.last_name or None


class FriendsQuery(BaseModel):
    """`query`: part of a name, of first and last name together, or of the username."""

    query: Annotated[Text | None, Field(max_length=255)] = None
    favourites: bool = False
    limit: Annotated[int, Field(ge=1, le=100)] = 50
    offset: Annotated[int, Field(ge=0, le=MAX_USER_ID)] = 0


class PersonAnswer(BaseModel):
    """`id`: the internal one."""

    id: int
    telegram_user_id: int
    username: str | None
    first_name: str | None
    last_name: str | None
    display_name: str | None
    photo_url: str | None

    @classmethod
    def fields_of(cls, user: User | Person) -> dict[str, Any]:
        return {
            "id": user.id,
            "telegram_user_id": user.telegram_user_id,
            "username": user.username,
            "first_name": user.first_name,
            "last_name": user.last_name,
            "display_name": display_name(user),
            "photo_url": user.photo_url,
        }


class FriendAnswer(PersonAnswer):
    """`last_call_at`: when they last met."""

    last_call_at: Time | None
    is_favourite: bool

    @classmethod
    def fields_of_friend(cls, friend: Friend) -> dict[str, Any]:
        return {
            **cls.fields_of(friend.user),
            "last_call_at": friend.last_call_at,
            "is_favourite": friend.is_favourite,
        }


class FriendsAnswer(BaseModel):
    """A page. `total`: on all pages."""

    friends: list[FriendAnswer]
    total: int

    @classmethod
    def of(cls, page: FriendPage) -> FriendsAnswer:
        # All at once: one by one takes half as long again.
        friends = [FriendAnswer.fields_of_friend(friend) for friend in page.friends]
        return cls.model_validate({"friends": friends, "total": page.total})


class PlainFriend(BaseModel):
    id: int
    telegram_user_id: int
    display_name: str | None
    username: str | None
    photo_url: str | None
    last_call_at: Time | None


class PlainFriends(RootModel[list[PlainFriend]]):
    """The list alone, as first clients take it: where `TELCALL_FRIENDS_SHAPE` is `deployed`."""

    @classmethod
    def of(cls, page: FriendPage) -> PlainFriends:
        return cls.model_validate([FriendAnswer.fields_of_friend(friend) for friend in page.friends])


class FriendsToDelete(BaseModel):
    """One of the two, or both."""

    model_config = ConfigDict(
        json_schema_extra={
            "anyOf": [
                {"required": ["friend_id"], "properties": {"friend_id": {"type": "integer"}}},
                {"required": ["friend_ids"], "properties": {"friend_ids": {"type": "array"}}},
            ]
        }
    )

    friend_id: UserId | None = None
    friend_ids: Annotated[list[UserId], Field(max_length=DELETED_AT_ONCE)] | None = None

    @model_validator(mode="after")
    def _names_somebody(self) -> FriendsToDelete:
        if self.friend_id is None and self.friend_ids is None:
            raise PydanticCustomError("missing", "friend_id or friend_ids is required")
        return self

    @property
    def ids(self) -> list[int]:
        """In the order they were given."""
        return [*([] if self.friend_id is None else [self.friend_id]), *(self.friend_ids or [])]


class DeletedFriends(BaseModel):
    """`not_found_ids`: who was no friend. Both in the order they were given."""

    message: str = "Friend deleted successfully"
    deleted_ids: list[int]
    not_found_ids: list[int]


class Favourite(BaseModel):
    friend_id: int
    is_favourite: bool


class Block(BaseModel):
    user_id: int
    is_blocked: bool


class BlockedPerson(PersonAnswer):
    blocked_at: Time


class BlockedAnswer(BaseModel):
    """Everybody whom the person has blocked, the newest first."""

    blocked: list[BlockedPerson]
    total: int

    @classmethod
    def of(cls, blocked: Sequence[tuple[User, datetime]]) -> BlockedAnswer:
        people = [BlockedPerson(**PersonAnswer.fields_of(user), blocked_at=at) for user, at in blocked]
        return cls(blocked=people, total=len(people))
