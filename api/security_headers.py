"""Headers that tell browsers what a page of ours may do. No `unsafe-*` anywhere."""

from __future__ import annotations

from urllib.parse import urlsplit

from aiohttp import web

# Telegram's web clients show Mini Apps in a frame.
TELEGRAM_WEB = " ".join(f"https://{name}web.telegram.org" for name in ("", "k.", "a.", "z."))
TELEGRAM_SCRIPT = "https://telegram.org"

PERMISSIONS = {
    **dict.fromkeys(("geolocation", "payment", "usb"), "()"),
    **dict.fromkeys(
        (
            "microphone",
            "camera",
            "display-capture",
            "screen-wake-lock",
            "clipboard-write",
            "autoplay",
            "fullscreen",
            "picture-in-picture",
        ),
        "(self)",
    ),
}


def content_security_policy(public_url: str) -> str:
    """The policy (CSP level 3) for a server reached at `public_url`."""
    parts = urlsplit(public_url)
    # The page may come from another host than the API. Safari before 15.4 does not take ws: of the same host
    # for 'self'.
    api = f"{parts.scheme}://{parts.netloc} {'wss' if parts.scheme == 'https' else 'ws'}://{parts.netloc}"
    return "; ".join(
        (
            "default-src 'self'",
            f"script-src 'self' {TELEGRAM_SCRIPT}",
            "style-src 'self'",
            "img-src 'self' data: blob: https:",
            "media-src 'self' blob:",
            "font-src 'self'",
            f"connect-src 'self' {api}",
            "worker-src 'self' blob:",
            "object-src 'none'",
            "base-uri 'none'",
            "form-action 'self'",
            f"frame-ancestors 'self' {TELEGRAM_WEB}",
        )
    )


class SecurityHeaders:
    """The same headers on every response."""

    def __init__(self, public_url: str) -> None:
        self._headers = {
            "Content-Security-Policy": content_security_policy(public_url),
            "Permissions-Policy": ", ".join(f"{name}={who}" for name, who in PERMISSIONS.items()),
            "Referrer-Policy": "strict-origin-when-cross-origin",
            "X-Content-Type-Options": "nosniff",
            "Server": "telcall",  # and no versions
        }

    async def add(self, _request: web.Request, response: web.StreamResponse) -> None:
        """Signal `on_response_prepare`."""
        response.headers.update(self._headers)
