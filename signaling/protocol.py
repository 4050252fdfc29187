"""From what a client puts on the wire to a message or an error, without I/O.

Everything is bounded before it is parsed: size, rate, depth of the JSON. What is wrong with a message is
told in the documented words, with a stable code beside them.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar, cast

from pydantic import TypeAdapter, ValidationError
from pydantic_core import from_json

from signaling.config import MessageLimits, RateLimits
from signaling.messages import (
    DOCUMENTED_CLIENT_MESSAGE,
    V2_CLIENT_MESSAGE,
    V2_SUBPROTOCOL,
    Answer,
    AnyClientMessage,
    ClientMessage,
    Error,
    IceCandidate,
    Offer,
    SfuOffer,
)
from signaling.rate import ConnectionRates, message_class
from signaling.sdp_limits import Beyond, sdp_beyond_limits

TOKEN_PREFIXES = ("token.", "bearer ")
_DESCRIPTIONS = (Offer, Answer)  # a tuple: looked through faster than a union
RESUME_PREFIXES = ("resume.",)
_CREDENTIAL_PREFIXES = (*TOKEN_PREFIXES, *RESUME_PREFIXES)
M = TypeVar("M", bound=ClientMessage)


@dataclass(frozen=True, slots=True)
class Handshake:
    """What a client offered. `subprotocol` is to be selected; None: it offered none."""

    subprotocol: str | None
    token: str | None
    v2: bool
    resume_token: str | None = None


def read_handshake(subprotocols: str | None, authorization: str | None) -> Handshake:
    """Read `Sec-WebSocket-Protocol` (RFC 6455 section 4.1) and `Authorization`.

    The tokens are found by their prefixes, whatever their place. The first offered value that is not a
    credential is selected; with credentials alone the first is echoed, because browsers insist on a selection
    and the deployed client offers nothing else.
    """
    offered = [value for part in (subprotocols or "").split(",") if (value := part.strip())]
    names = [value for value in offered if not value.lower().startswith(_CREDENTIAL_PREFIXES)]
    token = next((t for value in offered if (t := _strip_prefix(value, TOKEN_PREFIXES))), None)
    resume = next((t for value in offered if (t := _strip_prefix(value, RESUME_PREFIXES))), None)
    if token is None and authorization is not None and authorization[:7].lower() == "bearer ":
        token = authorization[7:].strip() or None
    selected = next(iter(names or offered), None)
    return Handshake(selected, token, v2=selected == V2_SUBPROTOCOL, resume_token=resume)


def _strip_prefix(value: str, prefixes: tuple[str, ...]) -> str | None:
    for prefix in prefixes:
        if value.lower().startswith(prefix):
            return value[len(prefix) :].strip() or None
    return None


def call_messages(*, v2: bool) -> TypeAdapter[AnyClientMessage]:
    """What a client in a call may say."""
    adapter = V2_CLIENT_MESSAGE if v2 else DOCUMENTED_CLIENT_MESSAGE
    return cast(TypeAdapter[AnyClientMessage], adapter)  # the documented ones are some of them


class Decoder(Generic[M]):
    """Frames of one connection in, messages of `adapter` or errors out. `on_limit` is told the name of each
    limit hit."""

    def __init__(
        self,
        adapter: TypeAdapter[M],
        *,
        limits: MessageLimits,
        rates: RateLimits,
        now_us: int,
        on_limit: Callable[[str], None],
    ) -> None:
        self._limits, self._on_limit = limits, on_limit
        self._rates = ConnectionRates(rates, now_us)
        self._adapter = adapter

    def receive_text(self, text: str, now_us: int) -> M | Error:
        """One text frame. Never raises."""
        data = text.encode(errors="surrogatepass")
        if (size := len(data)) > self._limits.max_message_bytes:
            self._on_limit("max_websocket_message_size")
            return Error(
                detail=f"Message too large: {size} bytes (max {self._limits.max_message_bytes} bytes)",
                code="message_too_large",
            )
        if not self._rates.take_bytes(size, now_us):
            return self._rate_limited("bytes")
        value = self._parse(data)
        kind = message_class(value.get("type") if isinstance(value, dict) else None)
        if not self._rates.take_message(kind, now_us):
            return self._rate_limited(kind)
        if not isinstance(value, dict):
            return Error(detail="Invalid JSON", code="invalid")
        return self._validate(value)

    def receive_binary(self, data: bytes, now_us: int) -> Error:
        """One binary frame: the protocol has none."""
        if not self._rates.take_bytes(len(data), now_us):
            return self._rate_limited("bytes")
        if not self._rates.take_message("other", now_us):
            return self._rate_limited("other")
        return Error(detail="Invalid JSON", code="invalid")

    def violation(self, now_us: int) -> bool:
        """Note that a message was refused; true when the connection has to be closed for it (4400)."""
        too_many = self._rates.violation(now_us)
        if too_many:
            self._on_limit("ws_violations")
        return too_many

    def _rate_limited(self, bucket: str) -> Error:
        self._on_limit(f"ws_{bucket}")
        return Error(detail="Too many messages", code="rate_limited")

    def _parse(self, data: bytes) -> object:
        """The JSON value, or None when there is none or it is nested too deeply."""
        if nested_deeper_than(data, self._limits.json_depth):
            self._on_limit("json_depth")
            return None
        try:
            value: object = from_json(data, allow_inf_nan=False)
        except ValueError:
            return None
        return value

    def _validate(self, value: dict[str, object]) -> M | Error:
        ref = _ref(value)
        try:
            message = self._adapter.validate_python(value)
        except ValidationError as error:
            return _describe(error, ref)
        if (beyond := self._sdp_beyond(message)) is not None:
            self._on_limit(beyond.limit)
            return Error(detail=beyond.detail, code="invalid_sdp", ref=ref)
        return message

    def _sdp_beyond(self, message: ClientMessage) -> Beyond | None:
        sdp: object = None
        if isinstance(message, SfuOffer):
            sdp = message.payload.sdp
        elif isinstance(message, _DESCRIPTIONS) and isinstance(message.payload, dict):
            sdp = message.payload.get("sdp")
        elif isinstance(message, IceCandidate) and isinstance(message.payload, dict):
            sdp = message.payload.get("candidate")
        return sdp_beyond_limits(sdp, self._limits) if isinstance(sdp, str) else None


def _ref(value: dict[str, object]) -> str | int | None:
    """The client's `id` of a message, when it is one that can be given back."""
    ref = value.get("id")
    if isinstance(ref, str):
        return ref[:64]
    return ref if isinstance(ref, int) and not isinstance(ref, bool) else None


def _describe(error: ValidationError, ref: str | int | None) -> Error:
    """The documented words for what is wrong. Nothing of the input is repeated."""
    first = error.errors(include_url=False, include_context=False, include_input=False)[0]
    if first["type"] in ("union_tag_invalid", "union_tag_not_found"):
        return Error(detail="Unsupported message type", code="unsupported", ref=ref)
    # `loc` starts with the message's type.
    field = first["loc"][1] if len(first["loc"]) > 1 else "message"
    return Error(detail=f"Invalid or missing {field}", code="invalid", ref=ref)


# A string, or the rest of the text from a quote that is never closed: so each byte is looked at once.
_STRING = re.compile(rb'"(?:[^"\\]++|\\.)*+(?:"|\\?\Z)', re.DOTALL)
_NO_BRACKETS = bytes(set(range(256)) - set(b"[]{}"))


def nested_deeper_than(data: bytes, max_depth: int) -> bool:
    """True when arrays and objects in the JSON text `data` nest deeper than `max_depth`; linear."""
    if data.count(b"[") + data.count(b"{") <= max_depth:
        return False
    depth = 0
    for bracket in _STRING.sub(b"", data).translate(None, _NO_BRACKETS):
        depth += 1 if bracket in b"[{" else -1
        if depth > max_depth:
            return True
    return False
