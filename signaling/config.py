"""Every number of signaling, with its unit and default. Names of settings: see `telcall/settings.py`."""

from __future__ import annotations

from dataclasses import dataclass, field

TELEGRAM_WEB_ORIGINS = (
    "https://web.telegram.org",
    "https://k.web.telegram.org",
    "https://a.web.telegram.org",
    "https://z.web.telegram.org",
)
"""Where Telegram's web clients show a Mini App in a frame."""


@dataclass(frozen=True, slots=True)
class Rate:
    """A token bucket: `per_s` come back each second, at most `burst` are held."""

    per_s: float
    burst: float


@dataclass(frozen=True, slots=True)
class MessageLimits:
    """What one message of a client may be."""

    max_message_bytes: int = 1_048_576
    hard_limit_factor: int = 4
    """A frame beyond `max_message_bytes` times this is not read at all: close code 1009."""
    json_depth: int = 16
    sdp_bytes: int = 131_072
    sdp_mlines: int = 128
    sdp_candidates: int = 40
    """Per m-line: a description repeats its candidates for each one that is not bundled yet."""
    sdp_line_bytes: int = 2_048

    @property
    def hard_limit_bytes(self) -> int:
        return self.max_message_bytes * self.hard_limit_factor


@dataclass(frozen=True, slots=True)
class RateLimits:
    """How much one connection may send. `sdp` and `candidates` are filled for a full room of mesh clients:
    such a client sends an offer to everybody at once, and again per camera toggle."""

    sdp: Rate = Rate(2, 120)
    candidates: Rate = Rate(20, 1_200)
    chat: Rate = Rate(1, 5)
    other: Rate = Rate(20, 60)
    bytes: Rate = Rate(131_072, 1_048_576)
    frame_cost_bytes: int = 128
    """What a frame costs at least: small ones must not be free."""
    violations: int = 20
    violations_window_s: float = 10.0
    """So many refused messages in that time close the connection with 4400."""

    @classmethod
    def for_room_of(cls, max_participants: int, max_message_bytes: int = 1_048_576) -> RateLimits:
        return cls(
            sdp=Rate(2, 4 * max_participants),
            candidates=Rate(20, 40 * max_participants),
            bytes=Rate(131_072, max(1_048_576, max_message_bytes)),
        )


@dataclass(frozen=True, slots=True)
class IceConfig:
    """STUN and TURN servers for clients. URLs as in RFC 7064 and 7065.

    With `turn_secret` (coturn's `static-auth-secret`) credentials are made for each user and run out after
    `turn_ttl_s`; else `turn_username` and `turn_password` are handed out as they are.
    """

    stun_servers: tuple[str, ...] = ()
    turn_servers: tuple[str, ...] = ()
    turn_secret: str | None = field(default=None, repr=False)
    turn_username: str | None = None
    turn_password: str | None = field(default=None, repr=False)
    turn_ttl_s: int = 3_600


@dataclass(frozen=True, slots=True)
class SignalingConfig:
    max_participants: int = 30
    max_call_duration_s: float = 12 * 3_600
    max_active_calls: int = 5
    """Per creator; one more ends the oldest."""
    call_ttl_s: float = 24 * 3_600

    messages: MessageLimits = MessageLimits()
    rates: RateLimits = RateLimits()
    ice: IceConfig = IceConfig()

    p2p_timeout_s: float = 8.0
    """How long two v2 clients may take to connect directly before the room moves to the SFU."""
    back_to_p2p_s: float = 5.0
    """How long a room must have had two participants before it leaves the SFU."""
    departed_grace_s: float = 30.0
    """Messages to somebody who left less than this ago are dropped without an error."""

    resume_window_s: float = 15.0
    """How long a v2 client whose connection is lost stays in the call, so that it can go on where it was."""
    lobby_places: int = 30
    """How many people may wait in front of a locked call."""
    lobby_wait_s: float = 600.0

    ping_interval_s: float = 20.0
    """Of protocol pings by the server, and of `ping` messages by v2 clients."""
    checks_at_once: int = 20
    """Clients that test their way to the SFU at the same time."""
    checks_per_user: Rate = Rate(0.2, 12)
    """Each way that is tested counts: the direct one, and one a TURN server."""
    check_connect_s: float = 8.0
    check_echo_s: float = 20.0

    send_queue_messages: int = 256
    send_queue_bytes: int = 4_194_304
    close_timeout_s: float = 5.0
    """How long a closing connection may take to read what is left and say goodbye."""

    allowed_origins: tuple[str, ...] = ()
    """Beside the server's own origin and Telegram's."""
    connections_per_user: int = 8
    connections_per_address: int = 100
    opens_per_user: Rate = Rate(0.5, 30)
    failed_opens_per_address: Rate = Rate(0.5, 30)
    """Only attempts without a valid token count: an office may share one address."""
