"""ICE servers over REST."""

from __future__ import annotations

import base64
import hashlib
import hmac
from typing import TYPE_CHECKING

from signaling.config import IceConfig

if TYPE_CHECKING:
    from tests.api.conftest import StartApi

STUN = "stun:stun.example:3478"
TURNS = "turns:turn.example:5349?transport=tcp"


async def test_credentials_are_short_lived_and_the_persons_own(start_api: StartApi) -> None:
    api = await start_api(
        ice=IceConfig(stun_servers=(STUN,), turn_servers=(TURNS,), turn_secret="s", turn_ttl_s=3600)
    )
    anna = await api.signed_in()
    me = (await anna.get("/api/me")).json
    answer = await anna.get("/api/config/webrtc/")
    username = f"{api.time.unix_s + 3600}:{me['id']}"
    credential = base64.b64encode(hmac.new(b"s", username.encode(), hashlib.sha1).digest()).decode()
    assert answer.json == {
        "ice_servers": [{"urls": STUN}, {"urls": TURNS, "username": username, "credential": credential}],
        "stun_servers": [STUN],
        "turn_servers": [{"url": TURNS, "username": username, "credential": credential}],
    }
    assert answer.headers["Cache-Control"] == "no-store"


async def test_fixed_credentials_without_a_secret(start_api: StartApi) -> None:
    api = await start_api(ice=IceConfig(turn_servers=(TURNS,), turn_username="u", turn_password="p"))
    answer = await (await api.signed_in()).get("/api/config/webrtc")
    assert answer.json["turn_servers"] == [{"url": TURNS, "username": "u", "credential": "p"}]


async def test_both_lists_are_there_when_empty(start_api: StartApi) -> None:
    answer = await (await (await start_api(ice=IceConfig())).signed_in()).get("/api/config/webrtc")
    assert answer.json == {"ice_servers": [], "stun_servers": [], "turn_servers": []}
