import pytest
from hypothesis import given
from hypothesis import strategies as st

from sfu.control.dtls_filter import is_plausible


def record(content_type, body, epoch=0):
    return (
        bytes([content_type, 0xFE, 0xFD])
        + epoch.to_bytes(2, "big")
        + bytes(6)
        + len(body).to_bytes(2, "big")
        + body
    )


def message(kind, length, offset, body):
    return (
        bytes([kind])
        + length.to_bytes(3, "big")
        + bytes(2)
        + offset.to_bytes(3, "big")
        + len(body).to_bytes(3, "big")
        + body
    )


HELLO = message(1, 40, 0, bytes(40))


@pytest.mark.parametrize(
    "data",
    [
        record(22, HELLO),
        record(22, message(11, 1_000, 500, bytes(100))),
        record(22, message(16, 10, 0, bytes(10)) + message(15, 9, 0, bytes(9))) + record(20, b"\x01"),
        record(22, bytes(40), epoch=1),
        record(21, bytes(40), epoch=1),
        bytes([0x2F, 1, 2, 3]),
    ],
)
def test_what_clients_send_passes(data):
    assert is_plausible(data)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        record(21, b"\x02\x28"),
        record(23, bytes(20)),
        record(22, b""),
        record(22, HELLO)[:-1],
        record(22, HELLO[:-1]),
        record(22, message(1, 10, 8, bytes(4))),
        record(22, message(1, 0xFFFFFF, 0, bytes(4))),
        record(22, message(2, 40, 0, bytes(40))),
        record(22, HELLO) + record(21, b"\x02\x28"),
    ],
)
def test_what_would_end_a_handshake_does_not(data):
    assert not is_plausible(data)


@given(st.binary(max_size=200))
def test_any_bytes_are_decided(data):
    assert is_plausible(data) in (True, False)
