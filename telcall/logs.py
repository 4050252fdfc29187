"""Logs: structlog for ours, the standard library's records through the same end; secrets cut out of both.

A person at a terminal gets lines to read, everything else JSON.
"""

from __future__ import annotations

import contextlib
import functools
import json as json_module
import logging
import re
import sys
from collections.abc import Iterator, Mapping, MutableMapping
from typing import Any, TextIO

import structlog
from structlog.typing import Processor

REDACTED = "[redacted]"

# Matched against a field's whole name, lower case, without underscores and dashes.
SECRET_FIELDS = frozenset(
    {"accesstoken", "bottoken", "resumetoken", "secrettoken", "token", "wstoken"}
    | {"authorization", "cookie", "initdata", "setcookie"}
    | {"credential", "databaseurl", "password", "secretkey", "turnpassword", "turnsecret"}
    | {"admintoken", "telcallsignature", "webhooksecret", "xtelegrambotapisecrettoken"}
    | {"answer", "icepwd", "offer", "pwd", "sdp"}
)

# Each secret's own shape, wherever it stands in a text: errors of other libraries quote what they were given.
# First what none of them is without: to look for that is quicker by far.
SECRET_SHAPES: tuple[tuple[str, re.Pattern[str], str], ...] = (
    ("eyJ", re.compile(r"eyJ[\w-]{5,}\.[\w-]{5,}\.[\w-]*"), REDACTED),  # JWT (RFC 7519)
    ("token.", re.compile(r"\btoken\.[\w.~+/=-]{8,}"), f"token.{REDACTED}"),  # WebSocket subprotocols
    ("resume.", re.compile(r"\bresume\.[\w.~+/=-]{8,}"), f"resume.{REDACTED}"),
    ("earer", re.compile(r"\b[Bb]earer\s+[^\s'\",]+"), f"Bearer {REDACTED}"),
    (":", re.compile(r"(?<!\d)\d{5,12}:[\w-]{30,}"), REDACTED),  # a bot's token, in a URL after `bot` too
    ("=", re.compile(r"\b(hash|signature)=[0-9A-Za-z_%-]{16,}"), rf"\1={REDACTED}"),  # initData
    ("auth_date=", re.compile(r"\bauth_date=\d+[^\s'\"]*"), f"auth_date={REDACTED}"),
    ("ice-pwd:", re.compile(r"(ice-pwd:)[^\s\\'\"]+"), rf"\1{REDACTED}"),  # RFC 8839 §5.4
    ("://", re.compile(r"(://[^\s:/@]*:)[^\s@/]+@"), rf"\1{REDACTED}@"),  # a URL's password
)

NOISY = {
    "aioice": logging.WARNING,
    "aiortc": logging.WARNING,
    "aiohttp.access": logging.WARNING,
    "aiogram": logging.INFO,
    "alembic": logging.WARNING,
    "asyncio": logging.WARNING,
    "sqlalchemy": logging.WARNING,
}


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Nothing below a warning is logged meanwhile."""
    before = structlog.get_config()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    try:
        yield
    finally:
        structlog.configure(**before)


def configure(level: str, *, json: bool, stream: TextIO = sys.stderr) -> None:
    """Sets up all logging of the process. level: debug, info, warning or error."""
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
    ]
    renderer: Processor = (
        _JsonRenderer() if json else structlog.dev.ConsoleRenderer(colors=stream.isatty(), pad_event_to=32)
    )
    handler = logging.StreamHandler(stream)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[*shared, structlog.stdlib.ExtraAdder()],
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, redact, renderer],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    for name, least in NOISY.items():
        logging.getLogger(name).setLevel(max(least, root.level))
    lines = _Lines(stream)
    structlog.configure(
        processors=[*shared, redact, renderer],
        logger_factory=lambda *_names: lines,
        wrapper_class=structlog.make_filtering_bound_logger(root.level),
        cache_logger_on_first_use=True,
    )


class _Lines:
    """Where our lines go, without the standard library's records, which cost more than all else of a line.

    That one cannot be written, on a full disk, does not fail what it tells of.
    """

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def _write(self, line: str) -> None:
        with contextlib.suppress(OSError, ValueError):  # ValueError: it is closed
            try:
                self._stream.write(f"{line}\n")
            except UnicodeEncodeError:
                self._stream.write(f"{line.encode('ascii', 'backslashreplace').decode()}\n")
            self._stream.flush()

    debug = info = warning = error = critical = _write


class _JsonRenderer:
    """structlog's own makes an encoder anew for each line."""

    def __init__(self) -> None:
        self._encode = json_module.JSONEncoder(ensure_ascii=False, default=str).encode

    def __call__(self, _logger: Any, _method: str, event: MutableMapping[str, Any]) -> str:
        return self._encode(event)


def redact(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """A structlog processor: no secret leaves by its name or by its shape."""
    for name, value in event.items():
        if not name.startswith("_"):
            event[name] = _clean(name, value)
    return event


def scrub(text: str) -> str:
    """`text` without anything that looks like a secret of ours."""
    for mark, shape, replacement in SECRET_SHAPES:
        if mark in text:
            text = shape.sub(replacement, text)
    return text


@functools.lru_cache(maxsize=1_024)
def _is_secret(field: str) -> bool:
    return field.lower().replace("_", "").replace("-", "") in SECRET_FIELDS


def _clean(name: str, value: Any) -> Any:
    if _is_secret(name):
        return REDACTED if value else value
    if isinstance(value, str):
        return scrub(value)
    if isinstance(value, Mapping):
        return {key: _clean(str(key), inner) for key, inner in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_clean("", inner) for inner in value]
    if value is None or isinstance(value, bool | int | float):
        return value
    return scrub(str(value))
