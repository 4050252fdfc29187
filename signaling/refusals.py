"""Why a connection is turned away or closed: stable code, text to show, close code (RFC 6455 section 7.4).

The `error` goes first, then the close: a documented client shows nothing of a close code.
"""

from __future__ import annotations

from dataclasses import dataclass

from signaling.messages import Error, ErrorCode

NORMAL_CLOSURE = 1000
"""After `call_ended`, and after `leave`."""


@dataclass(frozen=True, slots=True)
class Refusal:
    code: ErrorCode
    detail: str
    close_code: int

    @property
    def error(self) -> Error:
        return Error(detail=self.detail, code=self.code)


# A documented client goes to its 'call ended' page by the words 'please create a new call'.
NOT_FOUND = Refusal("not_found", "Call not found. Please create a new call.", 4404)
EXPIRED = Refusal("expired", "Call has expired. Please create a new call.", 4404)
ENDED = Refusal("ended", "Call has ended. Please create a new call.", 4404)

UNAUTHORIZED = Refusal("unauthorized", "Not authenticated", 4401)
REMOVED = Refusal("removed", "You were removed from the call", 4403)
ORIGIN = Refusal("origin", "Origin not allowed", 4403)
LOCKED = Refusal("locked", "The call is locked", 4403)
TOO_SLOW = Refusal("too_slow", "Connection too slow", 4408)
REPLACED = Refusal("replaced", "The call was continued on another connection", 4409)
ROOM_FULL = Refusal("room_full", "The call is full", 4429)
TOO_MANY_CONNECTIONS = Refusal("too_many_connections", "Too many connections", 4429)
TOO_MANY_CHECKS = Refusal("rate_limited", "Too many checks. Please try again in a minute.", 4429)
TOO_MANY_CHECKS_AT_ONCE = Refusal("too_many_connections", "Too many checks at once", 4429)
DRAINING = Refusal("draining", "The server is restarting", 1012)
DATABASE_UNAVAILABLE = Refusal("database_unavailable", "Database unavailable", 1013)
ENGINE_UNAVAILABLE = Refusal("engine_unavailable", "Media server unavailable", 1013)

BROKEN_LIMITS_CLOSE_CODE = 4400
"""After one refused message too many; its own `error` has gone before."""
