"""Signs Schemathesis in: loaded by its command line, not by pytest (`SCHEMATHESIS_HOOKS`)."""

from __future__ import annotations

import json
import os
from typing import Any

import requests
import schemathesis

from api.routes.table import SECRET_HEADER

SERVER = json.loads(os.environ["TELCALL_CONFORMANCE"])
LEAVES = ("/auth/logout", "/api/me")
LOSES_FRIENDS = ("/api/friends/delete", "/api/friends/{user_id}/block")


@schemathesis.auth(refresh_interval=None)
class SignIn:
    """Every case begins with a sign-in: those before it may have signed out, or deleted the person.

    Who does so, and who loses their friends, is not who has the calls and friends that other cases work with.
    """

    def get(self, case: Any, _context: Any) -> dict[str, str]:
        path = case.operation.path
        if path == "/api/telegram/webhook":
            return {SECRET_HEADER: SERVER["webhook_secret"]}
        if path.startswith("/api/admin"):
            return {"Authorization": f"Bearer {SERVER['admin_token']}"}
        who = "leaving" if path in LEAVES else "losing" if path in LOSES_FRIENDS else "somebody"
        answer = requests.post(f"{SERVER['url']}/auth/telegram", json={"initData": SERVER[who]}, timeout=10)
        return {"Authorization": f"Bearer {answer.json()['access_token']}"}

    def set(self, case: Any, data: dict[str, str], _context: Any) -> None:
        case.headers.update(data)
