"""What can go wrong for a participant."""

from __future__ import annotations


class ClientError(Exception):
    """Base of all errors of this package."""


class RequestFailed(ClientError):
    """The server refused a REST request. `status`: of HTTP; `detail`: its words."""

    def __init__(self, status: int, detail: str) -> None:
        super().__init__(f"{detail} (HTTP {status})")
        self.status, self.detail = status, detail


class JoinRefused(ClientError):
    """The server does not let us into the call. `code`: as in `signaling.messages.ErrorCode`."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(f"{detail} ({code})")
        self.code, self.detail = code, detail
