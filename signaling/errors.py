"""The error tree of signaling: what can be wrong with a call. Whoever shows it writes the sentence."""

from __future__ import annotations

from typing import Literal


class SignalingError(Exception):
    """Base of everything signaling raises on purpose."""


class CallUnavailable(SignalingError):
    """Nobody can join this call."""

    def __init__(self, code: Literal["not_found", "ended", "expired"]) -> None:
        super().__init__(code)
        self.code = code


class NotTheOrganizer(SignalingError):
    """Only who created a call may end it."""


class CallNotActive(SignalingError):
    """The call is over already."""
