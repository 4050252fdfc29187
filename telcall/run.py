"""The server's process: its event loop, signals, and the way down.

SIGINT, SIGTERM and SIGHUP (a closed terminal) end everything in order, the database last. A second one ends
at once; the embedded database then shuts itself down (`postgres_launcher.py`).
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import importlib.util
import os
import resource
import signal
import socket
import sys
from collections.abc import Callable, Sequence

import structlog

from telcall import logs
from telcall.banner import banner
from telcall.errors import StartFailed
from telcall.listeners import listen
from telcall.settings import Loaded, Settings

log = structlog.get_logger(__name__)

OPEN_FILES = 65_536
SWITCH_INTERVAL_S = 0.000_5
"""How long a thread that computes may keep the interpreter from one that waits for it (default 5 ms).

The Python engine gives it up with every packet that it encrypts, so that a busy moment of the control plane
holds up media for several intervals.
"""


def run(loaded: Loaded, *, api_only: bool) -> None:
    """Serves until a signal comes. Raises `StartFailed`."""
    settings = loaded.settings
    as_json = settings.log_format == "json" or (settings.log_format == "auto" and not sys.stderr.isatty())
    logs.configure(settings.log_level, json=as_json)
    _allow_many_files()
    sys.setswitchinterval(SWITCH_INTERVAL_S)
    # Before everything else, so that a busy port is told at once.
    sockets = listen(settings.host, settings.port)
    try:
        with asyncio.Runner(loop_factory=_loop_factory(settings)) as runner:
            runner.run(_serve(loaded, sockets, api_only=api_only))
    finally:
        for each in sockets:
            each.close()


def _allow_many_files() -> None:
    """A socket is a file, and the usual soft limit is 1,024."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = OPEN_FILES if hard == resource.RLIM_INFINITY else min(OPEN_FILES, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def _loop_factory(settings: Settings) -> Callable[[], asyncio.AbstractEventLoop] | None:
    if settings.event_loop == "asyncio":
        return None
    if importlib.util.find_spec("uvloop") is None:
        if settings.event_loop == "uvloop":
            raise StartFailed(
                "uvloop is not installed: pip install telcall[speed], or TELCALL_EVENT_LOOP=auto"
            )
        return None
    import uvloop

    return uvloop.new_event_loop


async def _serve(loaded: Loaded, sockets: Sequence[socket.socket], *, api_only: bool) -> None:
    work = asyncio.ensure_future(_work(loaded, sockets, api_only=api_only))
    signals = 0

    def stop(name: str) -> None:
        nonlocal signals
        signals += 1
        if signals == 1:
            log.info("stopping", signal=name)
            work.cancel()  # whatever it does, start or service, it is left in order
        else:
            os._exit(130)

    loop = asyncio.get_running_loop()
    ends = [signal.SIGINT, signal.SIGTERM]
    if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:  # as nohup wants it
        ends.append(signal.SIGHUP)
    for number in ends:
        loop.add_signal_handler(number, stop, number.name)
    with contextlib.suppress(asyncio.CancelledError):
        await work
    if signals:
        log.info("stopped")


async def _work(loaded: Loaded, sockets: Sequence[socket.socket], *, api_only: bool) -> None:
    from telcall.assembly import assembled  # seconds of imports, which a signal may cut short

    async with assembled(loaded, sockets, api_only=api_only) as facts:
        gc.freeze()  # what was imported stays: no collection needs to look at it
        sys.stdout.write(banner(facts))
        sys.stdout.flush()
        log.info("started", url=facts.public_url, engine=facts.engine)
        await asyncio.Event().wait()
