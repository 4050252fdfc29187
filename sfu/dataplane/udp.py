"""UDP sockets in batches: recvmmsg in, sendmmsg with generic segmentation offload out (Linux).

The C library is called through cffi without a compiler. A message of several equal packets costs the kernel
one walk through its stack (UDP_SEGMENT, udp(7)); where a route refuses that, packets go out singly.
"""

from __future__ import annotations

import errno
import socket
import struct
from typing import Any

import cffi

from sfu.dataplane.engine import Address
from sfu.errors import EngineUnavailable

RECEIVE_BATCH = 64
SLOT_BYTES = 2_048
SEND_BATCH = 16
MAX_SEGMENTS = 40
MAX_RUN_BYTES = 60_000
MAX_SEGMENT_BYTES = 1_400
"""Larger ones go singly: a segment beyond the route's MTU is refused with the very error that turns
offloading off, and a publisher must not be able to do that to everybody."""
BUFFER_BYTES = 8 * 1_024 * 1_024

_SOL_UDP, _UDP_SEGMENT = 17, 103
_SOL_IP, _IP_RECVERR, _SOL_IPV6, _IPV6_RECVERR = 0, 11, 41, 25
_CONTROL_BYTES = 24  # CMSG_SPACE(2) on 64-bit Linux; checked below
_IN4 = struct.Struct("=H2s4s8x")
_IN6 = struct.Struct("=H2sI16sI")

_ffi = cffi.FFI()
_ffi.cdef(
    """
    struct iovec { void *iov_base; size_t iov_len; };
    struct msghdr {
        void *msg_name; unsigned int msg_namelen;
        struct iovec *msg_iov; size_t msg_iovlen;
        void *msg_control; size_t msg_controllen;
        int msg_flags;
    };
    struct mmsghdr { struct msghdr msg_hdr; unsigned int msg_len; };
    int recvmmsg(int fd, struct mmsghdr *msgs, unsigned int count, int flags, void *timeout);
    int sendmmsg(int fd, struct mmsghdr *msgs, unsigned int count, int flags);
    """
)
_libc: Any = _ffi.dlopen(None)
ffi: Any = _ffi


def pack_address(address: Address) -> bytes:
    """The sockaddr of a numeric address. Raises `OSError` where it is none."""
    host, port = address
    wire_port = port.to_bytes(2, "big")
    if ":" in host:
        return _IN6.pack(socket.AF_INET6, wire_port, 0, socket.inet_pton(socket.AF_INET6, host), 0)
    return _IN4.pack(socket.AF_INET, wire_port, socket.inet_pton(socket.AF_INET, host))


def unpack_address(raw: bytes) -> Address:
    """The inverse of `pack_address`."""
    port = int.from_bytes(raw[2:4], "big")
    if int.from_bytes(raw[:2], "little" if struct.pack("=H", 1)[0] else "big") == socket.AF_INET6:
        return socket.inet_ntop(socket.AF_INET6, raw[8:24]), port
    return socket.inet_ntop(socket.AF_INET, raw[4:8]), port


def address_of(memory: Any) -> int:
    """Where a cffi pointer or array points. Whoever uses the number keeps the memory alive."""
    return int(ffi.cast("uintptr_t", memory))


def open_socket(address: Address) -> socket.socket:
    """A bound, non-blocking socket with large buffers. Raises `EngineUnavailable`."""
    host, port = address
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    opened = socket.socket(family, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK | socket.SOCK_CLOEXEC)
    try:
        # The kernel caps both at net.core.{r,w}mem_max. A shared socket with the default buffer is filled by
        # one packet to 200 people.
        opened.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, BUFFER_BYTES)
        opened.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, BUFFER_BYTES)
        if family == socket.AF_INET6:
            opened.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            opened.setsockopt(_SOL_IPV6, _IPV6_RECVERR, 1)
        else:
            # Without it a full queue below the socket drops packets and reports success.
            opened.setsockopt(_SOL_IP, _IP_RECVERR, 1)
        opened.bind((host, port))
    except OSError as error:
        opened.close()
        raise EngineUnavailable(
            f"The media port {port}/udp cannot be opened on {host}: {error.strerror}. "
            "Set TELCALL_MEDIA_PORT to a free one."
        ) from error
    return opened


class Receiver:
    """Receive buffers of one engine: after `receive`, datagram i is `views[i][:sizes[i]]` at `pointers[i]`,
    from the raw sockaddr `names[i]`. Valid until the next call."""

    def __init__(self) -> None:
        self._memory = ffi.new(f"char[{RECEIVE_BATCH * SLOT_BYTES}]")
        self._names = ffi.new(f"char[{RECEIVE_BATCH * _NAME_BYTES}]")
        self._iovecs = ffi.new(f"struct iovec[{RECEIVE_BATCH}]")
        self._headers = ffi.new(f"struct mmsghdr[{RECEIVE_BATCH}]")
        whole = memoryview(ffi.buffer(self._memory))
        self.pointers = [self._memory + i * SLOT_BYTES for i in range(RECEIVE_BATCH)]
        self.views = [whole[i * SLOT_BYTES : (i + 1) * SLOT_BYTES] for i in range(RECEIVE_BATCH)]
        self._name_view = memoryview(ffi.buffer(self._names))
        self._words = memoryview(ffi.buffer(self._headers)).cast("B").cast("I")
        for i in range(RECEIVE_BATCH):
            self._iovecs[i].iov_base = self.pointers[i]
            self._iovecs[i].iov_len = SLOT_BYTES
            header = self._headers[i].msg_hdr
            header.msg_name = self._names + i * _NAME_BYTES
            header.msg_namelen = _NAME_BYTES
            header.msg_iov = self._iovecs + i
            header.msg_iovlen = 1
        self._fresh_headers = bytes(ffi.buffer(self._headers))
        self._used_bytes = 0
        self.sizes: list[int] = []
        self.names: list[bytes] = []

    def receive(self, fd: int) -> int:
        """How many datagrams came, 0 when none waits. Other errors of the socket are read and passed over:
        they tell of one peer that is gone (ICMP), not of the socket."""
        ffi.memmove(self._headers, self._fresh_headers, self._used_bytes)  # the kernel has shortened lengths
        count: int = _libc.recvmmsg(fd, self._headers, RECEIVE_BATCH, socket.MSG_DONTWAIT, ffi.NULL)
        if count <= 0:
            self._used_bytes = 0
            return 0
        self._used_bytes = count * _HEADER_STRIDE
        words = self._words[: count * _HEADER_WORDS]
        self.sizes = words[_LENGTH_WORD::_HEADER_WORDS].tolist()
        names = bytes(self._name_view[: count * _NAME_BYTES])
        name_sizes = words[_NAME_LENGTH_WORD::_HEADER_WORDS].tolist()
        self.names = [names[i * _NAME_BYTES : i * _NAME_BYTES + size] for i, size in enumerate(name_sizes)]
        return count


class Sender:
    """Collects messages of one socket and sends them together.

    A message is `size` bytes at a pointer: one packet, or several of `segment` bytes each, of which the last
    may be shorter. The memory must stay as it is until `flush`.
    """

    def __init__(self, fd: int, *, gso: bool) -> None:
        self._fd = fd
        self.gso = gso
        self._iovecs = ffi.new(f"struct iovec[{SEND_BATCH}]")
        self._headers = ffi.new(f"struct mmsghdr[{SEND_BATCH}]")
        self._controls = ffi.new(f"char[{SEND_BATCH * _CONTROL_BYTES}]")
        self._control_view = memoryview(ffi.buffer(self._controls))
        self._header_view = memoryview(ffi.buffer(self._headers)).cast("B")
        self._iovec_view = memoryview(ffi.buffer(self._iovecs)).cast("B")
        self._control_address = [address_of(self._controls) + i * _CONTROL_BYTES for i in range(SEND_BATCH)]
        self._iovec_address = [address_of(self._iovecs + i) for i in range(SEND_BATCH)]
        self._header_at = [self._headers[i].msg_hdr for i in range(SEND_BATCH)]
        self._iovec_at = [self._iovecs[i] for i in range(SEND_BATCH)]
        for i in range(SEND_BATCH):
            _SEGMENT_CONTROL.pack_into(
                self._control_view, i * _CONTROL_BYTES, _SEGMENT_CONTROL.size, _SOL_UDP, _UDP_SEGMENT, 0
            )
        self._count = 0
        self._segments = [0] * SEND_BATCH
        self._queued_packets = self._queued_bytes = 0
        self.sent_packets = 0
        self.sent_bytes = 0
        self.dropped = 0

    def add(self, name: int, name_size: int, pointer: int, size: int, segment: int) -> None:
        """name, pointer: addresses of memory (`address_of`). segment: 0 for one packet."""
        if segment and not self.gso:
            for at in range(0, size, segment):
                self.add(name, name_size, pointer + at, min(segment, size - at), 0)
            return
        i = self._count
        _IOVEC.pack_into(self._iovec_view, i * _IOVEC.size, pointer, size)
        iovec = self._iovec_address[i]
        if segment:
            _SEGMENT_SIZE.pack_into(self._control_view, i * _CONTROL_BYTES + 16, segment)
            control, control_size = self._control_address[i], _CONTROL_BYTES
            self._queued_packets += -(-size // segment)
        else:
            control = control_size = 0
            self._queued_packets += 1
        # One call instead of six assignments through cffi: this runs for every subscriber.
        _HEADER.pack_into(
            self._header_view, i * _HEADER_STRIDE, name, name_size, iovec, 1, control, control_size, 0
        )
        self._queued_bytes += size
        self._segments[i] = segment
        self._count = i + 1
        if self._count == SEND_BATCH:
            self.flush()

    def flush(self) -> None:
        """Sends what was added. A full buffer drops, and is counted; nothing waits."""
        count, self._count = self._count, 0
        packets, self._queued_packets = self._queued_packets, 0
        size_all, self._queued_bytes = self._queued_bytes, 0
        at = 0
        while at < count:
            sent: int = _libc.sendmmsg(self._fd, self._headers + at, count - at, socket.MSG_DONTWAIT)
            if sent == count:
                self.sent_packets += packets
                self.sent_bytes += size_all
                return
            if sent <= 0:
                self._refused(at, ffi.errno)
                sent = 1
            else:
                for i in range(at, at + sent):
                    size, segment = self._iovec_at[i].iov_len, self._segments[i]
                    self.sent_bytes += size
                    self.sent_packets += -(-size // segment) if segment else 1
            at += sent

    def _refused(self, at: int, error: int) -> None:
        """The message at that place was not sent; the error may be another peer's (sendmmsg(2), BUGS)."""
        segment, size = self._segments[at], self._iovec_at[at].iov_len
        if error in (errno.ECONNREFUSED, errno.EHOSTUNREACH, errno.ENETUNREACH):
            # A late ICMP error of some earlier datagram was reported here instead of sending: once more.
            if _libc.sendmmsg(self._fd, self._headers + at, 1, socket.MSG_DONTWAIT) == 1:
                self.sent_bytes += size
                self.sent_packets += -(-size // segment) if segment else 1
                return
        elif segment and error in (errno.EIO, errno.EINVAL, errno.EMSGSIZE, errno.EOPNOTSUPP):
            if error in (errno.EIO, errno.EOPNOTSUPP):
                self.gso = False  # the device cannot segment: singly from now on
            # Else this one route has a smaller MTU than a segment: only its packets go singly.
            header = self._header_at[at]
            name, name_size, base = header.msg_name, header.msg_namelen, self._iovec_at[at].iov_base
            view = ffi.buffer(ffi.cast("char *", base), size)
            target = unpack_address(bytes(ffi.buffer(ffi.cast("char *", name), name_size)))
            for start in range(0, size, segment):
                self._send_singly(view[start : start + segment], target)
            return
        self.dropped += -(-size // segment) if segment else 1

    def _send_singly(self, packet: bytes, target: Address) -> None:
        duplicate = socket.socket(fileno=self._fd)
        try:
            duplicate.sendto(packet, socket.MSG_DONTWAIT, target)
            self.sent_packets += 1
            self.sent_bytes += len(packet)
        except OSError:
            self.dropped += 1
        finally:
            duplicate.detach()


_SEGMENT_CONTROL = struct.Struct("=QiiH")  # struct cmsghdr and a 16-bit size
_IOVEC = struct.Struct("=QQ")
_HEADER = struct.Struct("=QI4xQQQQi")  # struct msghdr
_HEADER_STRIDE: int = ffi.sizeof("struct mmsghdr")
_HEADER_WORDS = _HEADER_STRIDE // 4
_LENGTH_WORD: int = ffi.offsetof("struct mmsghdr", "msg_len") // 4
_NAME_LENGTH_WORD: int = ffi.offsetof("struct msghdr", "msg_namelen") // 4
_NAME_BYTES = 28  # struct sockaddr_in6
_SEGMENT_SIZE = struct.Struct("=H")


def supports_gso(opened: socket.socket) -> bool:
    """Whether the kernel knows UDP_SEGMENT on this socket."""
    try:
        opened.setsockopt(_SOL_UDP, _UDP_SEGMENT, 0)
    except OSError:
        return False
    return struct.calcsize("@P") == 8
