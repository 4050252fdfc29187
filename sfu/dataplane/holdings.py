"""What the engine holds: participants with their addresses and keys, sources, and who sits where.

Changed by commands, on the engine's thread. A command that names what is gone changes nothing.
"""

from __future__ import annotations

import socket
from collections.abc import Callable
from dataclasses import dataclass

from sfu.dataplane import udp
from sfu.dataplane.engine import ParticipantId, SeatStream, Source, SourceId, SrtpProfile
from sfu.dataplane.feedback import Feedback
from sfu.dataplane.participant import Participant
from sfu.dataplane.seat_output import Destination, SeatOutput
from sfu.dataplane.source_input import SourceInput
from sfu.dataplane.srtp import Contexts


@dataclass(slots=True)
class Port:
    """participants: by the raw address that datagrams come from."""

    socket: socket.socket
    sender: udp.Sender
    participants: dict[bytes, Participant]


class Holdings:
    """want_keyframe: is told of a video that has got another viewer."""

    def __init__(self, feedback: Feedback, want_keyframe: Callable[[SourceInput], None]) -> None:
        self.ports: list[Port] = []
        self.participants: dict[ParticipantId, Participant] = {}
        self.sources: dict[SourceId, SourceInput] = {}
        self.sitters: dict[SourceId, list[tuple[Participant, SeatOutput]]] = {}
        self._feedback = feedback
        self._want_keyframe = want_keyframe

    def clear(self) -> None:
        self.ports.clear()
        self.participants.clear()
        self.sources.clear()
        self.sitters.clear()

    def add_participant(self, participant: ParticipantId) -> None:
        self.participants.setdefault(participant, Participant(participant))

    def remove_participant(self, participant: ParticipantId) -> None:
        found = self.participants.pop(participant, None)
        if found is None:
            return
        for port, raw in found.addresses:
            self.ports[port].participants.pop(raw, None)
        for source in list(found.sources):
            self.remove_source(source.source.id)
        for seat in found.seats.values():
            self._stand_up(found, seat)

    def allow_address(self, participant: ParticipantId, port: int, raw: bytes) -> None:
        found = self.participants.get(participant)
        if found is None or port >= len(self.ports):
            return
        table = self.ports[port].participants
        if (other := table.get(raw)) is not None and other is not found:
            other.addresses.discard((port, raw))
        table[raw] = found
        found.addresses.add((port, raw))

    def forget_address(self, participant: ParticipantId, port: int, raw: bytes) -> None:
        found = self.participants.get(participant)
        if found is not None and (port, raw) in found.addresses:
            found.addresses.discard((port, raw))
            self.ports[port].participants.pop(raw, None)

    def send_media_to(self, participant: ParticipantId, port: int, raw: bytes | None) -> None:
        found = self.participants.get(participant)
        if found is None:
            return
        if raw is None:
            found.destination = None
        elif port < len(self.ports):
            name = udp.ffi.new("char[]", raw)
            found.destination = Destination(self.ports[port].sender, name, udp.address_of(name), len(raw))

    def set_keys(self, participant: ParticipantId, profile: SrtpProfile, receive: bytes, send: bytes) -> None:
        found = self.participants.get(participant)
        if found is not None:
            found.contexts = Contexts(profile, receive, send)

    def send_datagram(self, port: int, raw: bytes, data: bytes) -> None:
        if port < len(self.ports):
            name, memory = udp.ffi.new("char[]", raw), udp.ffi.new("char[]", data)
            sender = self.ports[port].sender
            sender.add(udp.address_of(name), len(raw), udp.address_of(memory), len(data), 0)
            sender.flush()  # name and memory live until here only

    def add_source(self, source: Source) -> None:
        publisher = self.participants.get(source.publisher)
        if publisher is None or source.id in self.sources:
            return
        added = SourceInput(source, publisher.clock)
        self.sources[source.id] = added
        self.sitters[source.id] = []
        publisher.sources.append(added)
        if source.ssrc is not None:
            publisher.by_ssrc[source.ssrc] = added

    def remove_source(self, source: SourceId) -> None:
        found = self.sources.pop(source, None)
        if found is None:
            return
        for _, seat in self.sitters.pop(source):
            seat.sit(None)
        publisher = self.participants.get(found.source.publisher)
        if publisher is not None:
            publisher.remove_source(found)

    def add_seat_stream(self, stream: SeatStream) -> None:
        subscriber = self.participants.get(stream.subscriber)
        if subscriber is not None:
            subscriber.seats.setdefault(stream.ssrc, SeatOutput(stream))

    def remove_seat_stream(self, subscriber: ParticipantId, ssrc: int) -> None:
        participant = self.participants.get(subscriber)
        seat = participant.seats.pop(ssrc, None) if participant is not None else None
        if participant is not None and seat is not None:
            self._stand_up(participant, seat)
            if participant.contexts is not None:
                participant.contexts.forget_outbound(ssrc)

    def seat(self, subscriber: ParticipantId, ssrc: int, source: SourceId | None) -> None:
        participant = self.participants.get(subscriber)
        seat = participant.seats.get(ssrc) if participant is not None else None
        if participant is None or seat is None:
            return
        found = self.sources.get(source) if source is not None else None
        if seat.source is found:
            return
        self._stand_up(participant, seat)
        seat.sit(found)
        if found is not None:
            self.sitters[found.source.id].append((participant, seat))
            if found.source.kind == "video":
                self._want_keyframe(found)

    def _stand_up(self, participant: Participant, seat: SeatOutput) -> None:
        if seat.source is not None:
            sitters = self.sitters.get(seat.source.source.id)
            if sitters is not None and (participant, seat) in sitters:
                sitters.remove((participant, seat))
        seat.sit(None)

    def request_keyframe(self, source: SourceId) -> None:
        found = self.sources.get(source)
        publisher = self.participants.get(found.source.publisher) if found is not None else None
        if found is not None and publisher is not None:
            self._feedback.request_keyframe(publisher, found)
