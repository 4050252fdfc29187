"""A file, or what the build has compressed it to."""

from __future__ import annotations

import re
from pathlib import Path

from aiohttp import web
from aiohttp.abc import AbstractStreamWriter
from multidict import CIMultiDict

from api.encodings import liked_encodings

_ONE_RANGE = re.compile(r"bytes=([0-9]{0,18})-([0-9]{0,18})")


class EncodedFile(web.FileResponse):
    """Sends `file`, or the `.br` or `.gz` beside it, as the client likes best.

    The library finds these, and gives each its own ETag; it takes each coding that is named for a liked one,
    and each Range for one that is understood. So it is told only what counts.
    """

    def __init__(self, file: Path, *, cache_control: str) -> None:
        super().__init__(file, headers={"Cache-Control": cache_control, "Vary": "Accept-Encoding"})

    async def prepare(self, request: web.BaseRequest) -> AbstractStreamWriter | None:
        return await super().prepare(request.clone(headers=_what_counts(request)))


def _what_counts(request: web.BaseRequest) -> CIMultiDict[str]:
    headers = CIMultiDict(request.headers)
    liked = liked_encodings(", ".join(headers.popall("Accept-Encoding", [])))
    # The library looks for `br` first, whatever the order: what is liked less is not named.
    headers["Accept-Encoding"] = ", ".join(liked if liked[:1] == ("br",) else liked[:1])
    # RFC 9110 §13.1.5: If-Range may hold an ETag, which the library does not compare: all of it, then.
    if request.method != "GET" or '"' in headers.get("If-Range", "") or not _is_one_range(headers):
        headers.popall("Range", None)
    return headers


def _is_one_range(headers: CIMultiDict[str]) -> bool:
    """RFC 9110 §14.2: what is malformed or of another unit is ignored, and many ranges may be."""
    found = _ONE_RANGE.fullmatch(headers.get("Range", ""))
    if found is None:
        return False
    first, last = found.groups()
    return bool(first or last) and not (first and last and int(last) < int(first))
