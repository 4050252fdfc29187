"""`GET /metrics`, in Prometheus' text format."""

from __future__ import annotations

import hmac

from aiohttp import web
from prometheus_client import generate_latest

from api.client_address import is_forwarded, peer_address
from api.errors import ApiError
from api.keys import CONFIG, REGISTRY


async def get(request: web.Request) -> web.Response:
    if not _is_allowed(request):
        raise ApiError(404, "Not Found")
    return web.Response(
        body=generate_latest(request.app[REGISTRY]),
        headers={"Content-Type": "text/plain; version=0.0.4; charset=utf-8", "Cache-Control": "no-store"},
    )


def _is_allowed(request: web.Request) -> bool:
    """By the token if there is one; else from this machine or a private network, and not through a proxy."""
    if (token := request.app[CONFIG].metrics_token) is not None:
        given = request.headers.get("Authorization", "").encode("utf-8", "surrogateescape")
        return hmac.compare_digest(given, f"Bearer {token}".encode())
    peer = peer_address(request)
    return peer is not None and peer.is_private and not is_forwarded(request)
