"""What paths carry beside their words."""

from __future__ import annotations

from aiohttp import web

from api.tokens import MAX_USER_ID

MAX_ID_CHARS = 10


def path_user_id(request: web.Request) -> int | None:
    """The `{user_id}` of the path; None when nobody can have such an id."""
    text = request.match_info["user_id"]
    if not (text.isascii() and text.isdigit() and len(text) <= MAX_ID_CHARS):
        return None
    user_id = int(text)
    return user_id if 0 < user_id <= MAX_USER_ID else None
