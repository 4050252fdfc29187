"""DTLS of one connection: aiortc's handshake over our datagrams (RFC 8842, RFC 5764).

The only module that leans on private parts of aiortc; `test_dtls.py` names them one by one:

- `RTCCertificate._create_ssl_context(srtp_profiles=...)`, overridden to share one context;
- `RTCDtlsTransport._set_role`, `_srtp_profiles`, `_ssl`, `_set_state`, `_task`, and `State`;
- `RTCDtlsTransport._setup_srtp`, overridden to hand the keys to the engine;
- the transport needs `_recv()` and `_send()` only, because the role is set.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, cast

from aiortc.rtcdtlstransport import (
    SRTP_AEAD_AES_128_GCM,
    SRTP_AES128_CM_SHA1_80,
    RTCCertificate,
    RTCDtlsFingerprint,
    RTCDtlsParameters,
    RTCDtlsTransport,
    SRTPProtectionProfile,
    State,
)
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from OpenSSL import SSL

from sfu.control.dtls_filter import is_open_alert, is_plausible
from sfu.dataplane.engine import SrtpProfile

PROFILES = (SRTP_AEAD_AES_128_GCM, SRTP_AES128_CM_SHA1_80)
"""In this order: the server's order wins, and GCM costs a third of the other's time per packet."""
MAX_WAITING = 64
"""Datagrams that wait for the handshake; more than any flight has, beyond that the newest is dropped."""
MAX_ATTEMPTS = 8
"""Handshakes that a forged ClientHello may spoil before the connection is given up."""
ATTEMPT_TIMEOUT_S = 4.0
"""Then one begins anew: OpenSSL waits for ever for the rest of a forged ClientHello's handshake."""
_NAMES: dict[bytes, SrtpProfile] = {
    SRTP_AEAD_AES_128_GCM.openssl_profile: "AEAD_AES_128_GCM",
    SRTP_AES128_CM_SHA1_80.openssl_profile: "AES_CM_128_HMAC_SHA1_80",
}


@dataclass(frozen=True, slots=True)
class SrtpKeys:
    """Master key followed by master salt, of each direction."""

    profile: SrtpProfile
    receive: bytes
    send: bytes


class DtlsCertificate(RTCCertificate):
    """One certificate and one SSL context for all connections: making a context costs half a handshake."""

    def __init__(self, key: ec.EllipticCurvePrivateKey, cert: x509.Certificate) -> None:
        super().__init__(key, cert)
        self._shared_context: SSL.Context | None = None

    def _create_ssl_context(self, srtp_profiles: list[SRTPProtectionProfile]) -> SSL.Context:
        if self._shared_context is None:
            self._shared_context = super()._create_ssl_context(srtp_profiles)
        return self._shared_context

    @property
    def fingerprint(self) -> tuple[str, str]:
        """Hash name and upper-case hex, as an answer tells it."""
        for fingerprint in self.getFingerprints():
            if fingerprint.algorithm == "sha-256":
                return fingerprint.algorithm, fingerprint.value
        raise AssertionError("aiortc gives no sha-256 fingerprint")


class DatagramPipe:
    """What `RTCDtlsTransport` calls an ICE transport: a bounded queue in, a function out."""

    role = "controlled"

    def __init__(self, send: Callable[[bytes], None]) -> None:
        self._send_datagram = send
        self._waiting: asyncio.Queue[bytes] = asyncio.Queue(MAX_WAITING)
        self._closed = False

    def put(self, data: bytes) -> None:
        if not self._waiting.full():
            self._waiting.put_nowait(data)

    def close(self) -> None:
        """No more datagrams go out; who waits for one is ended by cancellation."""
        self._closed = True

    async def _recv(self) -> bytes:
        return await self._waiting.get()

    async def _send(self, data: bytes) -> None:
        if self._closed:
            raise ConnectionError("closed")
        if not is_open_alert(data):
            self._send_datagram(data)


class _Transport(RTCDtlsTransport):
    """Keeps the keys instead of making SRTP sessions: packets never come here."""

    def __init__(self, pipe: DatagramPipe, certificate: DtlsCertificate) -> None:
        super().__init__(cast(Any, pipe), [certificate])
        self.keys: SrtpKeys | None = None
        self._srtp_profiles = list(PROFILES)
        self._set_role("server")

    def _setup_srtp(self) -> None:
        ssl = cast(SSL.Connection, self._ssl)
        selected = ssl.get_selected_srtp_profile()
        for profile in PROFILES:
            if profile.openssl_profile == selected:
                size = 2 * (profile.key_length + profile.salt_length)
                view = ssl.export_keying_material(b"EXTRACTOR-dtls_srtp", size)
                self.keys = SrtpKeys(
                    _NAMES[selected],
                    receive=profile.get_key_and_salt(view, 0),
                    send=profile.get_key_and_salt(view, 1),
                )
                return
        self._set_state(State.FAILED)


class Dtls:
    """One handshake, and the wait for its peer's goodbye. `run` is the caller's task."""

    def __init__(
        self,
        certificate: DtlsCertificate,
        send: Callable[[bytes], None],
        attempt_timeout_s: float = ATTEMPT_TIMEOUT_S,
    ) -> None:
        self._certificate, self._attempt_timeout_s = certificate, attempt_timeout_s
        self._pipe = DatagramPipe(send)
        self._transport = _Transport(self._pipe, certificate)

    def receive(self, data: bytes) -> None:
        """A DTLS datagram of the peer. One that is not well-formed never gets into OpenSSL."""
        if is_plausible(data):
            self._pipe.put(data)

    async def handshake(self, fingerprints: Sequence[tuple[str, str]]) -> SrtpKeys | None:
        """The keys; None where the handshake or the check of the peer's certificate failed."""
        parameters = RTCDtlsParameters(
            fingerprints=[RTCDtlsFingerprint(algorithm=name, value=value) for name, value in fingerprints]
        )
        for _ in range(MAX_ATTEMPTS):
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self._attempt_timeout_s):
                    await self._transport.start(parameters)
            if self._transport.state == "connected":
                return self._transport.keys
            if self._transport.encrypted:  # the wrong certificate, or no profile in common
                break
            self._transport = _Transport(self._pipe, self._certificate)
        return None

    async def closed(self) -> None:
        """Returns when the peer has said goodbye."""
        ended = asyncio.Event()

        def on_change() -> None:
            if self._transport.state in ("closed", "failed"):
                ended.set()

        self._transport.on("statechange", on_change)
        on_change()
        try:
            await ended.wait()
        finally:
            self._transport.remove_listener("statechange", on_change)

    async def stop(self) -> None:
        """Says goodbye and ends aiortc's receive task."""
        task = self._transport._task
        await self._transport.stop()
        self._pipe.close()
        if task is not None:
            await asyncio.wait([task])
