"""The error tree of the SFU. Errors carry fields; whoever shows them writes the sentence."""

from __future__ import annotations


class SfuError(Exception):
    """Base of everything the SFU raises on purpose."""


class MalformedPacket(SfuError):
    """Bytes from the network that break their own format. Counted and dropped, never fatal."""


class SdpRejected(SfuError):
    """An offer that the SFU cannot answer.

    `code`: `invalid_sdp` (malformed or over a limit) or `unsupported` (well-formed, but nothing to agree on).
    """

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail


class UnknownParticipant(SfuError):
    """A command names a participant who is not (any more) in that room."""


class EngineUnavailable(SfuError):
    """The data plane does not run, or cannot open its port. `detail` says what to do."""

    def __init__(self, detail: str) -> None:
        super().__init__(detail)
        self.detail = detail
