"""Every route of the REST API, with what it takes and gives."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from pydantic import BaseModel

from api.errors import Handler
from api.routes import (
    admin,
    auth,
    call_stats,
    calling,
    calls,
    dev_sign_in,
    friends,
    health,
    history,
    privacy,
    ratings,
    webrtc_config,
)
from api.schemas.admin import EndedCall, RemovedParticipant, RoomAnswer, RoomsAnswer, RoomsQuery
from api.schemas.auth import (
    BrowserLink,
    BrowserSignIn,
    DevSignInAnswer,
    DevSignInRequest,
    DevSignInState,
    Message,
    Profile,
    ProfileUpdate,
    SignInAnswer,
    SignInRequest,
    WsToken,
)
from api.schemas.call_stats import (
    CallStatsAnswer,
    CallStatsList,
    CallStatsQuery,
    CallSummaryAnswer,
    NewCallStats,
)
from api.schemas.calling import FriendCall, Invitation, InvitationAnswer, SharedCall, Taken, Update
from api.schemas.calls import CallAnswer, CallCode, NewCall
from api.schemas.friends import (
    Block,
    BlockedAnswer,
    DeletedFriends,
    Favourite,
    FriendsAnswer,
    FriendsQuery,
    FriendsToDelete,
)
from api.schemas.health import Health
from api.schemas.history import HistoryAnswer, HistoryQuery
from api.schemas.privacy import Deletion, Export
from api.schemas.ratings import NewRating
from api.schemas.webrtc_config import WebRtcConfig


@dataclass(frozen=True, slots=True)
class Route:
    """`is_admin`: for whoever brings the admin token. `headers`: of success, `errors`: status -> the texts of
    its `detail`; both beside what every route has."""

    method: str
    path: str
    handler: Handler
    answer: type[BaseModel]
    body: type[BaseModel] | None = None
    query: type[BaseModel] | None = None
    status: int = 200
    is_public: bool = False
    is_admin: bool = False
    secret_header: str | None = None
    """By which a public route knows its caller."""
    headers: tuple[str, ...] = ()
    errors: Mapping[int, tuple[str, ...]] = field(default_factory=dict)

    @property
    def summary(self) -> str:
        """The first sentence of the handler's docstring."""
        return (self.handler.__doc__ or "").strip().partition("\n")[0]


COOKIE = ("Set-Cookie",)
SECRET_HEADER = "X-Telegram-Bot-Api-Secret-Token"
GONE = {404: ("Call not found", "Call has expired", "Call is not available")}
UNREACHABLE = {503: ("Call unreachable",)}
NO_DEV = {404: ("Not Found",)}
NOT_THERE = {403: ("Only participants of the call can do this",), 404: ("Call not found",)}
NO_FRIEND = {404: ("Friend not found",)}
BAD_INIT_DATA = {
    400: (
        "Malformed initData",
        "Missing hash in initData",
        "Missing signature in initData",
        "Missing auth_date in initData",
        "Invalid auth_date in initData",
        "Missing user payload in initData",
        "Invalid user payload",
        "Telegram user id is required",
    ),
    401: (
        "Invalid initData hash",
        "Invalid initData signature",
        "initData is too old",
        "initData is from the future",
    ),
    403: ("Origin not allowed",),
    503: ("Sign-in is not configured", "Database unavailable"),
}

ROUTES: tuple[Route, ...] = (
    Route(
        "POST",
        "/auth/telegram",
        auth.sign_in,
        SignInAnswer,
        SignInRequest,
        is_public=True,
        headers=COOKIE,
        errors=BAD_INIT_DATA,
    ),
    Route("GET", "/auth/ws-token", auth.ws_token, WsToken),
    Route("POST", "/auth/browser-link", auth.browser_link, BrowserLink),
    Route(
        "POST",
        "/auth/browser",
        auth.browser_sign_in,
        SignInAnswer,
        BrowserSignIn,
        is_public=True,
        headers=COOKIE,
        errors={
            401: ("Invalid token", "Invalid token payload", "Token has expired", "User not found"),
            403: ("Origin not allowed",),
            503: ("Database unavailable",),
        },
    ),
    Route("POST", "/auth/logout", auth.sign_out, Message, headers=COOKIE),
    Route("GET", "/auth/dev", dev_sign_in.state, DevSignInState, is_public=True, errors=NO_DEV),
    Route(
        "POST",
        "/auth/dev",
        dev_sign_in.make_init_data,
        DevSignInAnswer,
        DevSignInRequest,
        is_public=True,
        errors=NO_DEV,
    ),
    Route("GET", "/api/me", auth.me, Profile),
    Route("PATCH", "/api/me", auth.change_me, Profile, ProfileUpdate, errors={404: ("User not found",)}),
    Route("DELETE", "/api/me", privacy.delete, Message, Deletion, headers=COOKIE),
    Route("GET", "/api/me/export", privacy.export, Export, headers=("Content-Disposition",)),
    Route("POST", "/api/calls", calls.create, CallAnswer, NewCall, status=201),
    Route("GET", "/api/calls", history.own, HistoryAnswer, query=HistoryQuery),
    Route(
        "POST",
        "/api/calls/join_by_code",
        calls.join_by_code,
        CallAnswer,
        CallCode,
        errors=GONE | {400: ("Call code is required",)},
    ),
    Route(
        "POST",
        "/api/calls/friend",
        calling.call_friend,
        CallAnswer,
        FriendCall,
        status=201,
        errors=NO_FRIEND | {400: ("You cannot call yourself",)},
    ),
    Route("GET", "/api/calls/{call_id}", calls.get, CallAnswer, errors=GONE),
    Route(
        "POST",
        "/api/calls/{call_id}/invite",
        calling.invite,
        InvitationAnswer,
        Invitation,
        errors=UNREACHABLE
        | {
            400: ("You cannot call yourself",),
            403: NOT_THERE[403],
            404: (*GONE[404], *NO_FRIEND[404]),
        },
    ),
    Route(
        "POST",
        "/api/calls/{call_id}/share",
        calling.share,
        SharedCall,
        errors=GONE
        | {
            403: NOT_THERE[403],
            409: ("Telegram cannot prepare this message",),
            503: ("Call unreachable", "Bot is not configured", "Telegram is not reachable"),
        },
    ),
    Route(
        "POST",
        "/api/telegram/webhook",
        calling.webhook,
        Taken,
        Update,
        is_public=True,
        secret_header=SECRET_HEADER,
        errors={
            400: ("Malformed update",),
            401: ("Not authenticated",),
            403: ("Forbidden",),
            404: ("Not Found",),
            503: ("Database unavailable", "Telegram is not reachable"),
        },
    ),
    Route(
        "POST",
        "/api/calls/{call_id}/end",
        calls.end,
        CallAnswer,
        errors={
            400: ("Call is no longer active. Please create a new call.",),
            403: ("Only the organizer can end the call",),
            404: ("Call not found",),
        },
    ),
    Route("GET", "/api/friends", friends.search, FriendsAnswer, query=FriendsQuery),
    Route("POST", "/api/friends/delete", friends.delete, DeletedFriends, FriendsToDelete),
    Route("GET", "/api/friends/blocked", friends.blocked, BlockedAnswer),
    Route("PUT", "/api/friends/{user_id}/favourite", friends.mark, Favourite, errors=NO_FRIEND),
    Route("DELETE", "/api/friends/{user_id}/favourite", friends.unmark, Favourite, errors=NO_FRIEND),
    Route("PUT", "/api/friends/{user_id}/block", friends.block, Block, errors=NO_FRIEND),
    Route("DELETE", "/api/friends/{user_id}/block", friends.unblock, Block, errors={404: ("Not blocked",)}),
    Route(
        "POST",
        "/api/calls/{call_id}/rating",
        ratings.rate,
        Message,
        NewRating,
        status=202,
        errors={
            400: ("It is too late to rate the call",),
            403: ("Only participants can rate the call",),
            404: ("Call not found",),
            503: ("Database unavailable",),
        },
    ),
    Route(
        "POST",
        "/api/call-stats",
        call_stats.add,
        CallStatsAnswer,
        NewCallStats,
        status=201,
        errors=NOT_THERE | {409: ("Too many reports of this call",)},
    ),
    Route("GET", "/api/call-stats", call_stats.own, CallStatsList, query=CallStatsQuery),
    Route("GET", "/api/call-stats/{call_id}", call_stats.summary, CallSummaryAnswer, errors=NOT_THERE),
    Route("GET", "/api/config/webrtc", webrtc_config.get, WebRtcConfig),
    Route(
        "GET",
        "/api/admin/rooms",
        admin.rooms,
        RoomsAnswer,
        query=RoomsQuery,
        is_admin=True,
        errors=UNREACHABLE,
    ),
    Route(
        "GET",
        "/api/admin/rooms/{call_id}",
        admin.room,
        RoomAnswer,
        is_admin=True,
        errors=UNREACHABLE | {404: ("Nobody is in this call",)},
    ),
    Route(
        "POST",
        "/api/admin/rooms/{call_id}/end",
        admin.end,
        EndedCall,
        is_admin=True,
        errors={
            400: ("Call is no longer active. Please create a new call.",),
            404: ("Call not found",),
            503: ("Database unavailable",),
        },
    ),
    Route(
        "DELETE",
        "/api/admin/rooms/{call_id}/participants/{user_id}",
        admin.remove,
        RemovedParticipant,
        is_admin=True,
        errors=UNREACHABLE | {404: ("They are not in this call",)},
    ),
    Route("GET", "/health", health.get, Health, is_public=True),
)
