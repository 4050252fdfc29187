"""ICE servers, in the documented shape and in that of older clients."""

from __future__ import annotations

from collections.abc import Sequence

from pydantic import BaseModel

from signaling.messages import IceServer


class IceServerAnswer(BaseModel):
    """`RTCIceServer`; `urls` is one URI."""

    urls: str
    username: str | None = None
    credential: str | None = None


class TurnServer(BaseModel):
    url: str
    username: str | None = None
    credential: str | None = None


class WebRtcConfig(BaseModel):
    ice_servers: list[IceServerAnswer]
    stun_servers: list[str]
    turn_servers: list[TurnServer]

    @classmethod
    def of(cls, servers: Sequence[IceServer]) -> WebRtcConfig:
        each = [(url, server.username, server.credential) for server in servers for url in server.urls]
        is_stun = [url.startswith(("stun:", "stuns:")) for url, _, _ in each]
        return cls(
            ice_servers=[IceServerAnswer(urls=u, username=n, credential=c) for u, n, c in each],
            stun_servers=[entry[0] for entry, stun in zip(each, is_stun, strict=True) if stun],
            turn_servers=[
                TurnServer(url=u, username=n, credential=c)
                for (u, n, c), stun in zip(each, is_stun, strict=True)
                if not stun
            ],
        )
