"""Why Tel Call does not start."""

from __future__ import annotations


class StartFailed(Exception):
    """The message is one line that says what to do. `log`: more lines for whoever wants to know, or empty."""

    def __init__(self, message: str, log: str = "") -> None:
        super().__init__(message)
        self.log = log
