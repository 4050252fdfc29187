"""Friends: found, deleted, marked, blocked."""

from __future__ import annotations

from aiohttp import web

from api.answers import answer
from api.bodies import read_body
from api.credentials import signed_in
from api.errors import ApiError
from api.keys import CONFIG, DATABASE
from api.paths import path_user_id
from api.queries import read_query
from api.schemas.friends import (
    Block,
    BlockedAnswer,
    DeletedFriends,
    Favourite,
    FriendsAnswer,
    FriendsQuery,
    FriendsToDelete,
    PlainFriends,
)
from store.queries import friends


async def search(request: web.Request) -> web.Response:
    """Friends, a page of them; who they met last comes first."""
    user_id = (await signed_in(request)).account.user.id
    query = read_query(request, FriendsQuery)
    async with request.app[DATABASE].statement() as executor:
        page = await friends.list_friends(
            executor,
            user_id,
            query=query.query,
            favourites_only=query.favourites,
            limit=query.limit,
            offset=query.offset,
        )
    if request.app[CONFIG].friends_shape == "deployed":
        return answer(PlainFriends.of(page))
    return answer(FriendsAnswer.of(page))


async def delete(request: web.Request) -> web.Response:
    """Delete friends; they lose this one too."""
    user_id = (await signed_in(request)).account.user.id
    ids = (await read_body(request, FriendsToDelete)).ids
    deleted: set[int] = set()
    if ids:
        async with request.app[DATABASE].transaction() as session:
            deleted = await friends.delete_friends(session, user_id, sorted(set(ids)))
    return answer(
        DeletedFriends(
            deleted_ids=[friend_id for friend_id in ids if friend_id in deleted],
            not_found_ids=[friend_id for friend_id in ids if friend_id not in deleted],
        )
    )


async def mark(request: web.Request) -> web.Response:
    """Make a friend a favourite."""
    return await _set_favourite(request, favourite=True)


async def unmark(request: web.Request) -> web.Response:
    """A friend is a favourite no longer."""
    return await _set_favourite(request, favourite=False)


async def blocked(request: web.Request) -> web.Response:
    """Everybody whom the person has blocked."""
    user_id = (await signed_in(request)).account.user.id
    async with request.app[DATABASE].transaction() as session:
        return answer(BlockedAnswer.of(await friends.list_blocked(session, user_id)))


async def block(request: web.Request) -> web.Response:
    """Block a friend, who cannot ring any more; each disappears from the other's list."""
    user_id, other_id = await _pair(request)
    async with request.app[DATABASE].transaction() as session:
        if not await friends.block(session, user_id, other_id):
            raise ApiError(404, "Friend not found")
    return answer(Block(user_id=other_id, is_blocked=True))


async def unblock(request: web.Request) -> web.Response:
    """Take a block back; the two are friends again if they were."""
    user_id, other_id = await _pair(request)
    async with request.app[DATABASE].transaction() as session:
        if not await friends.unblock(session, user_id, other_id):
            raise ApiError(404, "Not blocked")
    return answer(Block(user_id=other_id, is_blocked=False))


async def _set_favourite(request: web.Request, *, favourite: bool) -> web.Response:
    user_id, friend_id = await _pair(request)
    async with request.app[DATABASE].transaction() as session:
        if not await friends.set_favourite(session, user_id, friend_id, favourite=favourite):
            raise ApiError(404, "Friend not found")
    return answer(Favourite(friend_id=friend_id, is_favourite=favourite))


async def _pair(request: web.Request) -> tuple[int, int]:
    """The person, and whom the path names."""
    user_id = (await signed_in(request)).account.user.id
    other_id = path_user_id(request)
    if other_id is None:
        raise ApiError(404, "Friend not found")
    return user_id, other_id
