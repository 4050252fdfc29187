"""Source descriptions: of their items only CNAME is used (RFC 3550 §6.5)."""

from __future__ import annotations

from dataclasses import dataclass

from sfu.core.rtcp.framing import SOURCE_DESCRIPTION, frame
from sfu.errors import MalformedPacket

_CNAME = 1


@dataclass(frozen=True, slots=True)
class SourceDescription:
    """cnames: ssrc -> CNAME, at most 31, each at most 255 bytes of UTF-8."""

    cnames: dict[int, str]

    def __bytes__(self) -> bytes:
        body = bytearray()
        for ssrc, cname in self.cnames.items():
            text = cname.encode()
            chunk = ssrc.to_bytes(4, "big") + bytes((_CNAME, len(text))) + text
            body += chunk + bytes(4 - len(chunk) % 4)  # at least one zero ends the list
        return frame(SOURCE_DESCRIPTION, len(self.cnames), bytes(body))

    @classmethod
    def parse(cls, count: int, body: bytes) -> SourceDescription:
        cnames: dict[int, str] = {}
        at = 0
        for _ in range(count):
            if at + 5 > len(body):
                raise MalformedPacket("chunk cut short")
            ssrc = int.from_bytes(body[at : at + 4], "big")
            at += 4
            while True:
                if at >= len(body):
                    raise MalformedPacket("list of items without an end")
                item = body[at]
                if item == 0:
                    at += 4 - at % 4
                    break
                if at + 2 > len(body) or (end := at + 2 + body[at + 1]) > len(body):
                    raise MalformedPacket("item cut short")
                if item == _CNAME:
                    cnames[ssrc] = body[at + 2 : end].decode(errors="replace")
                at = end
        return cls(cnames)
