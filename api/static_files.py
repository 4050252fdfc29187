"""The built Mini App: files as they are, and its page for every path that only the app itself knows."""

from __future__ import annotations

from pathlib import Path

from aiohttp import web

from api.encoded_file import EncodedFile
from api.errors import ApiError, Handler
from api.routes.health import root

INDEX = "index.html"
ASSETS = "assets"  # Vite puts a hash into the names of these
NOT_PAGES = ("api", "auth", "ws", ASSETS)
IMMUTABLE = "public, max-age=31536000, immutable"
NO_CACHE = "no-cache"


class StaticFiles:
    """Serves the folder `web_root`, and nothing outside of it."""

    def __init__(self, web_root: Path) -> None:
        self._root = web_root.resolve()

    @web.middleware
    async def middleware(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Takes what no route takes. To be the innermost: handlers say 404 by an error of our own."""
        try:
            return await handler(request)
        except web.HTTPNotFound:
            if request.method not in ("GET", "HEAD"):
                raise
        return await self._get(request)

    async def _get(self, request: web.Request) -> web.StreamResponse:
        path = request.path.removeprefix("/")
        wants_page = "text/html" in request.headers.get("Accept", "")
        if not path and not wants_page:
            return await root(request)
        if path and (file := self._file(path)) is not None:
            is_asset = file.is_relative_to(self._root / ASSETS)
            return EncodedFile(file, cache_control=IMMUTABLE if is_asset else NO_CACHE)
        index = self._root / INDEX
        if wants_page and path.partition("/")[0] not in NOT_PAGES and index.is_file():
            return EncodedFile(index, cache_control=NO_CACHE)
        raise ApiError(404, "Not Found")

    def _file(self, path: str) -> Path | None:
        """The file at `path`, links resolved; None when there is none inside of the folder."""
        try:
            file = (self._root / path).resolve()
            return file if file.is_relative_to(self._root) and file.is_file() else None
        except (OSError, ValueError):  # too long, or with a NUL
            return None
