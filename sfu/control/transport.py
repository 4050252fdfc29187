"""One participant's connection: ICE and DTLS made one, in front of the engine (RFC 8445, RFC 8842)."""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import Callable
from typing import Protocol

import structlog

from sfu.client import ConnectionChanged
from sfu.control.dtls import Dtls, DtlsCertificate
from sfu.core.ice import lite_agent, stun
from sfu.core.ice.lite_agent import Credentials, LiteAgent, Path
from sfu.core.sdp.agreed import RemoteTransport
from sfu.dataplane.engine import Engine, ParticipantId

log = structlog.get_logger(__name__)


class PathOwners(Protocol):
    """Which connection a path belongs to; kept by the server, because paths of all share its ports."""

    def claim_path(self, connection: Connection, path: Path) -> bool:
        """False: another living connection has it."""

    def release_path(self, connection: Connection, path: Path) -> None: ...


class Connection:
    """Made with the first offer. `on_change` hears each state once; `close` ends everything of it."""

    def __init__(
        self,
        participant: ParticipantId,
        engine: Engine,
        certificate: DtlsCertificate,
        owners: PathOwners,
        local: Credentials,
        remote: RemoteTransport,
        *,
        consent_timeout_s: float,
        handshake_timeout_s: float,
        on_change: Callable[[ConnectionChanged], None],
    ) -> None:
        self.participant = participant
        self._engine, self._certificate, self._owners = engine, certificate, owners
        self._on_change = on_change
        self._handshake_timeout_s = handshake_timeout_s
        self._remote = remote
        self._agent = LiteAgent(
            local,
            Credentials(remote.ufrag, remote.password),
            int(consent_timeout_s * 1_000_000),
            secrets.token_bytes,
        )
        self._loop = asyncio.get_running_loop()
        self._timer: asyncio.TimerHandle | None = None
        self._dtls_path: Path | None = None
        self._first_datagram = asyncio.Event()
        self._secured = False
        self._closed = False
        self._dtls = Dtls(certificate, self._send_dtls)
        self._dtls_task = self._start_dtls(self._dtls)
        self._ended: set[asyncio.Task[None]] = set()

    @property
    def local(self) -> Credentials:
        return self._agent.local

    def renegotiate(self, local: Credentials, remote: RemoteTransport, *, fresh: bool = False) -> None:
        """A further description: new credentials restart ICE; another certificate, a DTLS that has ended, or
        a fresh connection of the client's begins another DTLS."""
        self._agent.restart(local, Credentials(remote.ufrag, remote.password))
        if fresh or self._dtls_task.done() or set(remote.fingerprints) != set(self._remote.fingerprints):
            self._restart_dtls(remote)
        self._remote = remote

    def has_credentials(self, remote: RemoteTransport) -> bool:
        """Whether these are the ICE credentials that the client had already."""
        return (remote.ufrag, remote.password) == (self._remote.ufrag, self._remote.password)

    # --- from the engine --------------------------------------------------------------------------------

    def receive_stun(self, message: stun.StunMessage, path: Path, size: int) -> None:
        if not self._closed:
            self._apply(self._agent.receive(message, path, size, _now_us()))

    def receive_dtls(self, path: Path, data: bytes) -> None:
        if self._closed:
            return
        self._dtls_path = path
        self._agent.handshake_datagram(path)
        self._first_datagram.set()
        self._dtls.receive(data)

    # --- the end ----------------------------------------------------------------------------------------

    async def close(self) -> None:
        """Says goodbye and frees paths, tasks and timer. Idempotent."""
        if self._closed:
            return
        self._closed = True
        if self._timer is not None:
            self._timer.cancel()
        tasks = {self._dtls_task, *self._ended}
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)
        for path in self._agent.paths:
            self._owners.release_path(self, path)
            self._engine.forget_address(self.participant, path.port, path.remote)

    # --- DTLS -------------------------------------------------------------------------------------------

    def _start_dtls(self, dtls: Dtls) -> asyncio.Task[None]:
        return asyncio.create_task(self._run_dtls(dtls), name=f"dtls {self.participant}")

    def _restart_dtls(self, remote: RemoteTransport) -> None:
        self._dtls_task.cancel()
        self._ended.add(self._dtls_task)
        self._dtls_task.add_done_callback(self._ended.discard)
        self._agent.handshake_restarted()
        self._secured = False
        self._remote = remote
        self._first_datagram = asyncio.Event()
        self._dtls = Dtls(self._certificate, self._send_dtls)
        self._dtls_task = self._start_dtls(self._dtls)

    async def _run_dtls(self, dtls: Dtls) -> None:
        fingerprints = self._remote.fingerprints
        try:
            await self._first_datagram.wait()
            async with asyncio.timeout(self._handshake_timeout_s):
                keys = await dtls.handshake(fingerprints)
            # Before Python 3.12 `asyncio.wait_for`, which aiortc waits by, swallows a cancellation that comes
            # together with a datagram; then nobody would end this task any more.
            if self._closed or dtls is not self._dtls:
                return
            if keys is None:
                log.info("dtls_failed", participant=self.participant)
                self._changed("failed")
                return
            self._engine.set_keys(self.participant, keys.profile, keys.receive, keys.send)
            self._secured = True
            self._apply(self._agent.handshake_done(_now_us()))
            log.info("dtls_connected", participant=self.participant, profile=keys.profile)
            self._changed("connected")
            await dtls.closed()
            self._secured = False
            self._changed("failed")
        except TimeoutError:
            log.info("dtls_timed_out", participant=self.participant)
            self._changed("failed")
        except Exception:
            log.exception("dtls_broke", participant=self.participant)
            self._changed("failed")
        finally:
            await dtls.stop()

    def _send_dtls(self, data: bytes) -> None:
        if self._dtls_path is not None:
            self._engine.send_datagram(self._dtls_path.port, self._dtls_path.remote, data)

    # --- decisions of the ICE agent ---------------------------------------------------------------------

    def _apply(self, outputs: list[lite_agent.Output]) -> None:
        for output in outputs:
            match output:
                case lite_agent.SendStun(path, data):
                    self._engine.send_datagram(path.port, path.remote, data)
                case lite_agent.AllowPath(path):
                    if self._owners.claim_path(self, path):
                        self._engine.allow_address(self.participant, path.port, path.remote)
                case lite_agent.ForgetPath(path):
                    self._owners.release_path(self, path)
                    self._engine.forget_address(self.participant, path.port, path.remote)
                case lite_agent.SendMediaTo(path):
                    if path is None:
                        self._engine.send_media_to(self.participant, 0, None)
                    else:
                        self._engine.send_media_to(self.participant, path.port, path.remote)
                case lite_agent.ConsentChanged(alive):
                    if self._secured:
                        self._changed("connected" if alive else "silent")
        self._schedule()

    def _schedule(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        deadline_us = self._agent.next_deadline_us()
        if deadline_us is not None and not self._closed:
            delay_s = max(deadline_us - _now_us(), 0) / 1_000_000
            self._timer = self._loop.call_later(delay_s, self._on_timer, deadline_us)

    def _on_timer(self, deadline_us: int) -> None:
        self._timer = None
        self._apply(self._agent.advance(max(deadline_us, _now_us())))

    def _changed(self, state: str) -> None:
        if self._closed:
            return
        match state:
            case "connected" | "silent" | "failed":
                self._on_change(ConnectionChanged(state))


def new_credentials() -> Credentials:
    """48 and 144 random bits, more than RFC 8445 §5.3 asks for; ice-chars only."""
    return Credentials(secrets.token_hex(6), secrets.token_hex(18))


def _now_us() -> int:
    return time.monotonic_ns() // 1_000
