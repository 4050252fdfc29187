"""Links that open the Mini App. Call ids have 16 characters; what is not a call has another form."""

from __future__ import annotations

from urllib.parse import quote


class Links:
    """`username`: the bot's, without @; until it is known links lead to our own page."""

    def __init__(self, public_url: str, username: str | None) -> None:
        self._public_url, self.username = public_url, username

    def join(self, call_id: str) -> str:
        return self._start(call_id) or f"{self._public_url}/call/{call_id}"

    def call_back(self, user_id: int) -> str:
        return self._start(f"u_{user_id}") or f"{self._public_url}/call-back/{user_id}"

    def app(self) -> str:
        return self._start("") or self._public_url

    def _start(self, parameter: str) -> str | None:
        if not self.username:
            return None
        return f"https://t.me/{quote(self.username)}?startapp{'=' if parameter else ''}{parameter}"
