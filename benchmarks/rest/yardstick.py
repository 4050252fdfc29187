"""The same five endpoints as somebody would write them with FastAPI, for uvicorn with its defaults.

    DATABASE_URL=... SECRET_KEY=... BOT_TOKEN=... uvicorn benchmarks.rest.yardstick:app

What asks the database is ours (`store/queries/`), on a pool of the same size, and a token's holder is asked
for as rarely as we do; so is the check of Telegram's signature. It has no rate limits, no metrics, no request
ids, no CORS, no security headers, and tells nobody of calls that end.
"""

from __future__ import annotations

import os
import secrets
import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Annotated, Literal

import jwt
from fastapi import Depends, FastAPI, HTTPException, Query, Response
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine

from api.cache import ExpiringCache
from api.init_data import InitDataError, Signers, verify
from api.profiles import profile_of
from store.config import StoreConfig
from store.database import asyncpg_url
from store.queries import calls
from store.queries.friends import list_friends
from store.queries.people import Person
from store.queries.users import find_token_holder, upsert_telegram_user

SECRET_KEY = os.environ["SECRET_KEY"]
BOT_TOKEN = os.environ["BOT_TOKEN"]
PUBLIC_URL = os.environ["TELCALL_PUBLIC_URL"]
TOKEN_TTL_S = 2_592_000
CALL_TTL = timedelta(hours=24)
MAX_ACTIVE_CALLS = 5
MAX_PARTICIPANTS = 30
HOLDER_FRESH_S = 15.0

config = StoreConfig(url=os.environ["DATABASE_URL"])
engine = create_async_engine(
    asyncpg_url(config.url),
    pool_size=config.pool_size,
    max_overflow=config.max_overflow,
    # The plans are to be the same.
    connect_args={"server_settings": {"timezone": "UTC", "random_page_cost": "1.1"}},
)
new_session = async_sessionmaker(engine, expire_on_commit=False)
holders: ExpiringCache[str, Person] = ExpiringCache(10_000)  # by the token's jti
bearer = HTTPBearer(auto_error=False)
app = FastAPI(title="Yardstick")


# --- models ---------------------------------------------------------------------------------------------


class Health(BaseModel):
    status: Literal["ok"] = "ok"


class SignIn(BaseModel):
    initData: Annotated[str, Field(max_length=16_384)]


class Me(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    id: int
    telegram_user_id: int
    username: str | None
    first_name: str | None
    last_name: str | None
    photo_url: str | None


class SignedIn(BaseModel):
    user: Me
    expires_in: int
    access_token: str
    token_type: Literal["bearer"] = "bearer"


class NewCall(BaseModel):
    title: Annotated[str | None, Field(max_length=255)] = None
    is_video_enabled: bool = False


class Creator(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    id: int
    first_name: str | None
    username: str | None
    photo_url: str | None


class Call(BaseModel):
    call_id: str
    title: str | None
    is_video_enabled: bool
    status: Literal["active", "ended", "expired"]
    created_at: datetime
    expires_at: datetime | None
    join_url: str
    creator: Creator
    is_creator: bool
    participants_count: int
    max_participants: int


class Friend(Me):
    display_name: str | None
    last_call_at: datetime | None
    is_favourite: bool


class Friends(BaseModel):
    friends: list[Friend]
    total: int


class FriendsQuery(BaseModel):
    query: Annotated[str | None, Field(max_length=255)] = None
    favourites: bool = False
    limit: Annotated[int, Field(ge=1, le=100)] = 50
    offset: Annotated[int, Field(ge=0, le=2**31 - 1)] = 0


# --- dependencies ---------------------------------------------------------------------------------------


async def session_of_request() -> AsyncIterator[AsyncSession]:
    async with new_session() as session:
        yield session


Session = Annotated[AsyncSession, Depends(session_of_request)]


async def current_user(
    credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(bearer)], session: Session
) -> Person:
    if credentials is None:
        raise HTTPException(401, "Not authenticated")
    try:
        claims = jwt.decode(
            credentials.credentials,
            SECRET_KEY,
            algorithms=["HS256"],
            audience="api",
            options={"require": ["sub", "aud", "iat", "exp", "jti"]},
        )
        user_id, jti = int(claims["sub"]), str(claims["jti"])
    except (jwt.PyJWTError, ValueError):
        raise HTTPException(401, "Invalid token") from None
    known = holders.get(jti, time.monotonic(), HOLDER_FRESH_S)
    if known is not None:
        return known
    found = await find_token_holder(session, user_id, jti)
    if found is None or found[1]:
        raise HTTPException(401, "Invalid token")
    holders.put(jti, found[0], time.monotonic())
    return found[0]


CurrentUser = Annotated[Person, Depends(current_user)]


# --- endpoints ------------------------------------------------------------------------------------------


@app.get("/health")
async def health() -> Health:
    return Health()


@app.post("/auth/telegram")
async def sign_in(body: SignIn, response: Response, session: Session) -> SignedIn:
    try:
        person = verify(body.initData, Signers((BOT_TOKEN,)), int(time.time()))
    except InitDataError as error:
        raise HTTPException(error.status, error.detail) from None
    user = await upsert_telegram_user(session, profile_of(person))
    await session.commit()
    now_s = int(time.time())
    token = jwt.encode(
        {
            "sub": str(user.id),
            "aud": "api",
            "iat": now_s,
            "exp": now_s + TOKEN_TTL_S,
            "jti": secrets.token_urlsafe(16),
        },
        SECRET_KEY,
        algorithm="HS256",
    )
    response.set_cookie(
        "access_token", token, max_age=TOKEN_TTL_S, secure=True, httponly=True, samesite="none"
    )
    return SignedIn(user=Me.model_validate(user), expires_in=TOKEN_TTL_S, access_token=token)


@app.post("/api/calls", status_code=201)
async def create_call(body: NewCall, user: CurrentUser, session: Session) -> Call:
    now = datetime.now(UTC)
    call = await calls.create_call(
        session,
        call_id=secrets.token_urlsafe(12),
        creator_user_id=user.id,
        title=body.title,
        is_video_enabled=body.is_video_enabled,
        created_at=now,
        expires_at=now + CALL_TTL,
    )
    await calls.end_calls_over_limit(session, user.id, MAX_ACTIVE_CALLS)
    await session.commit()
    return answer_of(call, user, 0, user)


@app.get("/api/calls/{call_id}")
async def get_call(call_id: str, user: CurrentUser, session: Session) -> Call:
    found = await calls.find_call(session, call_id)
    if found is None:
        raise HTTPException(404, "Call not found")
    if found.call.status != "active":
        raise HTTPException(404, "Call is not available")
    if found.call.expires_at is not None and found.call.expires_at <= datetime.now(UTC):
        raise HTTPException(404, "Call has expired")
    return answer_of(found.call, found.creator, found.participants_count, user)


@app.get("/api/friends")
async def friends(asked: Annotated[FriendsQuery, Query()], user: CurrentUser, session: Session) -> Friends:
    page = await list_friends(
        session,
        user.id,
        query=asked.query,
        favourites_only=asked.favourites,
        limit=asked.limit,
        offset=asked.offset,
    )
    return Friends(
        friends=[
            Friend(
                id=friend.user.id,
                telegram_user_id=friend.user.telegram_user_id,
                username=friend.user.username,
                first_name=friend.user.first_name,
                last_name=friend.user.last_name,
                display_name=display_name(friend.user),
                photo_url=friend.user.photo_url,
                last_call_at=friend.last_call_at,
                is_favourite=friend.is_favourite,
            )
            for friend in page.friends
        ],
        total=page.total,
    )


def display_name(user: Person) -> str | None:
    return " ".join(name for name in (user.first_name, user.last_name) if name) or None


def answer_of(call: calls.CallFacts, creator: Person, participants_count: int, viewer: Person) -> Call:
    return Call(
        call_id=call.call_id,
        title=call.title,
        is_video_enabled=call.is_video_enabled,
        status=call.status,
        created_at=call.created_at,
        expires_at=call.expires_at,
        join_url=f"{PUBLIC_URL}/call/{call.call_id}",
        creator=Creator.model_validate(creator),
        is_creator=creator.id == viewer.id,
        participants_count=participants_count,
        max_participants=MAX_PARTICIPANTS,
    )
