"""A server of the operator's that takes webhooks, and what it checks."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from aiohttp import web

SECRET = "a secret of the webhooks, 32 characters or more"


@dataclass
class Receiver:
    """A server of the operator's. `statuses`: of its next answers, then 204. It reads when `open` is set."""

    port: int
    statuses: list[int] = field(default_factory=list)
    open: asyncio.Event = field(default_factory=asyncio.Event)
    requests: list[web.Request] = field(default_factory=list)
    bodies: list[bytes] = field(default_factory=list)
    taken: list[dict[str, Any]] = field(default_factory=list)
    in_flight: dict[str, int] = field(default_factory=dict)
    most_in_flight: int = 0
    runner: web.AppRunner | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/hook?for=calls"

    @property
    def ids(self) -> list[str]:
        """`call number` of what was taken, as `told` has them."""
        return [f"{event['call_id']} {event['user']['id']}" for event in self.taken]

    async def start(self) -> None:
        app = web.Application()
        app.router.add_route("*", "/{path:.*}", self.handle)
        self.runner = web.AppRunner(app, handler_cancellation=True)
        await self.runner.setup()
        await web.TCPSite(self.runner, "127.0.0.1", self.port, reuse_address=True).start()

    async def stop(self) -> None:
        if self.runner is not None:
            await self.runner.cleanup()
            self.runner = None

    async def handle(self, request: web.Request) -> web.Response:
        body = await request.read()
        event = json.loads(body)
        self.requests.append(request)
        self.bodies.append(body)
        self.in_flight[event["call_id"]] = self.in_flight.get(event["call_id"], 0) + 1
        self.most_in_flight = max(self.most_in_flight, *self.in_flight.values())
        try:
            await self.open.wait()
        finally:
            self.in_flight[event["call_id"]] -= 1
        status = self.statuses.pop(0) if self.statuses else 204
        if status == 204:
            self.taken.append(event)
        headers = {"Location": "/elsewhere"} if 300 <= status < 400 else {}
        return web.Response(status=status, headers=headers)


def documented_check() -> Callable[[str, bytes, str], bool]:
    """The lines that docs/operators.md gives to operators."""
    text = (Path(__file__).parents[2] / "docs" / "operators.md").read_text()
    names: dict[str, Any] = {"hashlib": hashlib, "hmac": hmac, "time": time}
    exec(text.partition("```python\n")[2].partition("```")[0], names)
    check: Callable[[str, bytes, str], bool] = names["is_ours"]
    return check


def is_signed(request: web.Request, body: bytes, secret: str = SECRET) -> bool:
    return documented_check()(request.headers["Telcall-Signature"], body, secret)
