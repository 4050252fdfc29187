"""What a client shows to go on where it was: a token that the server has signed and does not keep.

It holds its participant's share of the room, so that after the server was killed clients bring the room back.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from signaling.member import Member
from signaling.messages import Role

MAX_TOKEN_CHARS = 1_024
MAX_REMOVED = 32
"""So many fit, whatever the ids are: those who were removed last."""
_CLOCK_LEEWAY_S = 60


def resume_key(secret_key: str) -> bytes:
    """A key of its own, so that no other token of the server is one of these."""
    return hmac.digest(secret_key.encode(), b"telcall resume token", hashlib.sha256)


class ResumeClaim(BaseModel):
    """What the token says. `process` tells the server's runs apart; `issued_at_s`: Unix time.

    `removed`, in tokens of hosts: who may not come back.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    call_id: str
    user_id: int
    stay: str
    role: Role
    hand: bool
    locked: bool
    started_at: Annotated[AwareDatetime, Field(strict=False)]
    issued_at_s: int
    process: str
    removed: Annotated[tuple[int, ...], Field(max_length=MAX_REMOVED)] = ()


@dataclass(frozen=True, slots=True)
class ResumeTokens:
    """Makes and reads tokens. `process` is new with each start of the server."""

    key: bytes
    process: str
    max_age_s: float = 12 * 3_600

    def issue(
        self,
        *,
        call_id: str,
        user_id: int,
        stay: str,
        role: Role,
        hand: bool,
        locked: bool,
        started_at: datetime,
        now_s: int,
        removed: Sequence[int] = (),
    ) -> str:
        """`removed`: at most `MAX_REMOVED`."""
        claim = ResumeClaim(
            call_id=call_id,
            user_id=user_id,
            stay=stay,
            role=role,
            hand=hand,
            locked=locked,
            started_at=started_at,
            issued_at_s=now_s,
            process=self.process,
            removed=tuple(removed),
        )
        body = _encode(claim.model_dump_json().encode())
        return f"{body}.{_encode(self._sign(body))}"

    def read(self, token: str, *, call_id: str, user_id: int, now_s: int) -> ResumeClaim | None:
        """None: wrong, too old, or of another call or person."""
        if len(token) > MAX_TOKEN_CHARS or not token.isascii():
            return None
        body, _, signature = token.partition(".")
        if not hmac.compare_digest(_encode(self._sign(body)), signature):
            return None
        try:
            claim = ResumeClaim.model_validate_json(_decode(body))
        except (binascii.Error, ValidationError):
            return None
        age_s = now_s - claim.issued_at_s
        is_ours = claim.call_id == call_id and claim.user_id == user_id
        return claim if is_ours and -_CLOCK_LEEWAY_S <= age_s <= self.max_age_s else None

    def is_of_an_earlier_process(self, claim: ResumeClaim) -> bool:
        return claim.process != self.process

    def _sign(self, body: str) -> bytes:
        return hmac.digest(self.key, body.encode(), hashlib.sha256)


class RoomTokens:
    """Of one room, whose clock said `began_us` at `started_at`."""

    def __init__(self, tokens: ResumeTokens, call_id: str, started_at: datetime, began_us: int) -> None:
        self._tokens, self._call_id = tokens, call_id
        self._started_at, self._began_us = started_at, began_us

    def utc(self, now_us: int) -> datetime:
        return self._started_at + timedelta(microseconds=now_us - self._began_us)

    def is_of_before(self, claim: ResumeClaim | None) -> bool:
        """Whether it is of the room as it was before the server was killed."""
        return claim is not None and self._tokens.is_of_an_earlier_process(claim)

    def issue(self, member: Member, *, locked: bool, removed: Sequence[int], now_us: int) -> str:
        """`removed`: at most `MAX_REMOVED`; for hosts only."""
        return self._tokens.issue(
            call_id=self._call_id,
            user_id=member.user.id,
            stay=member.stay,
            role=member.role,
            hand=member.hand,
            locked=locked,
            started_at=self._started_at,
            now_s=int(self.utc(now_us).timestamp()),
            removed=removed if member.role == "host" else (),
        )


def _encode(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _decode(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
