"""What sending and encrypting cost when nothing else is done; and how a forwarder on aiortc's classes does.

Each class sends one frame to every sink when it is called. None receives, decrypts, or keeps anything.
"""

from __future__ import annotations

import os
import socket
import struct

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
_NAME_BYTES = 16
_ARENA_SLOTS = 16


class Sendto:
    """`socket.sendto` for each packet, no encryption."""

    def __init__(self, opened: socket.socket, sinks: Sinks, frame: int) -> None:
        self._socket, self._sinks, self._frame = opened, sinks, frame
        self._data = bytes(PACKET_BYTES)

    def __call__(self) -> None:
        send, data = self._socket.sendto, self._data
        for address in self._sinks.addresses:
            for _ in range(self._frame):
                send(data, address)


class Batched:
    """sendmmsg, with or without segmentation offload, no encryption."""

    def __init__(self, opened: socket.socket, sinks: Sinks, frame: int, *, gso: bool) -> None:
        self._sender = udp.Sender(opened.fileno(), gso=gso)
        self._size = frame * PACKET_BYTES
        self._segment = PACKET_BYTES if frame > 1 else 0
        self._memory = udp.ffi.new(f"char[{self._size}]")
        self._names = [udp.ffi.new("char[]", udp.pack_address(address)) for address in sinks.addresses]
        self._name_addresses = [udp.address_of(name) for name in self._names]

    def __call__(self) -> None:
        add, data = self._sender.add, udp.address_of(self._memory)
        for name in self._name_addresses:
            add(name, _NAME_BYTES, data, self._size, self._segment)
        self._sender.flush()


class ProtectAndGso:
    """The yardstick: copy, header by `pack_into`, libsrtp in place, one offloaded message per subscriber."""

    def __init__(self, opened: socket.socket, sinks: Sinks, frame: int) -> None:
        self._sender = udp.Sender(opened.fileno(), gso=True)
        self._block = block = frame * PACKET_BYTES
        self._segment = PACKET_BYTES if frame > 1 else 0
        self._offsets = [i * PACKET_BYTES for i in range(frame)]
        self._arena = bytearray(_ARENA_SLOTS * block)  # as many as one sendmmsg takes
        self._payload = bytes(block)
        self._contexts = [
            Contexts("AEAD_AES_128_GCM", os.urandom(28), os.urandom(28)) for _ in sinks.addresses
        ]
        self._names = [udp.ffi.new("char[]", udp.pack_address(address)) for address in sinks.addresses]
        self._subscribers = [
            (each.context_out, udp.address_of(name), i % _ARENA_SLOTS * block, 1_000 + i)
            for i, (each, name) in enumerate(zip(self._contexts, self._names, strict=True))
        ]
        self._number = 0

    def __call__(self) -> None:
        protect, pack, add = lib.srtp_protect, _HEADER.pack_into, self._sender.add
        memmove, length = ffi.memmove, ffi.new("int *")
        arena, payload, block, segment = self._arena, self._payload, self._block, self._segment
        pointer = ffi.from_buffer("char[]", arena)
        address = udp.address_of(pointer)
        number = self._number
        self._number += 1
        for context, name, start, ssrc in self._subscribers:
            memmove(pointer + start, payload, block)
            seq = number * len(self._offsets)
            for offset in self._offsets:
                pack(arena, start + offset, 0x90, 96, seq & 0xFFFF, number * 3_000, ssrc, EXTENSION)
                seq += 1
                length[0] = HEADER_BYTES + PAYLOAD_BYTES
                if protect(context, pointer + (start + offset), length) != OK:
                    raise RuntimeError("srtp_protect failed")
            add(name, _NAME_BYTES, address + start, block, segment)
        self._sender.flush()


class AiortcStyle:
    """As a forwarder on aiortc's classes would do it: parse, rewrite, serialize, protect, sendto.

    Without asyncio, receiving and decrypting, which would come on top.
    """

    def __init__(self, opened: socket.socket, sinks: Sinks, frame: int) -> None:
        self._socket, self._frame, self._number = opened, frame, 0
        profile = Policy.SRTP_PROFILE_AEAD_AES_128_GCM
        self._subscribers = [
            (
                Session(Policy(os.urandom(28), Policy.SSRC_ANY_OUTBOUND, srtp_profile=profile)),
                address,
                1_000 + i,
            )
            for i, address in enumerate(sinks.addresses)
        ]

    def __call__(self) -> None:
        send = self._socket.sendto
        for i in range(self._frame):
            data = build_packet(
                payload_type=96,
                seq16=(self._number * self._frame + i) & 0xFFFF,
                timestamp=self._number * 3_000,
                ssrc=1,
                payload=bytes(PAYLOAD_BYTES),
            )
            for session, address, ssrc in self._subscribers:
                packet = RtpPacket.parse(data)
                packet.ssrc = ssrc
                send(session.protect(packet.serialize()), address)
        self._number += 1
