"""The packet path in Python: the reference, and what runs where there is no compiled one.

One thread owns the sockets and all state. A turn: commands that were given, one batch of datagrams from each
socket, feedback that is due. Work per turn is bounded by the batch.

Every call into libsrtp or the kernel releases the interpreter's lock; while another thread computes, getting
it back takes up to `sys.getswitchinterval()`. The composition root sets that to a value fit for media.
"""

from __future__ import annotations

import os
import select
import socket
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence

import structlog

from sfu.core.ice.demux import Protocol, classify
from sfu.core.rtcp.compound import parse_compound
from sfu.core.rtp.packet import FIXED_HEADER_BYTES, parse_header
from sfu.dataplane import udp
from sfu.dataplane.batch import Batch, Packet
from sfu.dataplane.engine import (
    Address,
    DtlsReceived,
    EngineStats,
    EventSink,
    KeyframeWanted,
    LocalPort,
    ParticipantId,
    ParticipantStats,
    SeatStarted,
    SeatStream,
    Source,
    SourceId,
    SourceStarted,
    SrtpProfile,
    StunReceived,
)
from sfu.dataplane.events import EventQueue
from sfu.dataplane.feedback import Feedback
from sfu.dataplane.holdings import Holdings, Port
from sfu.dataplane.participant import Participant
from sfu.dataplane.ring import Scratch
from sfu.dataplane.rtcp_input import RtcpInput
from sfu.dataplane.source_input import SourceInput
from sfu.dataplane.srtp import check_key
from sfu.errors import EngineUnavailable, MalformedPacket

log = structlog.get_logger(__name__)

SCRATCH_BYTES = 512 * 1_024
MAX_PACKET_BYTES = 1_500
MAX_COMMANDS_PER_TURN = 1_000
STUN_UNKNOWN_PER_S = 20
STUN_KNOWN_PER_S = 100
MAX_STUN_ADDRESSES = 10_000
STOP_TIMEOUT_S = 5.0


class PythonEngine:
    """Implements `sfu.dataplane.engine.Engine`. gso False sends every packet by itself."""

    name = "python"

    def __init__(self, *, gso: bool = True) -> None:
        self._want_gso = gso
        self._commands: deque[Callable[[], None]] = deque()
        self._command_fd = os.eventfd(0, os.EFD_NONBLOCK | os.EFD_CLOEXEC)
        self._thread: threading.Thread | None = None
        self._stopping = False
        self._events: EventQueue | None = None
        self._receiver = udp.Receiver()
        self._scratch = Scratch(SCRATCH_BYTES, self._flush)
        self._rtcp = RtcpInput(self._want_keyframe)
        self._feedback = Feedback()
        self._held = Holdings(self._feedback, self._want_keyframe)
        self._wall_offset_us = time.time_ns() // 1_000 - time.monotonic_ns() // 1_000
        self._stun_counts: dict[bytes, int] = {}
        self._stun_second = 0
        self._packets_in = self._bytes_in = self._forwarded = self._srtp_failures = 0
        self._dropped: dict[str, int] = {}
        self._told_second = -1
        self._closed = False

    # --- life -------------------------------------------------------------------------------------------

    def open_ports(self, addresses: Sequence[Address], sink: EventSink) -> list[LocalPort]:
        if self._closed or self._held.ports:
            raise EngineUnavailable("The engine has been opened already.")
        opened: list[socket.socket] = []
        try:
            opened.extend(udp.open_socket(address) for address in addresses)
        except EngineUnavailable:
            for each in opened:
                each.close()
            raise
        self._events = EventQueue(sink)
        for each in opened:
            gso = self._want_gso and udp.supports_gso(each)
            self._held.ports.append(Port(each, udp.Sender(each.fileno(), gso=gso), {}))
        self._thread = threading.Thread(target=self._run, name="telcall-dataplane", daemon=True)
        self._thread.start()
        return [
            LocalPort(index, (each.getsockname()[0], each.getsockname()[1]))
            for index, each in enumerate(opened)
        ]

    def close(self) -> None:
        if self._closed:
            return
        self._closed = True
        self._stopping = True
        os.eventfd_write(self._command_fd, 1)
        if self._thread is not None:
            self._thread.join(STOP_TIMEOUT_S)
        if self._events is not None:
            self._events.close()
        for port in self._held.ports:
            port.socket.close()
        os.close(self._command_fd)
        self._held.clear()

    # --- commands, from the control plane's thread --------------------------------------------------------

    def _command(self, command: Callable[[], None]) -> None:
        if self._closed:
            return
        self._commands.append(command)
        os.eventfd_write(self._command_fd, 1)

    def add_participant(self, participant: ParticipantId) -> None:
        self._command(lambda: self._held.add_participant(participant))

    def remove_participant(self, participant: ParticipantId) -> None:
        self._command(lambda: self._held.remove_participant(participant))

    def allow_address(self, participant: ParticipantId, port: int, remote: Address) -> None:
        raw = udp.pack_address(remote)
        self._command(lambda: self._held.allow_address(participant, port, raw))

    def forget_address(self, participant: ParticipantId, port: int, remote: Address) -> None:
        raw = udp.pack_address(remote)
        self._command(lambda: self._held.forget_address(participant, port, raw))

    def send_media_to(self, participant: ParticipantId, port: int, remote: Address | None) -> None:
        raw = udp.pack_address(remote) if remote is not None else None
        self._command(lambda: self._held.send_media_to(participant, port, raw))

    def set_keys(self, participant: ParticipantId, profile: SrtpProfile, receive: bytes, send: bytes) -> None:
        for key in (receive, send):
            check_key(profile, key)
        self._command(lambda: self._held.set_keys(participant, profile, receive, send))

    def send_datagram(self, port: int, remote: Address, data: bytes) -> None:
        raw = udp.pack_address(remote)
        self._command(lambda: self._held.send_datagram(port, raw, data))

    def add_source(self, source: Source) -> None:
        self._command(lambda: self._held.add_source(source))

    def remove_source(self, source: SourceId) -> None:
        self._command(lambda: self._held.remove_source(source))

    def add_seat_stream(self, stream: SeatStream) -> None:
        self._command(lambda: self._held.add_seat_stream(stream))

    def remove_seat_stream(self, subscriber: ParticipantId, ssrc: int) -> None:
        self._command(lambda: self._held.remove_seat_stream(subscriber, ssrc))

    def seat(self, subscriber: ParticipantId, ssrc: int, source: SourceId | None) -> None:
        self._command(lambda: self._held.seat(subscriber, ssrc, source))

    def request_keyframe(self, source: SourceId) -> None:
        self._command(lambda: self._held.request_keyframe(source))

    def stats(self) -> EngineStats:
        senders = [port.sender for port in self._held.ports]
        dropped = dict(self._dropped)
        if full := sum(sender.dropped for sender in senders):
            dropped["send_buffer_full"] = full
        if self._events is not None and self._events.dropped:
            dropped["event_queue_full"] = self._events.dropped
        participants = list(self._held.participants.values())
        return EngineStats(
            packets_in=self._packets_in,
            bytes_in=self._bytes_in,
            packets_out=sum(sender.sent_packets for sender in senders),
            bytes_out=sum(sender.sent_bytes for sender in senders),
            packets_forwarded=self._forwarded,
            retransmissions=self._rtcp.retransmissions,
            nacks_sent=self._feedback.nacks_sent,
            nacks_received=self._rtcp.nacks_received,
            plis_sent=self._feedback.plis_sent,
            srtp_failures=self._srtp_failures,
            dropped=dropped,
            participants=len(participants),
            sources=len(self._held.sources),
            seat_streams=sum(len(participant.seats) for participant in participants),
            srtp_contexts=2 * sum(participant.contexts is not None for participant in participants),
            gso=any(sender.gso for sender in senders),
        )

    def participant_stats(self, participant: ParticipantId) -> ParticipantStats | None:
        found = self._held.participants.get(participant)
        if found is None:
            return None
        seats = list(found.seats.values())
        tag_bytes = found.contexts.tag_bytes if found.contexts is not None else 0
        return ParticipantStats(
            found.packets_in,
            found.bytes_in,
            found.packets_out + sum(seat.packets for seat in seats),
            found.bytes_out + sum(seat.bytes_sent(tag_bytes) for seat in seats),
            received={
                each.source.id: reception
                for each in list(found.sources)
                if (reception := each.reception) is not None
            },
            reported={
                seat.stream.ssrc: reception for seat in seats if (reception := seat.reception) is not None
            },
            rtt_us=found.measured_rtt_us,
        )

    def take_audio_levels(self) -> dict[SourceId, bytes]:
        sources = list(self._held.sources.values())
        return {each.source.id: each.take_levels() for each in sources if each.source.kind == "audio"}

    def source_packets(self, source: SourceId) -> int:
        found = self._held.sources.get(source)
        return found.packets if found is not None else 0

    # --- the thread -------------------------------------------------------------------------------------

    def _run(self) -> None:
        poller = select.poll()
        poller.register(self._command_fd, select.POLLIN)
        by_fd = {port.socket.fileno(): index for index, port in enumerate(self._held.ports)}
        for fd in by_fd:
            poller.register(fd, select.POLLIN)
        while not self._stopping:
            ready = poller.poll(self._feedback.wait_ms(_now_us(), busy=bool(self._held.sources)))
            now_us = _now_us()
            for fd, events in ready:
                if fd == self._command_fd:
                    os.eventfd_read(fd)
                elif events & (select.POLLIN | select.POLLERR):
                    self._receive(by_fd[fd], now_us)
            self._carry_out_commands()
            try:
                self._feedback.send_due(
                    self._held.participants.values(), now_us, now_us + self._wall_offset_us
                )
            except Exception:
                self._broke("feedback")
            if self._events is not None:
                self._events.wake()

    def _broke(self, where: str) -> None:
        """A defect of ours: told, counted, and kept from ending the media of everybody else."""
        self._drop("internal_error")
        second = time.monotonic_ns() // 1_000_000_000
        if second != self._told_second:
            self._told_second = second
            log.exception("dataplane_broke", where=where)

    def _carry_out_commands(self) -> None:
        for _ in range(min(len(self._commands), MAX_COMMANDS_PER_TURN)):
            command = self._commands.popleft()
            try:
                command()
            except Exception:
                self._broke("command")
        if self._commands:
            os.eventfd_write(self._command_fd, 1)

    def _receive(self, index: int, now_us: int) -> None:
        port, receiver = self._held.ports[index], self._receiver
        count = receiver.receive(port.socket.fileno())
        if count == 0:
            _clear_error(port.socket)
            return
        batches: dict[SourceInput, list[Packet]] = {}
        for i in range(count):
            try:
                self._receive_one(index, i, batches, now_us)
            except Exception:
                self._broke("datagram")
        self._flush()  # packets that are sent again lie in rings that forwarding writes to
        for source, packets in batches.items():
            try:
                self._forward(source, Batch(packets), now_us)
            except Exception:
                self._broke("forwarding")
        self._flush()  # before commands free what the queued messages point at
        self._scratch.release()

    def _receive_one(
        self, index: int, slot: int, batches: dict[SourceInput, list[Packet]], now_us: int
    ) -> None:
        size = self._receiver.sizes[slot]
        if size < FIXED_HEADER_BYTES or size > MAX_PACKET_BYTES:
            self._drop("malformed")
            return
        view = self._receiver.views[slot]
        protocol = classify(view[0], view[1])
        raw = self._receiver.names[slot]
        participant = self._held.ports[index].participants.get(raw)
        if protocol is Protocol.STUN:
            self._receive_stun(index, raw, participant, bytes(view[:size]), now_us)
        elif participant is None:
            self._drop("unknown_address")
        elif protocol is Protocol.RTP:
            self._receive_rtp(participant, slot, size, batches, now_us)
        elif protocol is Protocol.RTCP:
            self._receive_rtcp(participant, bytes(view[:size]), now_us)
        elif protocol is not Protocol.DTLS:
            self._drop("malformed")
        elif participant.dtls_rate.take(now_us):
            remote = udp.unpack_address(raw)
            self._emit(DtlsReceived(participant.id, index, remote, bytes(view[:size])))
        else:
            self._drop("dtls_flood")

    def _flush(self) -> None:
        for port in self._held.ports:
            port.sender.flush()

    def _receive_stun(
        self, index: int, raw: bytes, participant: Participant | None, data: bytes, now_us: int
    ) -> None:
        second = now_us // 1_000_000
        if second != self._stun_second or len(self._stun_counts) >= MAX_STUN_ADDRESSES:
            self._stun_second = second
            self._stun_counts.clear()
        count = self._stun_counts.get(raw, 0) + 1
        self._stun_counts[raw] = count
        if count > (STUN_UNKNOWN_PER_S if participant is None else STUN_KNOWN_PER_S):
            self._drop("stun_flood")
            return
        if self._events is not None:
            event = StunReceived(index, udp.unpack_address(raw), data)
            self._events.put_stun(event, from_stranger=participant is None)

    def _receive_rtp(
        self,
        participant: Participant,
        slot: int,
        size: int,
        batches: dict[SourceInput, list[Packet]],
        now_us: int,
    ) -> None:
        contexts = participant.contexts
        if contexts is None:
            self._drop("no_keys")
            return
        view = self._receiver.views[slot]
        ssrc = int.from_bytes(view[8:12], "big")
        plain_size = contexts.unprotect(self._receiver.pointers[slot], size, ssrc)
        if not plain_size:
            self._srtp_failures += 1
            return
        self._packets_in += 1
        self._bytes_in += size
        participant.packets_in += 1
        participant.bytes_in += size
        data = bytes(view[:plain_size])
        try:
            header = parse_header(data)
            source = participant.by_ssrc.get(ssrc) or participant.bind(header)
            if source is None:
                self._drop("unknown_ssrc")
                return
            if header.extensions:
                self._note_extensions(participant, source, header.extensions, now_us)
            if header.payload_type != source.source.payload_type:
                self._drop("payload_type")
                return
            packet = source.receive(header, data, now_us)
        except MalformedPacket:
            self._drop("malformed")
            return
        if not source.started:
            source.started = True
            self._emit(SourceStarted(source.source.id, ssrc))
        batches.setdefault(source, []).append(packet)

    def _note_extensions(
        self, participant: Participant, source: SourceInput, extensions: Mapping[int, bytes], now_us: int
    ) -> None:
        ids = source.source.extensions
        value = extensions.get(ids.transport_cc)
        if value is not None and len(value) == 2:
            participant.arrivals.receive(int.from_bytes(value, "big"), now_us)
            participant.feedback_ssrc = source.ssrc
        level = extensions.get(ids.audio_level) if source.source.kind == "audio" else None
        if level:
            source.hear(level[0] & 0x7F)  # the first bit tells voice activity, which not every client sets

    def _forward(self, source: SourceInput, batch: Batch, now_us: int) -> None:
        scratch, forwarded = self._scratch, 0
        for participant, seat in self._held.sitters.get(source.source.id, ()):
            contexts, destination = participant.contexts, participant.destination
            if contexts is None or destination is None:
                continue
            if seat.waiting:
                part = seat.begin(batch, now_us)
                if part is None:
                    self._want_keyframe(source)
                    continue
                self._emit(SeatStarted(participant.id, seat.stream.ssrc, source.source.id))
            sent = seat.send(batch, contexts, destination, scratch, now_us)
            if not sent:  # older than the sitter, or too late for its nonce
                self._drop("not_forwarded")
            forwarded += sent
        self._forwarded += forwarded

    def _receive_rtcp(self, participant: Participant, data: bytes, now_us: int) -> None:
        contexts = participant.contexts
        if contexts is None:
            self._drop("no_keys")
            return
        if not participant.rtcp_rate.take(now_us):
            self._drop("rtcp_flood")
            return
        plain = contexts.unprotect_rtcp(data)
        if plain is None:
            self._srtp_failures += 1
            return
        try:
            packets = parse_compound(plain)
        except MalformedPacket:
            self._drop("malformed")
            return
        self._rtcp.receive(participant, packets, now_us, now_us + self._wall_offset_us)

    def _want_keyframe(self, source: SourceInput) -> None:
        if source.keyframe_wanted(_now_us()):
            self._emit(KeyframeWanted(source.source.id))

    def _emit(
        self, event: StunReceived | DtlsReceived | KeyframeWanted | SourceStarted | SeatStarted
    ) -> None:
        if self._events is not None:
            self._events.put(event)

    def _drop(self, reason: str) -> None:
        self._dropped[reason] = self._dropped.get(reason, 0) + 1


def _now_us() -> int:
    return time.monotonic_ns() // 1_000


def _clear_error(opened: socket.socket) -> None:
    """Takes what IP_RECVERR has queued: otherwise poll would return at once for ever."""
    for _ in range(64):
        try:
            opened.recvmsg(0, 512, socket.MSG_ERRQUEUE | socket.MSG_DONTWAIT)
        except OSError:
            return
