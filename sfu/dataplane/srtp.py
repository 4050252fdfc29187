"""SRTP contexts of one participant, called in place (RFC 3711, RFC 7714).

libsrtp is the one that pylibsrtp's wheel carries; its own wrapper copies every packet twice, so packets go
to the library where they lie. Nothing here is thread-safe: the engine's thread alone uses it.
"""

from __future__ import annotations

from socket import htonl
from typing import Any

from pylibsrtp import Error, Policy, Session
from pylibsrtp import _binding as binding

from sfu.dataplane.engine import SrtpProfile

lib: Any = binding.lib
ffi: Any = binding.ffi

OK: int = lib.srtp_err_status_ok
REPLAY_WINDOW = 1_024
MAX_INBOUND_SSRCS = 256
"""Two for each of the 128 m-lines that a description may have: a mesh client makes a new one each time that
its camera goes on."""
MAX_RTCP_BYTES = 1_300

_PROFILES: dict[SrtpProfile, tuple[int, int]] = {  # libsrtp's number, bytes of the tag
    "AEAD_AES_128_GCM": (Policy.SRTP_PROFILE_AEAD_AES_128_GCM, 16),
    "AES_CM_128_HMAC_SHA1_80": (Policy.SRTP_PROFILE_AES128_CM_SHA1_80, 10),
}


def check_key(profile: SrtpProfile, key: bytes) -> None:
    """Raises `ValueError` unless the key is as long as the profile wants (RFC 5764 §4.1.2, RFC 7714 §12)."""
    number, _ = _PROFILES[profile]
    want = lib.srtp_profile_get_master_key_length(number) + lib.srtp_profile_get_master_salt_length(number)
    if len(key) != want:
        raise ValueError(f"{profile} takes {want} bytes of key and salt, not {len(key)}")


class Contexts:
    """Both directions. context_out: what `lib.srtp_protect` takes. tag_bytes: what it adds to a packet."""

    __slots__ = (
        "_context_in",
        "_inbound",
        "_known_ssrcs",
        "_length",
        "_outbound",
        "context_out",
        "tag_bytes",
    )

    def __init__(self, profile: SrtpProfile, receive_key: bytes, send_key: bytes) -> None:
        number, self.tag_bytes = _PROFILES[profile]
        inbound = Policy(receive_key, Policy.SSRC_ANY_INBOUND, srtp_profile=number)
        inbound.window_size = REPLAY_WINDOW
        outbound = Policy(send_key, Policy.SSRC_ANY_OUTBOUND, srtp_profile=number)
        outbound.window_size = REPLAY_WINDOW
        self._inbound, self._outbound = Session(inbound), Session(outbound)
        self._context_in = self._inbound._srtp[0]
        self.context_out = self._outbound._srtp[0]
        self._length = ffi.new("int *")
        self._known_ssrcs: set[int] = set()

    def unprotect(self, pointer: Any, size: int, ssrc: int) -> int:
        """Decrypts an RTP packet where it lies; its new size, or 0 where it is refused.

        A context of a new ssrc is kept only after a packet of it authenticated, and only so many.
        """
        if ssrc not in self._known_ssrcs and len(self._known_ssrcs) >= MAX_INBOUND_SSRCS:
            return 0
        self._length[0] = size
        if lib.srtp_unprotect(self._context_in, pointer, self._length) != OK:
            return 0
        self._known_ssrcs.add(ssrc)
        return int(self._length[0])

    def unprotect_rtcp(self, data: bytes) -> bytes | None:
        """A decrypted compound packet; its sender's ssrc counts among the participant's."""
        ssrc = int.from_bytes(data[4:8], "big")
        if ssrc not in self._known_ssrcs and len(self._known_ssrcs) >= MAX_INBOUND_SSRCS:
            return None
        try:
            plain = self._inbound.unprotect_rtcp(data)
        except (Error, ValueError):
            return None
        self._known_ssrcs.add(ssrc)
        return plain

    def protect_rtcp(self, data: bytes) -> bytes | None:
        """Up to `MAX_RTCP_BYTES`."""
        try:
            return self._outbound.protect_rtcp(data)
        except (Error, ValueError):
            return None

    def forget_outbound(self, ssrc: int) -> None:
        lib.srtp_remove_stream(self.context_out, htonl(ssrc))
