"""ICE servers as aiortc takes them."""

from __future__ import annotations

from aiortc import RTCIceServer

from signaling.messages import IceServer


def rtc_ice_server(server: IceServer) -> RTCIceServer:
    return RTCIceServer(urls=server.urls, username=server.username, credential=server.credential)
