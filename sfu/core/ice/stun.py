"""STUN messages as ICE uses them: Binding requests and their responses (RFC 8489, RFC 8445 §16)."""

from __future__ import annotations

import hmac
import struct
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address

from sfu.errors import MalformedPacket

MAGIC_COOKIE = 0x2112_A442
BINDING_REQUEST, BINDING_INDICATION, BINDING_SUCCESS, BINDING_ERROR = 0x0001, 0x0011, 0x0101, 0x0111

USERNAME = 0x0006
MESSAGE_INTEGRITY = 0x0008
ERROR_CODE = 0x0009
XOR_MAPPED_ADDRESS = 0x0020
PRIORITY = 0x0024
USE_CANDIDATE = 0x0025
SOFTWARE = 0x8022
FINGERPRINT = 0x8028
ICE_CONTROLLED = 0x8029
ICE_CONTROLLING = 0x802A

HEADER_BYTES = 20
MAX_BYTES = 1_500
_HEADER = struct.Struct(">HHI12s")
_ATTRIBUTE = struct.Struct(">HH")
_INTEGRITY_BYTES = 24
_FINGERPRINT_BYTES = 8
_FINGERPRINT_XOR = 0x5354_554E


@dataclass(frozen=True, slots=True)
class StunMessage:
    """attributes: in order; those after MESSAGE-INTEGRITY are left out, they are not protected."""

    message_type: int
    transaction_id: bytes
    attributes: Sequence[tuple[int, bytes]]
    _raw: bytes
    _integrity_at: int | None

    def get(self, attribute: int) -> bytes | None:
        """The first value of that type (RFC 8489 §14: later ones are ignored)."""
        return next((value for kind, value in self.attributes if kind == attribute), None)

    @property
    def username(self) -> str | None:
        value = self.get(USERNAME)
        return None if value is None else value.decode("utf-8", errors="replace")

    @property
    def use_candidate(self) -> bool:
        return self.get(USE_CANDIDATE) is not None

    def has_integrity(self, password: str) -> bool:
        """Whether MESSAGE-INTEGRITY is there and right for this short-term password (RFC 8489 §14.5)."""
        at = self._integrity_at
        if at is None:
            return False
        found = self._raw[at + 4 : at + _INTEGRITY_BYTES]
        return hmac.compare_digest(found, _integrity(self._raw[:at], password))


def parse(data: bytes) -> StunMessage:
    """Raises `MalformedPacket`; a FINGERPRINT that is there must be right."""
    if not HEADER_BYTES <= len(data) <= MAX_BYTES:
        raise MalformedPacket("size of no STUN message")
    message_type, length, cookie, transaction_id = _HEADER.unpack_from(data)
    if message_type & 0xC000 or cookie != MAGIC_COOKIE or length % 4 or length + HEADER_BYTES != len(data):
        raise MalformedPacket("no STUN header")
    attributes: list[tuple[int, bytes]] = []
    integrity_at: int | None = None
    at = HEADER_BYTES
    while at < len(data):
        if at + 4 > len(data):
            raise MalformedPacket("attribute header cut short")
        kind, size = _ATTRIBUTE.unpack_from(data, at)
        end = at + 4 + size
        if end > len(data):
            raise MalformedPacket("attribute cut short")
        value = data[at + 4 : end]
        if kind == FINGERPRINT:
            if size != 4 or end != len(data) or int.from_bytes(value, "big") != _fingerprint(data[:at]):
                raise MalformedPacket("wrong fingerprint")
        elif integrity_at is None:
            if kind == MESSAGE_INTEGRITY:
                if size != 20:
                    raise MalformedPacket("size of no integrity")
                integrity_at = at
            else:
                attributes.append((kind, value))
        at = end + -size % 4
    return StunMessage(message_type, transaction_id, tuple(attributes), bytes(data), integrity_at)


def build(
    message_type: int,
    transaction_id: bytes,
    attributes: Sequence[tuple[int, bytes]],
    password: str | None,
) -> bytes:
    """A message with FINGERPRINT, and with MESSAGE-INTEGRITY where a password is given."""
    body = b"".join(
        _ATTRIBUTE.pack(kind, len(value)) + value + bytes(-len(value) % 4) for kind, value in attributes
    )
    data = _HEADER.pack(message_type, len(body), MAGIC_COOKIE, transaction_id) + body
    if password is not None:
        digest = _integrity(data, password)
        data = _with_length(data, _INTEGRITY_BYTES) + _ATTRIBUTE.pack(MESSAGE_INTEGRITY, 20) + digest
    fingerprint = _fingerprint(data).to_bytes(4, "big")
    return _with_length(data, _FINGERPRINT_BYTES) + _ATTRIBUTE.pack(FINGERPRINT, 4) + fingerprint


def xor_address(address: tuple[str, int], transaction_id: bytes) -> bytes:
    """XOR-MAPPED-ADDRESS's value (RFC 8489 §14.2)."""
    host, port = ip_address(address[0]), address[1]
    key = MAGIC_COOKIE.to_bytes(4, "big") + transaction_id
    packed = bytes(a ^ b for a, b in zip(host.packed, key, strict=False))
    return bytes((0, 1 if host.version == 4 else 2)) + (port ^ MAGIC_COOKIE >> 16).to_bytes(2, "big") + packed


def parse_xor_address(value: bytes, transaction_id: bytes) -> tuple[str, int]:
    """Raises `MalformedPacket`."""
    key = MAGIC_COOKIE.to_bytes(4, "big") + transaction_id
    if len(value) < 4 or (value[1], len(value)) not in ((1, 8), (2, 20)):
        raise MalformedPacket("no address")
    packed = bytes(a ^ b for a, b in zip(value[4:], key, strict=False))
    host = IPv4Address(packed) if value[1] == 1 else IPv6Address(packed)
    return str(host), int.from_bytes(value[2:4], "big") ^ MAGIC_COOKIE >> 16


def _integrity(before: bytes, password: str) -> bytes:
    return hmac.digest(password.encode(), _with_length(before, _INTEGRITY_BYTES), "sha1")


def _fingerprint(before: bytes) -> int:
    return zlib.crc32(_with_length(before, _FINGERPRINT_BYTES)) ^ _FINGERPRINT_XOR


def _with_length(before: bytes, following: int) -> bytes:
    """The bytes with the header's length as if `following` more bytes ended the message."""
    length = len(before) - HEADER_BYTES + following
    return before[:2] + length.to_bytes(2, "big") + before[4:]
