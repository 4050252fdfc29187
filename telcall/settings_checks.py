"""What no type can say about settings: shapes of addresses, URLs, keys, and values that need each other."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from ipaddress import ip_address, ip_network
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from telcall.settings import Settings

# RFC 7064 and RFC 7065, in the lower case that everybody writes.
_ICE_URI = re.compile(
    r"(?P<scheme>stuns?|turns?):(\[[0-9A-Fa-f:.]+\]|[^\s:/?@\[\]]+)(:(?P<port>\d{1,5}))?(\?transport=(udp|tcp))?"
)
MIN_SECRET_KEY_BYTES = 32  # RFC 7518 §3.2: an HS256 key is at least as long as its hash
MIN_OPERATOR_SECRET_CHARS = 32


def wrong_values(settings: Settings) -> list[str]:
    """One line for each problem. Secrets are never repeated."""
    found = [
        f"TELCALL_HOST={name}: not an IP address or localhost"
        for name in settings.host
        if name != "localhost" and not _is_address(name)
    ]
    if not settings.host:
        found.append("TELCALL_HOST: needs at least one address")
    if settings.media_port is None and settings.port == 65535:
        found.append("TELCALL_PORT=65535: leaves no port for media; set TELCALL_MEDIA_PORT or a lower port")
    found += [
        f"TELCALL_PUBLIC_ADDRESS={name}: not an IP address"
        for name in settings.public_address
        if not _is_address(name)
    ]
    if settings.public_url is not None and not _is_web_url(settings.public_url):
        found.append(f"TELCALL_PUBLIC_URL={settings.public_url}: not an http:// or https:// URL")
    found += [
        f"TELCALL_TRUSTED_PROXIES={name}: not an IP address or network"
        for name in settings.trusted_proxies
        if not _is_network(name)
    ]
    if settings.database_url is not None and not _is_postgres_url(settings.database_url.get_secret_value()):
        found.append(
            "DATABASE_URL: not of the form postgresql://user:password@host/name; no other database works"
        )
    if settings.secret_key is not None:
        size = len(settings.secret_key.get_secret_value().encode())
        if size < MIN_SECRET_KEY_BYTES:
            found.append(
                f"SECRET_KEY: {size} bytes, needs {MIN_SECRET_KEY_BYTES}; openssl rand -hex 32 makes one"
            )
    if settings.old_secret_keys is not None:
        old = [key.strip() for key in settings.old_secret_keys.get_secret_value().split(",")]
        if any(0 < len(key.encode()) < MIN_SECRET_KEY_BYTES for key in old):
            found.append(f"TELCALL_OLD_SECRET_KEYS: each needs {MIN_SECRET_KEY_BYTES} bytes")
    if settings.bot_token is not None and not _is_bot_token(settings.bot_token.get_secret_value()):
        found.append("BOT_TOKEN: not of the form 123456:ABC...")
    if not _is_web_url(settings.telegram_api_url):
        found.append("TELCALL_TELEGRAM_API_URL: not an http:// or https:// URL")
    if settings.bot == "webhook" and not settings.effective_public_url.startswith("https://"):
        found.append("TELCALL_BOT=webhook: needs a TELCALL_PUBLIC_URL with https://, which Telegram asks for")
    found += _wrong_ice_uris("STUN_SERVERS", settings.stun_servers, ("stun", "stuns"))
    found += _wrong_ice_uris("TURN_SERVERS", settings.turn_servers, ("turn", "turns"))
    turn_login = settings.turn_username is not None and settings.turn_password is not None
    if settings.turn_servers and settings.turn_secret is None and not turn_login:
        found.append("TURN_SERVERS: needs TURN_SECRET, or TURN_USERNAME with TURN_PASSWORD")
    found += [
        f"CORS_ALLOW_ORIGINS={origin}: {why}"
        for origin in settings.cors_allow_origins
        if (why := _origin_problem(origin)) is not None
    ]
    return [*found, *_wrong_operator_values(settings)]


def _wrong_operator_values(settings: Settings) -> Iterator[str]:
    if settings.admin_token is not None:
        token = settings.admin_token.get_secret_value()
        if len(token) < MIN_OPERATOR_SECRET_CHARS or not all("!" <= char <= "~" for char in token):
            yield (
                f"TELCALL_ADMIN_TOKEN: needs {MIN_OPERATOR_SECRET_CHARS} characters or more of ASCII without "
                "spaces; openssl rand -hex 32 makes one"
            )
    url, secret = settings.webhook_url, settings.webhook_secret
    if secret is not None and len(secret.get_secret_value()) < MIN_OPERATOR_SECRET_CHARS:
        yield (
            f"TELCALL_WEBHOOK_SECRET: needs {MIN_OPERATOR_SECRET_CHARS} characters or more; "
            "openssl rand -hex 32 makes one"
        )
    if url is not None and not _is_webhook_url(url):
        yield (
            "TELCALL_WEBHOOK_URL: not of the form https://host/path, without a login and a fragment; "
            "http:// is for this machine only"
        )
    if url is not None and secret is None:
        yield "TELCALL_WEBHOOK_URL: needs TELCALL_WEBHOOK_SECRET"


def _is_webhook_url(text: str) -> bool:
    try:
        parts = urlsplit(text)
        if parts.port == 0:
            return False
    except ValueError:
        return False
    if not parts.hostname or "@" in parts.netloc or parts.fragment or not text.isprintable() or " " in text:
        return False
    return parts.scheme == "https" or (parts.scheme == "http" and _is_loopback(parts.hostname))


def _is_loopback(host: str) -> bool:
    return host == "localhost" or (_is_address(host) and ip_address(host).is_loopback)


def _wrong_ice_uris(name: str, uris: Iterable[str], schemes: tuple[str, ...]) -> Iterator[str]:
    for uri in uris:
        found = _ICE_URI.fullmatch(uri)
        if found is None or found["scheme"] not in schemes or int(found["port"] or 1) not in range(1, 65536):
            yield f"{name}={uri}: not of the form {schemes[0]}:host:port"


def _is_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True


def _is_network(text: str) -> bool:
    try:
        ip_network(text)
    except ValueError:
        return False
    return True


def _is_web_url(text: str) -> bool:
    try:
        parts = urlsplit(text)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False


def _is_postgres_url(text: str) -> bool:
    try:
        scheme = urlsplit(text).scheme
    except ValueError:
        return False
    return scheme in ("postgresql", "postgres", "postgresql+asyncpg")


def _is_bot_token(text: str) -> bool:
    number, colon, secret = text.partition(":")
    return bool(colon) and number.isdecimal() and len(secret) >= 3 and not secret.isspace()


def _origin_problem(text: str) -> str | None:
    if text == "*":
        return "any page could act for a signed-in person; name the origins"
    try:
        parts = urlsplit(text)
    except ValueError:
        return "not an origin such as https://example.com"
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.path or parts.query:
        return "not an origin such as https://example.com (no path, no slash at the end)"
    return None
