"""Calling friends and sharing calls."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from api.fields import WHOLE, Flag
from api.schemas.friends import UserId

MAX_UPDATE_ID = 2**63 - 1


class FriendCall(BaseModel):
    """`friend_id` is the friend's internal user id."""

    friend_id: UserId
    is_video_enabled: Flag = False


class Invitation(BaseModel):
    friend_id: UserId


class InvitationAnswer(BaseModel):
    """`in_call`: the friend is there already. What comes of a ring is told over the WebSocket."""

    friend_id: int
    state: Literal["ringing", "in_call"]


class SharedCall(BaseModel):
    """For Telegram's `shareMessage`."""

    prepared_message_id: str


class Update(BaseModel):
    """An update of the Bot API, with what has happened beside its id."""

    model_config = ConfigDict(extra="allow")

    update_id: Annotated[int, Field(ge=0, le=MAX_UPDATE_ID), WHOLE]


class Taken(BaseModel):
    ok: bool
