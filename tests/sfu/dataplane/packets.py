"""Packets that peers of the engine send, and events of one kind."""

OPUS = {"payload_type": 111, "ssrc": 77}
VP8 = {"payload_type": 96, "ssrc": 88}


def vp8(picture_id: int, tl0: int, *, key: bool = False, body: bytes = b"body" * 100) -> bytes:
    head = bytes((0x90, 0xE0)) + (0x8000 | picture_id).to_bytes(2, "big") + bytes((tl0, 0))
    return head + (b"\x10" if key else b"\x11") + body


def of_kind(events, kind):
    return [event for event in events if isinstance(event, kind)]
