"""Ends a peer connection of aiortc for good."""

from __future__ import annotations

from aiortc import RTCPeerConnection


async def close_connection(connection: RTCPeerConnection) -> None:
    """Like `connection.close()`, and leaves no task behind.

    aioice starts its consent checks (RFC 7675) even when it is closed in the moment in which it connects, and
    then nothing ends them. Closing it once more does; there is no public way to it.
    """
    transports = {transceiver.receiver.transport.transport for transceiver in connection.getTransceivers()}
    await connection.close()
    for transport in transports:
        await transport._connection.close()
