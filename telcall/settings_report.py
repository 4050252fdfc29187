"""Settings for people: what is in force and whence (`telcall config`), and `.env.example`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from pydantic import SecretStr

from telcall.settings import Loaded, Origin, Settings, alias_of

MASK = "********"

EXAMPLE_HEAD = """\
# Settings of Tel Call. Copy this file to .env and change what you need; every line is optional.
# A commented line shows the default, or how a value looks where there is none.
# `telcall config` prints what is in force and where each value came from.
"""
EXAMPLE_VALUES = {
    "TELCALL_PUBLIC_ADDRESS": "203.0.113.7,2001:db8::7",
    "TELCALL_PUBLIC_URL": "https://call.example.com",
    "TELCALL_MEDIA_PORT": "8081",
    "TELCALL_DATA_DIR": "/var/lib/telcall",
    "TELCALL_TRUSTED_PROXIES": "10.0.0.0/8",
    "DATABASE_URL": "postgresql://telcall:password@localhost/telcall",
    "BOT_USERNAME": "your_bot",
    "TELEGRAM_BOT_ID": "123456",
    "TURN_SERVERS": "turns:turn.example.com:5349?transport=tcp",
    "TURN_USERNAME": "user",
    "CORS_ALLOW_ORIGINS": "https://example.com",
    "TELCALL_WEBHOOK_URL": "https://example.com/telcall",
    "TELCALL_DOCS": "true",
    "TELCALL_WS_SDP": "2/120",
    "TELCALL_WS_CANDIDATE": "20/1200",
    "TELCALL_WS_BYTES": "131072/1048576",
}


@dataclass(frozen=True, slots=True)
class Row:
    name: str
    value: str
    origin: Origin


def effective(loaded: Loaded) -> list[Row]:
    """Every setting with the value that will be used; secrets masked, passwords in URLs too."""
    settings = loaded.settings
    computed: dict[str, tuple[str, Origin]] = {
        "TELCALL_MEDIA_PORT": (str(settings.effective_media_port), "derived"),
        "TELCALL_PUBLIC_URL": (settings.effective_public_url, "derived"),
        "TELCALL_DATA_DIR": (str(settings.effective_data_dir), "default"),
        "DATABASE_URL": (f"PostgreSQL in {settings.effective_data_dir}", "embedded"),
        "SECRET_KEY": (MASK, "generated"),
        "TELCALL_DOCS": (_shown(settings.docs_on), "derived"),
    }
    rows = []
    for field, info in Settings.model_fields.items():
        name, value = alias_of(info), getattr(settings, field)
        origin = loaded.origins[name]
        if value is None and name in computed:
            rows.append(Row(name, *computed[name]))
        elif name == "DATABASE_URL":
            rows.append(Row(name, without_password(value.get_secret_value()), origin))
        elif name == "TELCALL_DEV_SIGN_IN" and value == "auto":
            rows.append(Row(name, f"auto ({'on' if settings.dev_sign_in_on else 'off'})", origin))
        else:
            rows.append(Row(name, MASK if isinstance(value, SecretStr) else _shown(value), origin))
    return rows


def without_password(url: str) -> str:
    """The URL as it may be shown. Parameters can carry a password too, so they go."""
    parts = urlsplit(url)
    user, at, host = parts.netloc.rpartition("@")
    login = user.partition(":")[0] + (f":{MASK}" if ":" in user else "")
    return f"{parts.scheme}://{login}{at}{host}{parts.path}"


def env_example() -> str:
    """The text of `.env.example`; a test keeps the file the same."""
    lines = [EXAMPLE_HEAD]
    for info in Settings.model_fields.values():
        name = alias_of(info)
        extra = info.json_schema_extra
        unit = extra["unit"] if isinstance(extra, dict) else ""
        default = info.get_default()
        value = EXAMPLE_VALUES.get(name, "") if default in (None, ()) else _shown(default)
        lines += [f"# {info.description} ({unit})", f"#{name}={value}", ""]
    return "\n".join(lines)


def _shown(value: Any) -> str:
    if isinstance(value, tuple):
        return ",".join(value)
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return "" if value is None else str(value)
