"""The yardstick: a plain signaling relay on Starlette, for `uvicorn benchmarks.signaling.yardstick:app`.

What a team that knows its tools writes in an afternoon: rooms in memory, one coroutine per socket, pydantic
models parsed from and written to JSON in one step. It checks what a relay must check: the token, the size of
a message, its JSON and fields, and that both ends are in the same room. It has no database, no rate limits,
no queue per connection and looks into no SDP, all of which can only make it faster.
"""

from __future__ import annotations

import os
from datetime import UTC, datetime
from typing import Annotated, Any, Literal

import jwt
from pydantic import BaseModel, Field, TypeAdapter, ValidationError
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

SECRET_KEY = os.environ["SECRET_KEY"]
MAX_MESSAGE_BYTES = 1_048_576
MAX_PARTICIPANTS = 30
TOKEN_PREFIX = "token."


# --- messages -------------------------------------------------------------------------------------------


class User(BaseModel):
    id: int
    username: str | None = None
    first_name: str | None = None
    last_name: str | None = None
    photo_url: str | None = None


class ClientMessage(BaseModel):
    id: str | int | None = None
    to_user_id: Annotated[int, Field(ge=1, le=2**63 - 1)]
    payload: Any


class Offer(ClientMessage):
    type: Literal["offer"]


class Answer(ClientMessage):
    type: Literal["answer"]


class IceCandidate(ClientMessage):
    type: Literal["ice_candidate"]


class Relayed(BaseModel):
    type: Literal["offer", "answer", "ice_candidate"]
    from_user: User
    payload: Any


class CallMetadata(BaseModel):
    type: Literal["call_metadata"] = "call_metadata"
    room_start_time: datetime


class ParticipantsSnapshot(BaseModel):
    type: Literal["participants_snapshot"] = "participants_snapshot"
    participants: list[User]


class UserJoined(BaseModel):
    type: Literal["user_joined"] = "user_joined"
    user: User


class UserLeft(BaseModel):
    type: Literal["user_left"] = "user_left"
    user: User


class Error(BaseModel):
    type: Literal["error"] = "error"
    detail: str
    ref: str | int | None = None


CLIENT_MESSAGE: TypeAdapter[Offer | Answer | IceCandidate] = TypeAdapter(
    Annotated[Offer | Answer | IceCandidate, Field(discriminator="type")]
)


# --- rooms ----------------------------------------------------------------------------------------------


class Room:
    def __init__(self) -> None:
        self.started_at = datetime.now(UTC)
        self.sockets: dict[int, WebSocket] = {}
        self.users: dict[int, User] = {}

    async def tell_others(self, user_id: int, message: BaseModel) -> None:
        text = message.model_dump_json()
        for other_id, socket in list(self.sockets.items()):
            if other_id != user_id:
                await send(socket, text)


rooms: dict[str, Room] = {}


async def send(socket: WebSocket, text: str) -> None:
    try:
        await socket.send_text(text)
    except (WebSocketDisconnect, RuntimeError):
        return  # gone; its own coroutine takes it out of the room


def user_of(token: str) -> User | None:
    try:
        claims = jwt.decode(token, SECRET_KEY, algorithms=["HS256"], audience=["api", "ws"])
        return User(id=int(claims["sub"]))
    except (jwt.PyJWTError, KeyError, ValueError):
        return None


async def call(socket: WebSocket) -> None:
    offered: list[str] = socket.scope["subprotocols"]
    token = next((value for value in offered if value.startswith(TOKEN_PREFIX)), "")
    await socket.accept(subprotocol=next((value for value in offered if value != token), token or None))
    user = user_of(token.removeprefix(TOKEN_PREFIX))
    if user is None:
        await send(socket, Error(detail="Not authenticated").model_dump_json())
        await socket.close(4401)
        return
    call_id = socket.path_params["call_id"]
    room = rooms.setdefault(call_id, Room())
    if len(room.sockets) >= MAX_PARTICIPANTS and user.id not in room.sockets:
        await send(socket, Error(detail="The call is full").model_dump_json())
        await socket.close(4429)
        return
    room.sockets[user.id], others = socket, [other for other in room.users.values() if other.id != user.id]
    room.users[user.id] = user
    try:
        await send(socket, CallMetadata(room_start_time=room.started_at).model_dump_json())
        await send(socket, ParticipantsSnapshot(participants=others).model_dump_json())
        await room.tell_others(user.id, UserJoined(user=user))
        while True:
            await receive(socket, room, user, await socket.receive_text())
    except (WebSocketDisconnect, KeyError):  # KeyError: a binary frame
        pass
    finally:
        if room.sockets.get(user.id) is socket:
            del room.sockets[user.id], room.users[user.id]
            await room.tell_others(user.id, UserLeft(user=user))
        if not room.sockets:
            rooms.pop(call_id, None)


async def receive(socket: WebSocket, room: Room, user: User, text: str) -> None:
    if len(text) > MAX_MESSAGE_BYTES or len(text.encode()) > MAX_MESSAGE_BYTES:
        await send(socket, Error(detail="Message too large").model_dump_json())
        return
    try:
        message = CLIENT_MESSAGE.validate_json(text)
    except ValidationError:
        await send(socket, Error(detail="Invalid message").model_dump_json())
        return
    target = room.sockets.get(message.to_user_id)
    if target is None:
        await send(socket, Error(detail="Target user is offline", ref=message.id).model_dump_json())
        return
    relayed = Relayed(type=message.type, from_user=user, payload=message.payload)
    await send(target, relayed.model_dump_json())


async def health(_request: Request) -> Response:
    return JSONResponse({"status": "ok"})


app = Starlette(routes=[Route("/health", health), WebSocketRoute("/ws/calls/{call_id}", call)])
