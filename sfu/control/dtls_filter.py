"""Which datagrams may get into OpenSSL before the keys are agreed on.

Records of epoch 0 are not authenticated, and OpenSSL gives up a handshake for one that is out of place: a
forged alert, or a message longer than itself. Whoever can forge a source address could end handshakes so.
"""

from __future__ import annotations

_RECORD_BYTES = 13
_MESSAGE_BYTES = 12
_ALERT, _HANDSHAKE, _APPLICATION_DATA = 21, 22, 23
_FROM_CLIENTS = frozenset({1, 11, 15, 16})
"""ClientHello, Certificate, CertificateVerify, ClientKeyExchange; Finished is encrypted (RFC 5246 §7.4)."""
MAX_MESSAGE_BYTES = 16_384


def is_plausible(data: bytes) -> bool:
    """Whole records of the versions DTLS 1.0 to 1.3, with what a client may send unencrypted."""
    if not data:
        return False
    at = 0
    while at < len(data):
        if data[at] >= 32:  # DTLS 1.3's short header, encrypted always (RFC 9147 §4)
            return True
        if at + _RECORD_BYTES > len(data) or data[at + 1] != 0xFE:
            return False
        end = at + _RECORD_BYTES + int.from_bytes(data[at + 11 : at + 13], "big")
        if end > len(data) or end == at + _RECORD_BYTES:
            return False
        unencrypted = data[at + 3 : at + 5] == b"\0\0"
        if unencrypted and data[at] in (_ALERT, _APPLICATION_DATA):
            return False
        if unencrypted and data[at] == _HANDSHAKE and not _are_messages(data[at + _RECORD_BYTES : end]):
            return False
        at = end
    return True


def is_open_alert(data: bytes) -> bool:
    """An alert of ours that is not encrypted. It would end the handshake of a client in whose name somebody
    else sent rubbish; without it the client sends its own messages again."""
    return len(data) >= _RECORD_BYTES and data[0] == _ALERT and data[3:5] == b"\0\0"


def _are_messages(body: bytes) -> bool:
    """Fragments of handshake messages that fill the record (RFC 6347 §4.2.2)."""
    at = 0
    while at < len(body):
        if at + _MESSAGE_BYTES > len(body) or body[at] not in _FROM_CLIENTS:
            return False
        length = int.from_bytes(body[at + 1 : at + 4], "big")
        offset = int.from_bytes(body[at + 6 : at + 9], "big")
        size = int.from_bytes(body[at + 9 : at + 12], "big")
        if length > MAX_MESSAGE_BYTES or offset + size > length:
            return False
        at += _MESSAGE_BYTES + size
    return at == len(body)
