"""Our end of one connection of a mesh client: it speaks as the participant whom the client believes to reach.

The documented protocol: the lower user id offers first; after that either end may offer at any time, m-lines
are never taken away, and a track that comes back comes on a new one (RFC 8829). Such clients resolve no
glare: their browser takes back their own offer for ours, silently (RFC 8829 §4.1.10.2), and our answer to it
fails there. So where two offers cross

- we take ours back too, and answer theirs: a client that does not take back anything is served by that;
- if the client then still answers our offer, it has taken its own one back, and what holds is ours. We go on
  from there, and ask once more for what its lost offer had brought.

Two offers of the client's in a row cross our answer to the first in the same way: it may be taken for that to
the second, which then fails. So after such a pair we offer what we believe to hold, and hear what does.

Between two inputs the state is what both ends agree on; `settle` brings it in line with what is wished.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal

from sfu.core.ice.lite_agent import Credentials
from sfu.core.mesh.lines import KINDS, AnyLine, Line, Lines, Numbers, answered, of_kind, offered
from sfu.core.sdp.agreed import Kind, Rejected, RemoteTransport, remote_transport
from sfu.core.sdp.parse import Description
from sfu.errors import SdpRejected

FIRST_OFFER_WAIT_US = 6_000_000
"""How long a client with the lower id may take before we offer: a prompt for the microphone takes a while."""
REPEAT_US = 5_000_000
MAX_REPEATS = 3
LATE_REPEAT_US = 30_000_000
"""An offer that came before the client could take it is lost there; who allows the microphone after a minute
is still to be met."""
CROSSING_US = 1_000_000
"""What was said less than this ago may not have reached the other end yet. After offers have crossed we wait
so long for the client's answer to ours before we offer anew."""
MAX_REFUSALS = 2
"""So many m-lines may a client refuse for a kind before we stop asking."""


@dataclass(frozen=True, slots=True)
class Say:
    """An answer, or an offer of ours. In an offer `lines` is what we propose."""

    type: Literal["offer", "answer"]
    lines: Lines


@dataclass(frozen=True, slots=True)
class Secure:
    """What ICE and DTLS have to go on with. fresh: the client has begun a new connection."""

    local: Credentials
    remote: RemoteTransport
    fresh: bool


Output = Say | Secure


@dataclass(frozen=True, slots=True)
class _Offer:
    """An offer of ours that waits for its answer."""

    lines: Lines
    local: Credentials


class VirtualPeer:
    """offers_first: the one whom we stand in for has the lower id. new_mid: a new name for an m-line of ours,
    unlike any that a client makes up."""

    def __init__(
        self,
        *,
        offers_first: bool,
        new_mid: Callable[[], str],
        new_credentials: Callable[[], Credentials],
        now_us: int,
    ) -> None:
        self._new_mid, self._new_credentials = new_mid, new_credentials
        self.local = new_credentials()
        self.remote: RemoteTransport | None = None
        self.lines: Lines = ()
        """Agreed on by both ends."""
        self.rollbacks = 0
        """How often the client's browser has taken an offer of its own back for ours. Chromium goes on to
        decode what it receives then, but plays nothing of it until a stream with another SSRC comes."""
        self._session_id = ""
        self._numbers = Numbers()
        self._pending: _Offer | None = None
        self._taken_back: _Offer | None = None
        self._must_answer = False
        self._hidden: set[Kind] = set(KINDS)
        """The client may have a track of that kind on no line that we know: its own offer shows all, our
        `sendonly` gets at none (RFC 8829 §5.10)."""
        self._doubtful: set[Kind] = set()
        """The client means to send that kind on a line of an offer that its browser took back. Since then
        there may be another transceiver, and the track on no line."""
        self._refusals: dict[Kind, int] = {"audio": 0, "video": 0}
        self._carried: dict[Kind, bool] = {"audio": True, "video": False}
        self._taken: dict[Kind, bool] = {"audio": False, "video": False}
        self._offer_us: int | None = now_us if offers_first else now_us + FIRST_OFFER_WAIT_US
        """When to make the first offer."""
        self._repeat_us: int | None = None
        self._repeats = 0
        self._hold_us: int | None = None
        self._answered_us: int | None = None
        self._must_confirm = False

    # --- wishes: what holds after the next `settle` -------------------------------------------------------

    def carry_video(self) -> None:
        """The participant whom we stand in for has a camera. The line is kept while it is off."""
        self._carried["video"] = True

    def take(self, kind: Kind, wanted: bool) -> None:
        """Whether the client's track of this kind is taken here."""
        self._taken[kind] = wanted

    # --- facts ----------------------------------------------------------------------------------------------

    @property
    def carries_video(self) -> bool:
        return self._carried["video"]

    def sends(self, kind: Kind) -> bool | None:
        """Whether the client wants to send this kind here; None: it has not been asked."""
        lines = of_kind(self.lines, kind)
        if any(line.client_sends for line in lines):
            return True
        if kind in self._hidden or any(line.client_sends is None for line in lines):
            return None
        return False

    @property
    def mids(self) -> set[str]:
        """Of the lines that are agreed on, and of those in offers of ours that may still be answered."""
        offers = (self._pending, self._taken_back)
        every = (self.lines, *(offer.lines for offer in offers if offer is not None))
        return {line.mid for lines in every for line in lines}

    def upload(self, kind: Kind) -> Line | None:
        """The line on which the client's track comes."""
        return next((line for line in of_kind(self.lines, kind) if line.takes and line.client_sends), None)

    def downlink(self, kind: Kind) -> Line | None:
        """The line on which the participant's track goes to the client."""
        return next((line for line in of_kind(self.lines, kind) if line.carries), None)

    # --- inputs ---------------------------------------------------------------------------------------------

    def receive_offer(self, description: Description, now_us: int) -> list[Output]:
        """`settle` makes the answer. Raises `SdpRejected`, and nothing has changed then."""
        before = () if self._is_fresh(description) else self.lines
        lines = offered(description, before)
        outputs = [self._secure(description, lines, restarts=True)]
        if self._pending is not None:
            self._taken_back, self._pending, self._repeat_us = self._pending, None, None
            self._hold_us = now_us + CROSSING_US
        if self._answered_us is not None and now_us - self._answered_us < CROSSING_US:
            self._must_confirm, self._hold_us = True, now_us + CROSSING_US
        self._numbers.learn(description.media)
        self._must_answer, self._offer_us = True, None
        self.lines = lines
        self._hidden.clear()
        self._doubtful.clear()
        return outputs

    def receive_answer(self, description: Description, now_us: int) -> list[Output]:
        """An answer that fits no offer of ours is one of another connection: nothing follows from it.

        Raises `SdpRejected`, and nothing has changed then.
        """
        crossed = self._taken_back if self._hold_us is not None or self._pending is None else None
        for offer in (crossed, self._pending, self._taken_back):
            if offer is None:
                continue
            lines = answered(description, offer.lines, self.lines)
            if lines is None:
                continue
            outputs = [self._secure(description, lines, local=offer.local)]
            self._hidden -= {line.kind for line in offer.lines if isinstance(line, Line) and line.asks}
            withheld = self._doubtful & _withheld(offer.lines, lines)
            self._hidden |= withheld
            self._doubtful -= withheld
            rolled_back = offer is self._taken_back
            if rolled_back:
                self._hidden |= self._lost_beside(lines)
                self._doubtful = {
                    line.kind
                    for line in lines
                    if isinstance(line, Line) and line.client_sends and not line.takes
                }
                self.rollbacks += 1
            self._note_refusals(offer.lines, lines)
            self._numbers.learn(description.media)
            self.lines = lines
            # A client that was late finds each repetition, and answers it too.
            self._hold_us = now_us + CROSSING_US if self._repeats else None
            self._pending = self._taken_back = self._repeat_us = self._offer_us = None
            self._repeats = 0
            self._must_answer, self._must_confirm = False, rolled_back
            return outputs
        return []

    def settle(self, now_us: int) -> list[Output]:
        """What has to be said now, so that both ends come to what is wished."""
        if self._must_answer:
            self._must_answer, self._answered_us = False, now_us
            self.lines = self._wished(self.lines, answering=True)
            return [Say("answer", self.lines), *self._settle_stable(now_us)]
        return self._settle_stable(now_us)

    def next_deadline_us(self) -> int | None:
        deadlines = (self._offer_us, self._repeat_us, self._hold_us)
        return min((each for each in deadlines if each is not None), default=None)

    def _settle_stable(self, now_us: int) -> list[Output]:
        if self._repeat_us is not None and self._pending is not None and now_us >= self._repeat_us:
            self._repeats += 1
            self._repeat_us = now_us + (REPEAT_US if self._repeats < MAX_REPEATS else LATE_REPEAT_US)
            if self._repeats > MAX_REPEATS:
                # The wishes may be others by now. Its lines stay: who was late finds each repetition.
                self._pending = _Offer(self._proposal(self._pending.lines), self.local)
            return [Say("offer", self._pending.lines)]
        if self._hold_us is not None:
            if now_us < self._hold_us:
                return []
            self._hold_us = None
        if self._offer_us is not None and now_us < self._offer_us:
            return []
        if self._pending is not None or not (self._offer_us is not None or self._needs_offer()):
            return []
        self._offer_us = None
        lines = self._proposal(self.lines)
        self._pending = _Offer(lines, self.local)
        self._repeats, self._repeat_us = 0, now_us + REPEAT_US
        return [Say("offer", lines)]

    # --- negotiation ----------------------------------------------------------------------------------------

    def _wished(self, lines: Lines, *, answering: bool) -> Lines:
        """carries and takes as they should be: one line of each kind, the old one where there is one."""
        carriers: set[str] = set()
        takers: set[str] = set()
        for kind in KINDS:
            own = of_kind(lines, kind)
            able = [line for line in own if line.client_receives is not False]
            carrier = next((line for line in able if line.carries), able[0] if able else None)
            senders = [line for line in own if line.client_sends]
            unknown = [] if answering else [line for line in own if line.client_sends is None]
            taker = next(iter(reversed(senders or unknown)), None)
            if carrier is not None and self._carried[kind]:
                carriers.add(carrier.mid)
            if taker is not None and self._taken[kind]:
                takers.add(taker.mid)
        return tuple(
            line
            if isinstance(line, Rejected)
            else replace(line, carries=line.mid in carriers, takes=line.mid in takers)
            for line in lines
        )

    def _needs_offer(self) -> bool:
        if self.remote is None:
            return False  # the client's first offer has to come
        wished = self._wished(self.lines, answering=False)
        return self._must_confirm or wished != self.lines or bool(self._missing(wished))

    def _missing(self, lines: Lines) -> dict[Kind, tuple[bool, bool]]:
        """New lines that are needed: kind -> (carries, takes)."""
        missing: dict[Kind, tuple[bool, bool]] = {}
        for kind in KINDS:
            own = of_kind(lines, kind)
            carries = self._carried[kind] and not any(line.carries for line in own)
            takes = self._taken[kind] and kind in self._hidden and not any(line.takes for line in own)
            if (carries or takes) and self._refusals[kind] < MAX_REFUSALS:
                missing[kind] = (carries, takes)
        return missing

    def _proposal(self, before: Lines) -> Lines:
        lines: list[AnyLine] = list(self._wished(before, answering=False))
        for kind, (carries, takes) in self._missing(tuple(lines)).items():
            line = self._numbers.new_line(self._new_mid(), kind, tuple(lines))
            lines.append(replace(line, carries=carries, takes=takes))
        return tuple(lines)

    def _note_refusals(self, proposed: Lines, lines: Lines) -> None:
        for kind in KINDS:
            offered_any = any(line.carries for line in of_kind(proposed, kind))
            if offered_any and not any(line.carries for line in of_kind(lines, kind)):
                self._refusals[kind] += 1

    def _lost_beside(self, lines: Lines) -> set[Kind]:
        """What the client's offer, which it took back, wanted to send on lines that are not there now."""
        there = {line.mid for line in lines if isinstance(line, Line) and line.client_sends is not False}
        return {
            line.kind
            for line in self.lines
            if isinstance(line, Line) and line.client_sends and line.mid not in there
        }

    def _is_fresh(self, description: Description) -> bool:
        """A new peer connection of the client's: another certificate, or another session altogether."""
        if self.remote is None:
            return False
        theirs = next((media for media in description.media if media.ufrag), None)
        if theirs is None:
            return False
        if not set(theirs.fingerprints) & set(self.remote.fingerprints):
            return True
        return description.session_id != self._session_id and theirs.ufrag != self.remote.ufrag

    def _secure(
        self,
        description: Description,
        lines: Lines,
        *,
        restarts: bool = False,
        local: Credentials | None = None,
    ) -> Output:
        accepted = {line.mid for line in lines if isinstance(line, Line)}
        media = next((media for media in description.media if media.mid in accepted), None)
        if media is None:
            raise SdpRejected("unsupported", "The description has no bundled m-line with Opus or VP8")
        remote = remote_transport(media)
        fresh = self._is_fresh(description)
        if local is not None:
            self.local = local
        elif restarts and not fresh and self.remote is not None and _ice(remote) != _ice(self.remote):
            self.local = self._new_credentials()  # RFC 8839 §4.4.1.1: an ICE restart of the client's
        if fresh:
            self._refusals = dict.fromkeys(KINDS, 0)
            self._numbers = Numbers()
        self.remote, self._session_id = remote, description.session_id
        return Secure(self.local, remote, fresh)


def _is_unheard(line: Line) -> bool:
    """Its answer said nothing of what the client sends."""
    return bool(line.client_sends) and not line.takes


def _withheld(proposed: Lines, lines: Lines) -> set[Kind]:
    """What we wanted to take where the client had offered it, and do not get there."""
    return {
        line.kind
        for line, now in zip(proposed, lines, strict=True)
        if isinstance(line, Line) and isinstance(now, Line)
        if line.takes and line.client_sends and not now.client_sends
    }


def _ice(transport: RemoteTransport) -> tuple[str, str]:
    return transport.ufrag, transport.password
