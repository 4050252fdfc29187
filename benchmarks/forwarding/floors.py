"""Floors: what sending and encrypting cost when nothing else is done.

Each function sends `rounds` frames of `frame` packets to every sink and returns CPU microseconds per packet
of the calling thread. Datagrams are emptied from the sinks outside of what is measured.
"""

from __future__ import annotations

import os
import socket
import struct
import time
from collections.abc import Callable

from aiortc.rtp import RtpPacket
from pylibsrtp import Policy, Session

from benchmarks.forwarding.sinks import Sinks
from sfu.core.rtp.packet import build_packet, extension_block
from sfu.dataplane import udp
from sfu.dataplane.srtp import OK, Contexts, ffi, lib

PAYLOAD_BYTES = 1_100
EXTENSION = extension_block({9: b"3"})
HEADER_BYTES = 12 + len(EXTENSION)
TAG_BYTES = 16
PACKET_BYTES = HEADER_BYTES + PAYLOAD_BYTES + TAG_BYTES
_HEADER = struct.Struct(f">BBHII{len(EXTENSION)}s")


def _measure(sinks: Sinks, frame: int, rounds: int, send_frame: Callable[[int], None]) -> float:
    """The first frame warms up and does not count."""
    spent = packets = 0
    sinks.drain()
    for number in range(rounds + 1):
        begin = time.thread_time_ns()
        send_frame(number)
        took = time.thread_time_ns() - begin
        arrived = sinks.drain()
        if arrived != frame * len(sinks.sockets):
            raise RuntimeError(f"{arrived} of {frame * len(sinks.sockets)} datagrams arrived")
        if number:
            spent += took
            packets += arrived
    return spent / packets / 1_000


def sendto(sinks: Sinks, frame: int, rounds: int) -> float:
    """`socket.sendto` for each packet, no encryption."""
    data = bytes(PACKET_BYTES)
    with udp.open_socket(("127.0.0.1", 0)) as opened:

        def send_frame(_: int) -> None:
            send = opened.sendto
            for address in sinks.addresses:
                for _ in range(frame):
                    send(data, address)

        return _measure(sinks, frame, rounds, send_frame)


def batched(sinks: Sinks, frame: int, rounds: int, *, gso: bool) -> float:
    """sendmmsg, with or without segmentation offload, no encryption."""
    memory = udp.ffi.new(f"char[{frame * PACKET_BYTES}]")
    names = [udp.ffi.new("char[]", udp.pack_address(address)) for address in sinks.addresses]
    addresses = [udp.address_of(name) for name in names]
    with udp.open_socket(("127.0.0.1", 0)) as opened:
        sender = udp.Sender(opened.fileno(), gso=gso)

        def send_frame(_: int) -> None:
            segment = PACKET_BYTES if frame > 1 else 0
            for name in addresses:
                sender.add(name, 16, udp.address_of(memory), frame * PACKET_BYTES, segment)
            sender.flush()

        return _measure(sinks, frame, rounds, send_frame)


def protect_and_gso(sinks: Sinks, frame: int, rounds: int) -> float:
    """The yardstick: copy, header by `pack_into`, libsrtp in place, one offloaded message per subscriber.

    No receiving, no decryption, no parsing, no translation, nothing is kept.
    """
    block = frame * PACKET_BYTES
    arena_slots = 64
    arena = bytearray(arena_slots * block)
    arena_pointer = ffi.from_buffer("char[]", arena)
    arena_address = udp.address_of(arena_pointer)
    payload = bytes(block)
    contexts = [Contexts("AEAD_AES_128_GCM", os.urandom(28), os.urandom(28)) for _ in sinks.addresses]
    names = [udp.ffi.new("char[]", udp.pack_address(address)) for address in sinks.addresses]
    subscribers = [
        (each.context_out, udp.address_of(name), i % arena_slots * block, 1_000 + i)
        for i, (each, name) in enumerate(zip(contexts, names, strict=True))
    ]
    offsets = [i * PACKET_BYTES for i in range(frame)]
    length = ffi.new("int *")
    with udp.open_socket(("127.0.0.1", 0)) as opened:
        sender = udp.Sender(opened.fileno(), gso=True)

        def send_frame(number: int) -> None:
            protect, pack, add, memmove = lib.srtp_protect, _HEADER.pack_into, sender.add, ffi.memmove
            segment = PACKET_BYTES if frame > 1 else 0
            for context, name, start, ssrc in subscribers:
                memmove(arena_pointer + start, payload, block)
                seq = number * frame
                for offset in offsets:
                    pack(arena, start + offset, 0x90, 96, seq & 0xFFFF, number * 3_000, ssrc, EXTENSION)
                    seq += 1
                    length[0] = HEADER_BYTES + PAYLOAD_BYTES
                    if protect(context, arena_pointer + start + offset, length) != OK:
                        raise RuntimeError("srtp_protect failed")
                add(name, 16, arena_address + start, block, segment)
            sender.flush()

        return _measure(sinks, frame, rounds, send_frame)


def aiortc_style(sinks: Sinks, frame: int, rounds: int) -> float:
    """How a forwarder on aiortc's classes would do it: parse, rewrite, serialize, protect, sendto.

    Without asyncio, receiving and decrypting, which would come on top.
    """
    sessions = [
        Session(
            Policy(
                os.urandom(28), Policy.SSRC_ANY_OUTBOUND, srtp_profile=Policy.SRTP_PROFILE_AEAD_AES_128_GCM
            )
        )
        for _ in sinks.addresses
    ]
    opened: socket.socket
    with udp.open_socket(("127.0.0.1", 0)) as opened:

        def send_frame(number: int) -> None:
            for i in range(frame):
                data = build_packet(
                    payload_type=96,
                    seq16=(number * frame + i) & 0xFFFF,
                    timestamp=number * 3_000,
                    ssrc=1,
                    payload=bytes(PAYLOAD_BYTES),
                )
                for index, session in enumerate(sessions):
                    packet = RtpPacket.parse(data)
                    packet.ssrc = 1_000 + index
                    opened.sendto(session.protect(packet.serialize()), sinks.addresses[index])

        return _measure(sinks, frame, rounds, send_frame)
