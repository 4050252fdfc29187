"""The real coturn on loopback, with the configuration that is deployed; only addresses and ports differ."""

from __future__ import annotations

import os
import socket
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType

from tests.infra.certificates import Certificate, make_certificate

TURN = Path(__file__).parents[2] / "infra" / "turn"
SECRET = "a secret of 32 bytes for the test"
START_S = 30.0


def free_port() -> int:
    """A port that is free for TCP and UDP."""
    for _ in range(100):
        with socket.create_server(("127.0.0.1", 0)) as tcp:
            port: int = tcp.getsockname()[1]
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
                try:
                    udp.bind(("127.0.0.1", port))
                except OSError:
                    continue
                return port
    raise AssertionError("no free port")


class Coturn:
    """`start.sh` as a process. allowed_peers: relayed to although they are inside. environment: names of
    infra/.env beside the realm."""

    def __init__(
        self,
        folder: Path,
        relay_ips: Sequence[str] = ("127.0.0.1",),
        allowed_peers: Sequence[str] = (),
        **environment: str,
    ) -> None:
        self._relays = [("relay-ip", address) for address in relay_ips]
        self._relays += [("allowed-peer-ip", address) for address in allowed_peers]
        self._relays += [("allow-loopback-peers", "true")] if "127.0.0.1" in allowed_peers else []
        self.folder, self._environment = folder, environment
        self.port, self.tls_port = free_port(), free_port()
        self.certificate: Certificate = make_certificate(folder, "turn")
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def urls(self) -> tuple[str, ...]:
        """TURN over UDP, TCP and TLS."""
        plain = f"turn:127.0.0.1:{self.port}?transport="
        return f"{plain}udp", f"{plain}tcp", f"turns:127.0.0.1:{self.tls_port}?transport=tcp"

    def start(self) -> None:
        options = {
            "listening-ip": "127.0.0.1",
            "listening-port": self.port,
            "tls-listening-port": self.tls_port,
            "cert": self.certificate.crt,
            "pkey": self.certificate.key,
            "pidfile": self.folder / "pid",
            "userdb": self.folder / "db",
        }
        environment = {
            "PATH": os.environ["PATH"],
            "TURN_REALM": "example.org",
            "TURN_CONF": str(self.folder / "conf"),
            "TURN_EXTRA_OPTS": " ".join(
                f"--{name}={value}" for name, value in (*options.items(), *self._relays)
            ),
        }
        with (self.folder / "log").open("wb") as log:
            self._process = subprocess.Popen(
                ["sh", str(TURN / "start.sh")],
                env=environment | self._environment,
                cwd=self.folder,
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        deadline_s = time.monotonic() + START_S
        for port in (self.port, self.tls_port):
            while not self._listens(port):
                assert self._process.poll() is None, self.log()
                assert time.monotonic() < deadline_s, self.log()
                time.sleep(0.05)

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def log(self) -> str:
        return (self.folder / "log").read_text(errors="replace")

    def kill(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def __enter__(self) -> Coturn:
        try:
            self.start()
        except BaseException:
            self.kill()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.kill()

    @staticmethod
    def _listens(port: int) -> bool:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            return False
        return True
