"""The ICE-lite side of one connection: answers checks, and decides where media may go (RFC 8445 §2.5).

A lite agent never checks back, so a peer could aim our media at somebody else by a check with a forged
source address. Therefore media goes only to a *proven* address:

- the first one is proven by a DTLS handshake all of whose datagrams came from it;
- any other one by answering a Binding request of our own, with a random transaction id; it is asked again
  every `REPROVE_US` while media goes there, and loses its proof after `PROOF_US` without an answer.

Consent: without a valid check for `consent_timeout_us` media stops until the next one (RFC 7675).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from sfu.core.ice import stun
from sfu.errors import MalformedPacket

PROVE_RETRY_US = 250_000
PROVE_TRIES = 12
ASK_AGAIN_US = 10_000_000
"""After that many unanswered requests the address is left alone for so long."""
REPROVE_US = 5_000_000
PROOF_US = 30_000_000
MAX_PATHS = 8
"""Addresses of one connection; the longest unused gives way. A phone does not roam through nine."""

_PEER_REFLEXIVE_PRIORITY = 0x7E7F_00FF

Remote = tuple[str, int]


@dataclass(frozen=True, slots=True)
class Credentials:
    """ufrag and password of one side (RFC 8839 §5.4)."""

    ufrag: str
    password: str


@dataclass(frozen=True, slots=True)
class Path:
    """A local port (its index) and a remote address."""

    port: int
    remote: Remote


@dataclass(frozen=True, slots=True)
class SendStun:
    path: Path
    data: bytes


@dataclass(frozen=True, slots=True)
class AllowPath:
    """A valid check came by this path: DTLS and SRTP may be taken from it."""

    path: Path


@dataclass(frozen=True, slots=True)
class ForgetPath:
    path: Path


@dataclass(frozen=True, slots=True)
class SendMediaTo:
    """Where media goes from now on; None: nowhere."""

    path: Path | None


@dataclass(frozen=True, slots=True)
class ConsentChanged:
    alive: bool


Output = SendStun | AllowPath | ForgetPath | SendMediaTo | ConsentChanged


@dataclass(slots=True)
class _PathState:
    last_check_us: int
    by_handshake: bool = False
    proven_us: int | None = None
    transaction_id: bytes | None = None
    tries: int = 0
    ask_us: int | None = None
    asked_us: int = 0

    def is_proven(self, now_us: int) -> bool:
        return self.by_handshake or (self.proven_us is not None and now_us - self.proven_us < PROOF_US)


@dataclass(slots=True)
class LiteAgent:
    """Sans-I/O: every input returns what follows from it. `random_bytes(n)` must be unpredictable."""

    local: Credentials
    remote: Credentials
    consent_timeout_us: int
    random_bytes: Callable[[int], bytes]
    _paths: dict[Path, _PathState] = field(default_factory=dict)
    _nominated: Path | None = None
    _media: Path | None = None
    _handshake_paths: set[Path] = field(default_factory=set)
    _handshake_done: bool = False
    _last_check_us: int | None = None
    _alive: bool = False

    @property
    def paths(self) -> list[Path]:
        return list(self._paths)

    def restart(self, local: Credentials, remote: Credentials) -> None:
        """An ICE restart: new credentials; media goes on by the old path until a new one is nominated."""
        self.local, self.remote = local, remote

    # --- inputs -----------------------------------------------------------------------------------------

    def receive(self, message: stun.StunMessage, path: Path, size: int, now_us: int) -> list[Output]:
        """A STUN message of `size` bytes that came by `path`. What is not valid changes nothing."""
        if message.message_type == stun.BINDING_REQUEST:
            return self._request(message, path, size, now_us)
        if message.message_type == stun.BINDING_SUCCESS:
            return self._answer(message, path, now_us)
        return []

    def handshake_datagram(self, path: Path) -> None:
        """A DTLS datagram came by `path` before the handshake was done."""
        if not self._handshake_done:
            self._handshake_paths.add(path)

    def handshake_restarted(self) -> None:
        self._handshake_done = False
        self._handshake_paths.clear()

    def handshake_done(self, now_us: int) -> list[Output]:
        """DTLS is up. Whoever finished it has read what we sent to the one address it was made from."""
        self._handshake_done = True
        if len(self._handshake_paths) == 1:
            state = self._paths.get(next(iter(self._handshake_paths)))
            if state is not None:
                state.by_handshake = True
        return self._choose(now_us)

    def next_deadline_us(self) -> int | None:
        deadlines = [state.ask_us for state in self._paths.values() if state.ask_us is not None]
        if self._alive and self._last_check_us is not None:
            deadlines.append(self._last_check_us + self.consent_timeout_us)
        state = self._paths.get(self._media) if self._media is not None else None
        if state is not None and state.proven_us is not None and not state.by_handshake:
            deadlines.append(state.proven_us + PROOF_US)
        return min(deadlines, default=None)

    def advance(self, now_us: int) -> list[Output]:
        """Time has passed: ask again, let proofs and consent run out."""
        outputs: list[Output] = []
        last_us = self._last_check_us
        if self._alive and last_us is not None and now_us - last_us >= self.consent_timeout_us:
            self._alive = False
            outputs.append(ConsentChanged(alive=False))
        for path, state in self._paths.items():
            if state.ask_us is not None and now_us >= state.ask_us:
                outputs += self._ask(path, state, now_us)
        return outputs + self._choose(now_us)

    # --- pieces -----------------------------------------------------------------------------------------

    def _request(self, message: stun.StunMessage, path: Path, size: int, now_us: int) -> list[Output]:
        username = f"{self.local.ufrag}:{self.remote.ufrag}"
        if message.username != username or not message.has_integrity(self.local.password):
            return []
        mapped = stun.xor_address(path.remote, message.transaction_id)
        response = stun.build(
            stun.BINDING_SUCCESS,
            message.transaction_id,
            [(stun.XOR_MAPPED_ADDRESS, mapped)],
            self.local.password,
        )
        if len(response) > size:  # a reflector must gain nothing by us; real checks are longer
            return []
        outputs: list[Output] = [SendStun(path, response)]
        state = self._paths.get(path)
        if state is None:
            state = self._paths[path] = _PathState(last_check_us=now_us)
            outputs.append(AllowPath(path))
            outputs += self._forget_beyond_bound()
        state.last_check_us = self._last_check_us = now_us
        if state.tries >= PROVE_TRIES and now_us - state.asked_us >= ASK_AGAIN_US:
            state.tries = 0
        if not self._alive:
            self._alive = True
            outputs.append(ConsentChanged(alive=True))
        if message.use_candidate or self._nominated is None:
            self._nominated = path
        return outputs + self._choose(now_us)

    def _answer(self, message: stun.StunMessage, path: Path, now_us: int) -> list[Output]:
        state = self._paths.get(path)
        if state is None or state.transaction_id != message.transaction_id:
            return []
        if not message.has_integrity(self.remote.password):
            return []
        state.transaction_id, state.tries = None, 0
        state.proven_us = now_us
        state.ask_us = now_us + REPROVE_US if path == self._nominated else None
        return self._choose(now_us)

    def _choose(self, now_us: int) -> list[Output]:
        """Media goes to the nominated path if it is proven; else stays on a proven one, and we ask."""
        outputs: list[Output] = []
        target: Path | None = None
        if self._alive and self._handshake_done and self._nominated is not None:
            state = self._paths[self._nominated]
            if state.is_proven(now_us):
                target = self._nominated
            else:
                if state.ask_us is None and state.tries < PROVE_TRIES:
                    outputs += self._ask(self._nominated, state, now_us)
                if self._media is not None and (old := self._paths.get(self._media)) is not None:
                    target = self._media if old.is_proven(now_us) else None
        if target != self._media:
            self._media = target
            outputs.append(SendMediaTo(target))
        return outputs

    def _ask(self, path: Path, state: _PathState, now_us: int) -> list[Output]:
        """A Binding request of our own; the same transaction is repeated until it is answered."""
        if path != self._nominated or not self._handshake_done or state.tries >= PROVE_TRIES:
            state.ask_us = state.transaction_id = None
            return []
        state.tries += 1
        state.asked_us = now_us
        state.transaction_id = state.transaction_id or self.random_bytes(12)
        state.ask_us = now_us + PROVE_RETRY_US * 2 ** min(state.tries - 1, 4)
        request = stun.build(
            stun.BINDING_REQUEST,
            state.transaction_id,
            [
                (stun.USERNAME, f"{self.remote.ufrag}:{self.local.ufrag}".encode()),
                (stun.ICE_CONTROLLED, bytes(8)),
                (stun.PRIORITY, _PEER_REFLEXIVE_PRIORITY.to_bytes(4, "big")),
            ],
            self.remote.password,
        )
        return [SendStun(path, request)]

    def _forget_beyond_bound(self) -> list[Output]:
        outputs: list[Output] = []
        while len(self._paths) > MAX_PATHS:
            kept = (self._nominated, self._media)
            oldest = min(
                (path for path in self._paths if path not in kept),
                key=lambda path: self._paths[path].last_check_us,
            )
            del self._paths[oldest]
            outputs.append(ForgetPath(oldest))
        return outputs


def parse_for_agent(data: bytes) -> tuple[stun.StunMessage, str] | None:
    """A message and the local ufrag it is for; an answer of a peer carries none, then it is empty."""
    try:
        message = stun.parse(data)
    except MalformedPacket:
        return None
    username = message.username
    return message, username.partition(":")[0] if username else ""
