"""Every connection of the server, and the way of each datagram to the one that it concerns."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine

import structlog

from sfu.client import ConnectionChanged
from sfu.config import SfuConfig
from sfu.control.dtls import DtlsCertificate
from sfu.control.transport import Connection
from sfu.core.ice.lite_agent import Credentials, Path
from sfu.core.ice.stun import StunMessage
from sfu.core.sdp.agreed import RemoteTransport
from sfu.dataplane.engine import Engine, ParticipantId

log = structlog.get_logger(__name__)


class Connections:
    """A request names our ICE user fragment; an answer to one of ours is known by where it comes from."""

    def __init__(self, config: SfuConfig, engine: Engine, certificate: DtlsCertificate) -> None:
        self._config, self._engine, self._certificate = config, engine, certificate
        self._by_ufrag: dict[str, Connection] = {}
        self._by_path: dict[Path, Connection] = {}
        self._by_id: dict[ParticipantId, Connection] = {}
        self._ends: set[asyncio.Task[None]] = set()

    def open(
        self,
        participant: ParticipantId,
        local: Credentials,
        remote: RemoteTransport,
        on_change: Callable[[ConnectionChanged], None],
    ) -> Connection:
        connection = Connection(
            participant,
            self._engine,
            self._certificate,
            self,
            local,
            remote,
            consent_timeout_s=self._config.consent_timeout_s,
            handshake_timeout_s=self._config.handshake_timeout_s,
            on_change=on_change,
        )
        self._by_id[participant] = connection
        self._by_ufrag[local.ufrag] = connection
        return connection

    def renegotiate(
        self, connection: Connection, local: Credentials, remote: RemoteTransport, *, fresh: bool = False
    ) -> None:
        """A further description of the client, and what we are reached by from now on."""
        self._by_ufrag.pop(connection.local.ufrag, None)
        connection.renegotiate(local, remote, fresh=fresh)
        self._by_ufrag[local.ufrag] = connection

    async def close(self, connection: Connection) -> None:
        """Says goodbye. Nothing of the connection stays."""
        self._by_ufrag.pop(connection.local.ufrag, None)
        await connection.close()
        self._by_id.pop(connection.participant, None)

    def soon(self, end: Coroutine[None, None, None]) -> asyncio.Task[None]:
        """Carries out the end of something, for whoever cannot wait for it now; `wait` does."""
        task = asyncio.ensure_future(end)
        self._ends.add(task)
        task.add_done_callback(self._ended)
        return task

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._ends.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("connection_end_failed", exc_info=error)

    async def wait(self) -> None:
        """Until everything that was to end soon has ended."""
        while self._ends:
            await asyncio.wait(set(self._ends))

    # --- datagrams --------------------------------------------------------------------------------------

    def receive_stun(self, message: StunMessage, ufrag: str, path: Path, size: int) -> None:
        connection = self._by_ufrag.get(ufrag) if ufrag else self._by_path.get(path)
        if connection is not None and self._by_path.get(path, connection) is connection:
            connection.receive_stun(message, path, size)

    def receive_dtls(self, participant: ParticipantId, path: Path, data: bytes) -> None:
        if (connection := self._by_id.get(participant)) is not None:
            connection.receive_dtls(path, data)

    # --- paths (`sfu.control.transport.PathOwners`) -----------------------------------------------------

    def claim_path(self, connection: Connection, path: Path) -> bool:
        return self._by_path.setdefault(path, connection) is connection

    def release_path(self, connection: Connection, path: Path) -> None:
        if self._by_path.get(path) is connection:
            del self._by_path[path]
