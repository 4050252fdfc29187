"""Every setting: its name, type, unit, default and what it is for.

Documented names stand as they are; ours begin with `TELCALL_`. Values come from the environment, else from
`.env` in the working folder, else from here. They are read once, by `load`; packages get frozen dataclasses.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from ipaddress import ip_address
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, SecretStr, ValidationError, model_validator
from pydantic.fields import FieldInfo
from pydantic_settings import (
    BaseSettings,
    DotEnvSettingsSource,
    EnvSettingsSource,
    NoDecode,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)

from telcall.settings_checks import wrong_values

OUR_PREFIX = "TELCALL_"

Origin = Literal["default", "environment", ".env", "generated", "embedded", "derived"]
Port = Annotated[int, Field(ge=1, le=65535)]
Bucket = Annotated[str, Field(pattern=r"^\d{1,9}(\.\d{1,3})?/[1-9]\d{0,11}$")]
"""A token bucket: so many come back each second, and so many are there at once."""


def _comma_separated(value: Any) -> Any:
    if isinstance(value, str):
        return tuple(part for part in (piece.strip() for piece in value.split(",")) if part)
    return value


CommaSeparated = Annotated[tuple[str, ...], NoDecode, BeforeValidator(_comma_separated)]


def _setting(unit: str, description: str) -> dict[str, Any]:
    return {"description": description, "json_schema_extra": {"unit": unit}}


class Settings(BaseSettings):
    """Effective values. Names in the environment are each field's alias."""

    # An empty value counts as not set: compose files pass such.
    model_config = SettingsConfigDict(
        frozen=True, extra="forbid", case_sensitive=False, env_ignore_empty=True, env_file_encoding="utf-8"
    )

    # --- where it listens and keeps things ---------------------------------------------------------
    host: CommaSeparated = Field(
        ("127.0.0.1", "::1"),
        alias="TELCALL_HOST",
        **_setting("addresses", "where HTTP and WebSocket listen; 0.0.0.0,:: for everywhere"),
    )
    port: Port = Field(8080, alias="TELCALL_PORT", **_setting("port", "of HTTP and WebSocket"))
    media_port: Port | None = Field(
        None, alias="TELCALL_MEDIA_PORT", **_setting("UDP port", "of the SFU; default: TELCALL_PORT + 1")
    )
    public_address: CommaSeparated = Field(
        (),
        alias="TELCALL_PUBLIC_ADDRESS",
        **_setting(
            "IP addresses",
            "told to clients as the SFU's. Default: the interfaces', and the outer one STUN_SERVERS see",
        ),
    )
    public_url: str | None = Field(
        None,
        alias="TELCALL_PUBLIC_URL",
        **_setting("URL", "how people reach this server; default: http://localhost:TELCALL_PORT"),
    )
    data_dir: Path | None = Field(
        None,
        alias="TELCALL_DATA_DIR",
        **_setting(
            "folder", "database and keys; default: /var/lib/telcall, or ~/.local/share/telcall if not root"
        ),
    )
    trusted_proxies: CommaSeparated = Field(
        (),
        alias="TELCALL_TRUSTED_PROXIES",
        **_setting("networks", "whose X-Forwarded-For is believed, such as 10.0.0.0/8"),
    )

    # --- database and keys ---------------------------------------------------------------------------
    database_url: SecretStr | None = Field(
        None,
        alias="DATABASE_URL",
        **_setting("URL", "postgresql://user:password@host/name; default: an embedded PostgreSQL"),
    )
    secret_key: SecretStr | None = Field(
        None,
        alias="SECRET_KEY",
        **_setting(
            "text, 32 bytes or more",
            "signs tokens; default: made once and kept in the data folder (openssl rand -hex 32 makes one)",
        ),
    )
    old_secret_keys: SecretStr | None = Field(
        None,
        alias="TELCALL_OLD_SECRET_KEYS",
        **_setting(
            "texts", "separated by commas: earlier values of SECRET_KEY whose tokens are still to be taken"
        ),
    )
    access_token_expire_minutes: int = Field(
        43_200, ge=1, le=525_600, alias="ACCESS_TOKEN_EXPIRE_MINUTES", **_setting("minutes", "30 days")
    )

    # --- Telegram --------------------------------------------------------------------------------------
    bot_token: SecretStr | None = Field(
        None,
        alias="BOT_TOKEN",
        **_setting("token", "from @BotFather; checks Telegram's signature at sign-in"),
    )
    bot_username: str | None = Field(
        None,
        alias="BOT_USERNAME",
        **_setting("name", "without @; makes links https://t.me/<name>?startapp=..."),
    )
    telegram_bot_id: int | None = Field(
        None,
        gt=0,
        alias="TELEGRAM_BOT_ID",
        **_setting("id", "checks Telegram's Ed25519 signature where BOT_TOKEN is not to be given"),
    )
    bot: Literal["auto", "webhook", "polling", "off"] = Field(
        "auto",
        alias="TELCALL_BOT",
        **_setting(
            "auto, webhook, polling, off",
            "how the bot's updates come; auto: by webhook where TELCALL_PUBLIC_URL is https. off: not here",
        ),
    )
    telegram_api_url: str = Field(
        "https://api.telegram.org",
        alias="TELCALL_TELEGRAM_API_URL",
        **_setting("URL", "of the Bot API; another one for a server of your own"),
    )
    ring_s: float = Field(
        45,
        ge=5,
        le=600,
        alias="TELCALL_RING_S",
        **_setting("seconds", "a friend is rung, then it is a missed call"),
    )
    bot_queue: int = Field(
        10_000,
        ge=10,
        le=1_000_000,
        alias="TELCALL_BOT_QUEUE",
        **_setting("messages", "that wait for Telegram; beyond, the oldest is given up"),
    )
    dev_sign_in: Literal["auto", "on", "off"] = Field(
        "auto",
        alias="TELCALL_DEV_SIGN_IN",
        **_setting(
            "auto, on, off",
            "sign-in by name alone; auto: without BOT_TOKEN, while everything listens on loopback",
        ),
    )

    # --- ICE --------------------------------------------------------------------------------------------
    stun_servers: CommaSeparated = Field(
        ("stun:stun.l.google.com:19302",),
        alias="STUN_SERVERS",
        **_setting("stun: URIs", "for calls of two, peer to peer"),
    )
    turn_servers: CommaSeparated = Field(
        (),
        alias="TURN_SERVERS",
        **_setting("turn: URIs", "such as turns:turn.example.com:5349?transport=tcp"),
    )
    turn_secret: SecretStr | None = Field(
        None,
        alias="TURN_SECRET",
        **_setting("secret", "coturn's static-auth-secret; short-lived credentials"),
    )
    turn_username: str | None = Field(None, alias="TURN_USERNAME", **_setting("name", "if no TURN_SECRET"))
    turn_password: SecretStr | None = Field(
        None, alias="TURN_PASSWORD", **_setting("password", "if no TURN_SECRET")
    )

    # --- limits -----------------------------------------------------------------------------------------
    max_participants_per_call: int = Field(
        30, ge=2, le=1000, alias="MAX_PARTICIPANTS_PER_CALL", **_setting("participants", "at the same time")
    )
    max_active_calls_per_user: int = Field(
        5, ge=1, le=1000, alias="MAX_ACTIVE_CALLS_PER_USER", **_setting("calls", "one more ends the oldest")
    )
    max_call_duration_hours: float = Field(
        12, gt=0, le=720, alias="MAX_CALL_DURATION_HOURS", **_setting("hours", "then the call ends for all")
    )
    call_ttl_hours: float = Field(
        24, gt=0, le=8760, alias="CALL_TTL_HOURS", **_setting("hours", "how long a call's link is good")
    )
    max_websocket_message_size: int = Field(
        1_048_576,
        ge=16_384,
        le=16_777_216,
        alias="MAX_WEBSOCKET_MESSAGE_SIZE",
        **_setting("bytes", "of one signaling message"),
    )
    cors_allow_origins: CommaSeparated = Field(
        (),
        alias="CORS_ALLOW_ORIGINS",
        **_setting("origins", "of other pages that may call the API, such as https://example.com; never *"),
    )

    rate_all: int = Field(
        100,
        ge=1,
        le=100_000,
        alias="TELCALL_RATE_ALL",
        **_setting("requests a minute", "of one person or address"),
    )
    rate_auth: int = Field(
        5,
        ge=1,
        le=100_000,
        alias="TELCALL_RATE_AUTH",
        **_setting("requests a minute", "sign-ins of one address"),
    )
    rate_create: int = Field(
        10,
        ge=1,
        le=100_000,
        alias="TELCALL_RATE_CREATE",
        **_setting("requests a minute", "new calls of one person, over REST and by the bot"),
    )
    rate_admin: int = Field(
        10,
        ge=1,
        le=100_000,
        alias="TELCALL_RATE_ADMIN",
        **_setting("requests a minute", "of one address with a wrong admin token"),
    )
    ring_per_pair: int = Field(
        3,
        ge=1,
        le=1_000,
        alias="TELCALL_RING_PER_PAIR",
        **_setting("rings in 10 minutes", "of one person to another one"),
    )
    http_body_bytes: int = Field(
        65_536,
        ge=1_024,
        le=16_777_216,
        alias="TELCALL_HTTP_BODY_BYTES",
        **_setting("bytes", "of one request's body"),
    )
    http_header_bytes: int = Field(
        8_190,
        ge=1_024,
        le=65_536,
        alias="TELCALL_HTTP_HEADER_BYTES",
        **_setting("bytes", "of the request line, and of each header field"),
    )
    http_header_fields: int = Field(
        64,
        ge=16,
        le=1_000,
        alias="TELCALL_HTTP_HEADER_FIELDS",
        **_setting("fields", "in the header of one request"),
    )
    http_read_s: float = Field(
        10,
        ge=0.1,
        le=600,
        alias="TELCALL_HTTP_READ_S",
        **_setting("seconds", "for the header of a request to come, and again for its body"),
    )
    http_keep_alive_s: float = Field(
        75,
        ge=1,
        le=3_600,
        alias="TELCALL_HTTP_KEEP_ALIVE_S",
        **_setting("seconds", "a connection may wait for its next request"),
    )
    http_per_address: int = Field(
        1_000,
        ge=1,
        le=1_000_000,
        alias="TELCALL_HTTP_PER_ADDRESS",
        **_setting("connections", "of one address, sockets too; trusted proxies have no limit"),
    )
    ws_per_user: int = Field(
        8, ge=1, le=10_000, alias="TELCALL_WS_PER_USER", **_setting("connections", "WebSockets of one person")
    )
    ws_per_address: int = Field(
        100,
        ge=1,
        le=100_000,
        alias="TELCALL_WS_PER_ADDRESS",
        **_setting("connections", "WebSockets of one address"),
    )
    ws_open_per_user: int = Field(
        30,
        ge=1,
        le=100_000,
        alias="TELCALL_WS_OPEN_PER_USER",
        **_setting("attempts a minute", "of one person to open a WebSocket"),
    )
    ws_open_per_address: int = Field(
        30,
        ge=1,
        le=100_000,
        alias="TELCALL_WS_OPEN_PER_ADDRESS",
        **_setting("attempts a minute", "of one address without a valid token"),
    )
    ws_queue: int = Field(
        256, ge=16, le=65_536, alias="TELCALL_WS_QUEUE", **_setting("messages", "that wait for a slow reader")
    )
    ws_queue_bytes: int = Field(
        4_194_304,
        ge=65_536,
        le=268_435_456,
        alias="TELCALL_WS_QUEUE_BYTES",
        **_setting("bytes", "that wait for a slow reader"),
    )
    ws_sdp: Bucket | None = Field(
        None,
        alias="TELCALL_WS_SDP",
        **_setting(
            "a second/at once",
            "offers and answers of one connection; default: 2/ and 4 x MAX_PARTICIPANTS_PER_CALL",
        ),
    )
    ws_candidate: Bucket | None = Field(
        None,
        alias="TELCALL_WS_CANDIDATE",
        **_setting(
            "a second/at once",
            "ICE candidates of one connection; default: 20/ and 40 x MAX_PARTICIPANTS_PER_CALL",
        ),
    )
    ws_other: Bucket = Field(
        "20/60",
        alias="TELCALL_WS_OTHER",
        **_setting("a second/at once", "all other messages of one connection"),
    )
    ws_chat: Bucket = Field(
        "1/5",
        alias="TELCALL_WS_CHAT",
        **_setting("a second/at once", "chat messages of one connection"),
    )
    ws_bytes: Bucket | None = Field(
        None,
        alias="TELCALL_WS_BYTES",
        **_setting(
            "bytes a second/at once",
            "of one connection; default: 131072/ and MAX_WEBSOCKET_MESSAGE_SIZE, at least 1048576",
        ),
    )
    ws_violations: int = Field(
        20,
        ge=1,
        le=10_000_000,
        alias="TELCALL_WS_VIOLATIONS",
        **_setting("messages", "refused within 10 seconds close the connection"),
    )
    json_depth: int = Field(
        16,
        ge=4,
        le=128,
        alias="TELCALL_JSON_DEPTH",
        **_setting("levels", "of arrays and objects in a message"),
    )
    sdp_bytes: int = Field(
        131_072,
        ge=4_096,
        le=16_777_216,
        alias="TELCALL_SDP_BYTES",
        **_setting("bytes", "of one session description"),
    )
    sdp_mlines: int = Field(
        128,
        ge=4,
        le=1_024,
        alias="TELCALL_SDP_MLINES",
        **_setting("m-lines", "of one session description"),
    )
    sdp_candidates: int = Field(
        40,
        ge=1,
        le=1_000,
        alias="TELCALL_SDP_CANDIDATES",
        **_setting("candidates", "of one m-line"),
    )
    sdp_line: int = Field(
        2_048,
        ge=256,
        le=65_536,
        alias="TELCALL_SDP_LINE",
        **_setting("bytes", "of one line of a session description"),
    )
    p2p_timeout_s: float = Field(
        8,
        ge=0.01,
        le=300,
        alias="TELCALL_P2P_TIMEOUT_S",
        **_setting("seconds", "two may take to connect directly, then the SFU takes over"),
    )
    back_to_p2p_s: float = Field(
        5,
        ge=0.01,
        le=3600,
        alias="TELCALL_BACK_TO_P2P_S",
        **_setting("seconds", "two have been alone before they leave the SFU"),
    )
    resume_window_s: float = Field(
        15,
        ge=0,
        le=3600,
        alias="TELCALL_RESUME_WINDOW_S",
        **_setting("seconds", "a lost connection keeps its place in the call; 0: it is a leave"),
    )
    checks: int = Field(
        20,
        ge=0,
        le=10_000,
        alias="TELCALL_CHECKS",
        **_setting("people", "who test their connection at the same time; 0: nobody may"),
    )
    check_per_user: int = Field(
        12,
        ge=1,
        le=100_000,
        alias="TELCALL_CHECK_PER_USER",
        **_setting("checks a minute", "of one person; each way to the SFU is one"),
    )
    check_connect_s: float = Field(
        8,
        ge=0.1,
        le=60,
        alias="TELCALL_CHECK_CONNECT_S",
        **_setting("seconds", "a check waits for a connection"),
    )
    check_echo_s: float = Field(
        20, ge=0.1, le=60, alias="TELCALL_CHECK_ECHO_S", **_setting("seconds", "a check goes on at most")
    )
    lobby: int = Field(
        30, ge=0, le=1_000, alias="TELCALL_LOBBY", **_setting("people", "who wait in front of a locked call")
    )
    lobby_wait_s: float = Field(
        600,
        ge=1,
        le=86_400,
        alias="TELCALL_LOBBY_WAIT_S",
        **_setting("seconds", "they wait at most"),
    )
    departed_grace_s: float = Field(
        30,
        ge=0,
        le=3600,
        alias="TELCALL_DEPARTED_GRACE_S",
        **_setting("seconds", "messages to somebody who has left are no error"),
    )
    turn_ttl_s: int = Field(
        3_600,
        ge=60,
        le=86_400,
        alias="TELCALL_TURN_TTL_S",
        **_setting("seconds", "a TURN credential is good"),
    )
    db_pool: int = Field(
        10, ge=1, le=1_000, alias="TELCALL_DB_POOL", **_setting("connections", "kept to the database")
    )
    spool_rows: int = Field(
        100_000,
        ge=100,
        le=10_000_000,
        alias="TELCALL_SPOOL_ROWS",
        **_setting("rows", "that wait for the database"),
    )

    retention_days: int = Field(
        0,
        ge=0,
        le=36_500,
        alias="TELCALL_RETENTION_DAYS",
        **_setting("days", "calls are kept, with who was in them and their statistics; 0: for good"),
    )
    friends_shape: Literal["documented", "deployed"] = Field(
        "documented",
        alias="TELCALL_FRIENDS_SHAPE",
        **_setting("documented, deployed", "of GET /api/friends; deployed: the bare list of older clients"),
    )

    # --- for the operator's programs --------------------------------------------------------------------
    admin_token: SecretStr | None = Field(
        None,
        alias="TELCALL_ADMIN_TOKEN",
        **_setting(
            "token, 32 characters or more",
            "bearer of /api/admin and of `telcall rooms`; without it there is no /api/admin",
        ),
    )
    webhook_url: str | None = Field(
        None,
        alias="TELCALL_WEBHOOK_URL",
        **_setting("https:// URL", "told of calls and who is in them; http:// on this machine only"),
    )
    webhook_secret: SecretStr | None = Field(
        None,
        alias="TELCALL_WEBHOOK_SECRET",
        **_setting("text, 32 characters or more", "signs what TELCALL_WEBHOOK_URL is told"),
    )
    webhook_queue: int = Field(
        10_000,
        ge=1,
        le=1_000_000,
        alias="TELCALL_WEBHOOK_QUEUE",
        **_setting("events", "that wait for TELCALL_WEBHOOK_URL; beyond, the oldest is given up"),
    )

    # --- how it runs ------------------------------------------------------------------------------------
    dataplane: Literal["auto", "native", "python"] = Field(
        "auto", alias="TELCALL_DATAPLANE", **_setting("auto, native, python", "the SFU's packet engine")
    )
    event_loop: Literal["auto", "uvloop", "asyncio"] = Field(
        "auto",
        alias="TELCALL_EVENT_LOOP",
        **_setting("auto, uvloop, asyncio", "auto: uvloop where installed"),
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        "info",
        alias="TELCALL_LOG_LEVEL",
        **_setting("debug, info, warning, error", "least level that is logged"),
    )
    log_format: Literal["auto", "console", "json"] = Field(
        "auto", alias="TELCALL_LOG_FORMAT", **_setting("auto, console, json", "auto: console on a terminal")
    )
    metrics_token: SecretStr | None = Field(
        None,
        alias="TELCALL_METRICS_TOKEN",
        **_setting("token", "bearer of /metrics; without it, it answers private addresses only"),
    )
    docs: bool | None = Field(
        None,
        alias="TELCALL_DOCS",
        **_setting(
            "true, false",
            "serves /docs, which shows the API to a browser; default: where dev sign-in is for this machine",
        ),
    )
    debug: bool = Field(
        False, alias="DEBUG", **_setting("true, false", "for developers: pages of localhost may call the API")
    )

    # --- derived ------------------------------------------------------------------------------------------
    @property
    def effective_media_port(self) -> int:
        return self.media_port if self.media_port is not None else self.port + 1

    @property
    def effective_public_url(self) -> str:
        return (self.public_url or f"http://localhost:{self.port}").rstrip("/")

    @property
    def effective_data_dir(self) -> Path:
        return (self.data_dir or default_data_dir()).expanduser().absolute()

    @property
    def listens_on_loopback_only(self) -> bool:
        return all(name == "localhost" or ip_address(name).is_loopback for name in self.host)

    @property
    def docs_on(self) -> bool:
        """Unasked only where nobody but this machine's own people look."""
        if self.docs is not None:
            return self.docs
        return self.dev_sign_in_on and self.listens_on_loopback_only

    @property
    def dev_sign_in_on(self) -> bool:
        if self.dev_sign_in != "auto":
            return self.dev_sign_in == "on"
        return self.bot_token is None and self.telegram_bot_id is None and self.listens_on_loopback_only

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        return (init_settings,)  # `load` asks the others one by one, to know each value's origin

    @model_validator(mode="after")
    def _check(self) -> Settings:
        if problems := wrong_values(self):
            raise SettingsInvalid(problems)
        return self


class SettingsInvalid(Exception):
    """`problems`: one line for each wrong value, all of them."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


@dataclass(frozen=True, slots=True)
class Loaded:
    """Settings and where each came from (by alias). unknown: TELCALL_ names that are no setting."""

    settings: Settings
    origins: Mapping[str, Origin]
    unknown: tuple[str, ...]


def load(env_file: Path | None = Path(".env")) -> Loaded:
    """Reads and checks everything. Raises `SettingsInvalid` with every problem in it."""
    values: dict[str, Any] = {}
    origins: dict[str, Origin] = {alias_of(info): "default" for info in Settings.model_fields.values()}
    unknown: list[str] = []
    sources: tuple[tuple[Origin, EnvSettingsSource], ...] = (
        (".env", DotEnvSettingsSource(Settings, env_file=env_file)),
        ("environment", EnvSettingsSource(Settings)),
    )
    for origin, source in sources:
        found = {alias: value for alias, value in source().items() if alias in origins}
        values |= found
        origins |= dict.fromkeys(found, origin)
        for name in source.env_vars:  # in lower case
            if name.upper().startswith(OUR_PREFIX) and name.upper() not in origins:
                close = get_close_matches(name.upper(), origins, n=1)
                unknown.append(f"{name.upper()}{f' (did you mean {close[0]}?)' if close else ''}")
    return Loaded(_validated(values), origins, tuple(unknown))


def alias_of(info: FieldInfo) -> str:
    assert info.alias is not None
    return info.alias


def is_secret(info: FieldInfo) -> bool:
    return "SecretStr" in str(info.annotation)


def default_data_dir() -> Path:
    if os.geteuid() == 0:
        return Path("/var/lib/telcall")
    return Path(os.environ.get("XDG_DATA_HOME") or "~/.local/share") / "telcall"


def _validated(values: Mapping[str, Any]) -> Settings:
    """Names errors of a type and errors between settings at once; for these a wrong type is not given."""
    try:
        return Settings.model_validate(values)
    except SettingsInvalid:
        raise
    except ValidationError as error:
        problems = {str(found["loc"][0]): _sentence(found) for found in error.errors(include_url=False)}
    right = {alias: value for alias, value in values.items() if alias not in problems}
    try:
        Settings.model_validate(right)
    except SettingsInvalid as more:
        raise SettingsInvalid([*problems.values(), *more.problems]) from None
    raise SettingsInvalid(list(problems.values()))


def _sentence(found: Any) -> str:
    alias = str(found["loc"][0])
    info = next(info for info in Settings.model_fields.values() if alias_of(info) == alias)
    extra = info.json_schema_extra
    unit = extra.get("unit") if isinstance(extra, dict) else None
    shown = "" if is_secret(info) else f"={found['input']}"
    return f"{alias}{shown}: {found['msg'][0].lower()}{found['msg'][1:]} ({unit})"
