"""Runs inside a new network namespace: makes its interface, hands it out, and does what it is told.

`python inside.py SOCKET NUMBER`. First message out: the interface's descriptor. Then JSON each way:
{"run": [command]} is answered by {"code", "output"}; {"connect": [host, port]} by {"error"}, with the
descriptor of the connection where there is none. The socket's end is the namespace's end.
"""

from __future__ import annotations

import fcntl
import json
import os
import socket
import struct
import subprocess
import sys
from typing import Any

TUNSETIFF = 0x400454CA  # linux/if_tun.h
IFF_TUN_WITHOUT_HEADER = 0x1001
MTU = 1_400
CONNECT_TIMEOUT_S = 20.0


def make_interface(number: int) -> int:
    tun = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
    fcntl.ioctl(tun, TUNSETIFF, struct.pack("16sH22x", b"net0", IFF_TUN_WITHOUT_HEADER))
    for command in (
        "link set lo up",
        f"address add 10.77.{number}.1/24 dev net0",
        f"link set net0 mtu {MTU} up",
        "route add default dev net0",
    ):
        subprocess.run(["ip", *command.split()], check=True)
    return tun


def run(command: list[str]) -> dict[str, Any]:
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    return {"code": done.returncode, "output": done.stdout}


def serve(ours: socket.socket) -> None:
    while asked := ours.recv(65_536):
        order = json.loads(asked)
        descriptors: list[int] = []
        answer: dict[str, Any] = {"error": None}
        if "run" in order:
            answer = run(order["run"])
        else:
            try:
                connection = socket.create_connection(tuple(order["connect"]), CONNECT_TIMEOUT_S)
                connection.setblocking(True)
                descriptors.append(connection.detach())
            except OSError as error:
                answer = {"error": str(error)}
        socket.send_fds(ours, [json.dumps(answer).encode()], descriptors)
        for descriptor in descriptors:
            os.close(descriptor)


def main() -> None:
    ours = socket.socket(fileno=int(sys.argv[1]))
    socket.send_fds(ours, [b"ready"], [make_interface(int(sys.argv[2]))])
    serve(ours)


if __name__ == "__main__":
    main()
