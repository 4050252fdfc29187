"""What the sender does when the kernel refuses."""

import errno
import socket

import pytest

from sfu.dataplane import udp


@pytest.fixture
def pair():
    sender, sink = udp.open_socket(("127.0.0.1", 0)), udp.open_socket(("127.0.0.1", 0))
    yield sender, sink
    sender.close()
    sink.close()


def queue(sender: udp.Sender, sink: socket.socket, data: bytes, segment: int):
    """Puts a message into the sender; returns what has to stay alive until it is sent."""
    raw = udp.pack_address(sink.getsockname())
    name, memory = udp.ffi.new("char[]", raw), udp.ffi.new("char[]", data)
    sender.add(udp.address_of(name), len(raw), udp.address_of(memory), len(data), segment)
    return name, memory


def received(sink: socket.socket) -> list[bytes]:
    found = []
    while True:
        try:
            found.append(sink.recv(70_000))
        except BlockingIOError:
            return found


@pytest.mark.parametrize(
    ("error", "goes_on"), [(errno.EIO, False), (errno.EOPNOTSUPP, False), (errno.EINVAL, True)]
)
def test_a_run_that_cannot_be_segmented_goes_singly(pair, error, goes_on):
    opened, sink = pair
    sender = udp.Sender(opened.fileno(), gso=True)
    data = b"a" * 100 + b"b" * 100 + b"c" * 50
    kept = queue(sender, sink, data, 100)
    sender._refused(0, error)
    assert received(sink) == [b"a" * 100, b"b" * 100, b"c" * 50]
    assert (sender.sent_packets, sender.dropped, sender.gso) == (3, 0, goes_on)
    del kept


def test_a_full_buffer_drops_and_counts(pair):
    opened, sink = pair
    sender = udp.Sender(opened.fileno(), gso=True)
    kept = queue(sender, sink, b"x" * 250, 100)
    sender._refused(0, errno.EAGAIN)
    assert received(sink) == []
    assert (sender.sent_packets, sender.dropped) == (0, 3)
    del kept


def test_an_error_of_another_peer_does_not_cost_the_message(pair):
    opened, sink = pair
    sender = udp.Sender(opened.fileno(), gso=True)
    kept = queue(sender, sink, b"x", 0)
    sender._refused(0, errno.ECONNREFUSED)
    assert received(sink) == [b"x"]
    del kept


def test_what_is_too_long_for_any_datagram_is_dropped_and_the_rest_sent(pair):
    opened, sink = pair
    sender = udp.Sender(opened.fileno(), gso=True)
    kept = [queue(sender, sink, b"1", 0), queue(sender, sink, bytes(69_000), 0), queue(sender, sink, b"2", 0)]
    sender.flush()
    assert received(sink) == [b"1", b"2"]
    assert sender.dropped == 1
    del kept


@pytest.mark.parametrize("address", [("127.0.0.1", 5_000), ("2001:db8::7", 65_535)])
def test_an_address_comes_back(address):
    assert udp.unpack_address(udp.pack_address(address)) == address
