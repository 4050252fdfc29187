"""Friends are rung, calls are shared; and the door by which Telegram speaks to the bot."""

from __future__ import annotations

from aiohttp import web

from api.answers import answer
from api.authenticator import Account, account_of
from api.bodies import read_body
from api.credentials import signed_in
from api.errors import ApiError
from api.keys import BOT, BUS, CONFIG, DATABASE, LIFECYCLE, RING_LIMIT
from api.schemas.calling import FriendCall, Invitation, InvitationAnswer, SharedCall
from api.schemas.calls import CallAnswer
from signaling.lifecycle import CallRecord
from store.queries.friends import find_friend


async def call_friend(request: web.Request) -> web.Response:
    """Create a call and ring a friend into it. What comes of the ring is told over the WebSocket."""
    caller = (await signed_in(request)).account.user
    body = await read_body(request, FriendCall)
    friend = await _friend(request, caller.id, body.friend_id)
    await request.app[RING_LIMIT].hit(caller.id, friend.user.id)
    call = await request.app[LIFECYCLE].create_call(
        caller, title=None, is_video_enabled=body.is_video_enabled, called_user_id=friend.user.id
    )
    request.app[BOT].ring(call.call_id, caller, friend)
    return answer(CallAnswer.of(call, caller.id, request.app[CONFIG]), status=201)


async def invite(request: web.Request) -> web.Response:
    """Ring a friend into a call that one takes part in."""
    caller = (await signed_in(request)).account.user
    body = await read_body(request, Invitation)
    call, present = await _own_call(request, caller.id)
    friend = await _friend(request, caller.id, body.friend_id)
    if friend.user.id in present:
        return answer(InvitationAnswer(friend_id=friend.user.id, state="in_call"))
    await request.app[RING_LIMIT].hit(caller.id, friend.user.id)
    request.app[BOT].ring(call.call_id, caller, friend)
    return answer(InvitationAnswer(friend_id=friend.user.id, state="ringing"))


async def share(request: web.Request) -> web.Response:
    """Prepare a message with the call's link, to be sent by Telegram's `shareMessage`."""
    account = (await signed_in(request)).account
    call, _ = await _own_call(request, account.user.id)
    prepared = await request.app[BOT].prepared_share(call, account)
    return answer(SharedCall(prepared_message_id=prepared))


async def webhook(request: web.Request) -> web.Response:
    """An update from Telegram, who brings the webhook's secret."""
    return await request.app[BOT].webhook(request)


async def _friend(request: web.Request, user_id: int, friend_id: int) -> Account:
    """Somebody they have a link with, and no block. Equal answers: nobody learns who has an account."""
    if friend_id == user_id:
        raise ApiError(400, "You cannot call yourself")
    async with request.app[DATABASE].transaction() as session:
        row = await find_friend(session, user_id, friend_id)
    if row is None:
        raise ApiError(404, "Friend not found")
    return account_of(row)


async def _own_call(request: web.Request, user_id: int) -> tuple[CallRecord, set[int]]:
    """A call that they have created or are in now, and who is in it."""
    call = await request.app[LIFECYCLE].find_call(request.match_info["call_id"])
    room = await request.app[BUS].room(call.call_id)
    present = set() if room is None else {each.user.id for each in room.participants}
    if user_id != call.creator.id and user_id not in present:
        raise ApiError(403, "Only participants of the call can do this")
    return call, present
