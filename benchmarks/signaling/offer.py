"""The message that is relayed: an offer of 1,500 bytes as Chromium makes it, with a time stamp in it."""

from __future__ import annotations

import json

from benchmarks.signaling.light_socket import TEXT, frame

MESSAGE_BYTES = 1_500
_STAMP_DIGITS = 20
_MARK = b"s=bench"
_LINES = """v=0
o=- 4611731400430051336 2 IN IP4 127.0.0.1
s=bench{stamp}
t=0 0
a=group:BUNDLE 0
a=extmap-allow-mixed
a=msid-semantic: WMS 5e6b7b42-4d0f-4c0a-9e5b-9d3b7a3d2c11
m=audio 9 UDP/TLS/RTP/SAVPF 111 63 9 0 8 13 110 126
c=IN IP4 0.0.0.0
a=rtcp:9 IN IP4 0.0.0.0
a=ice-ufrag:4ZcD
a=ice-pwd:2/1muCWoOi3uLifh0NuRHlEU
a=ice-options:trickle
a=fingerprint:sha-256 75:74:5A:A6:A4:E5:52:F4:A7:67:4C:01:C7:EE:91:3F:21:3D:A2:E3:53:7B:6F:30:86:F2:30:AA:65:FB:04:24
a=setup:actpass
a=mid:0
a=extmap:1 urn:ietf:params:rtp-hdrext:ssrc-audio-level
a=extmap:4 urn:ietf:params:rtp-hdrext:sdes:mid
a=sendrecv
a=msid:5e6b7b42-4d0f-4c0a-9e5b-9d3b7a3d2c11 0d6b0b1e-8b1b-4b39-8f7e-3f1f0e6f3c55
a=rtcp-mux
a=rtcp-rsize
a=rtpmap:111 opus/48000/2
a=rtcp-fb:111 transport-cc
a=fmtp:111 minptime=10;useinbandfec=1
a=rtpmap:63 red/48000/2
a=fmtp:63 111/111
a=rtpmap:9 G722/8000
a=rtpmap:0 PCMU/8000
a=rtpmap:8 PCMA/8000
a=rtpmap:13 CN/8000
a=rtpmap:110 telephone-event/48000
a=rtpmap:126 telephone-event/8000
a=ssrc:3570614608 cname:4TOk42mSjXCkVIa6
"""  # noqa: E501


class Offer:
    """A frame for one receiver; only its stamp changes."""

    def __init__(self, to_user_id: int) -> None:
        text = _message(to_user_id, "")
        text = _message(to_user_id, "x" * (MESSAGE_BYTES - len(text)))
        assert len(text) == MESSAGE_BYTES
        self._frame = bytearray(frame(TEXT, text.encode()))
        self._at = self._frame.index(_MARK) + len(_MARK)

    def stamped(self, stamp: int) -> bytes:
        self._frame[self._at : self._at + _STAMP_DIGITS] = b"%020d" % stamp
        return bytes(self._frame)


def stamp_of(text: bytes) -> int | None:
    """The stamp of a relayed offer; None of any other message."""
    at = text.find(_MARK)
    return None if at < 0 else int(text[at + len(_MARK) : at + len(_MARK) + _STAMP_DIGITS])


def _message(to_user_id: int, padding: str) -> str:
    sdp = _LINES.replace("{stamp}", "0" * _STAMP_DIGITS).replace("\n", "\r\n") + f"a=x:{padding}\r\n"
    return json.dumps({"type": "offer", "to_user_id": to_user_id, "payload": {"type": "offer", "sdp": sdp}})
