"""`telcall join`: a participant at the command line, who plays a file or a tone and records the others."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import sys
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Literal
from urllib.parse import parse_qs, urlsplit

import aiohttp

from telcall.client.errors import ClientError
from telcall.client.files import Recorder
from telcall.client.media import Colour, FilePlayer, Tone
from telcall.client.participant import Participant
from telcall.client.rest import Rest
from telcall.errors import StartFailed

TONE_HZ = 440
COLOUR_RGB = (30, 120, 200)


@dataclass(frozen=True, slots=True)
class Joining:
    """call: an id, or a link to a call. url: of the server, unless the link names it. play None: a tone and a
    coloured picture. record None: nothing is written; video: pictures too. token None: dev sign-in.
    """

    call: str
    url: str
    name: str
    token: str | None
    play: Path | None
    record: Path | None
    video: bool
    protocol: Literal["telcall.v2", "documented"]


def read_call(call: str, url: str) -> tuple[str, str]:
    """Server and call id of an id or a link: `https://host/call/<id>`, `https://t.me/<bot>?startapp=<id>`."""
    parts = urlsplit(call)
    if not parts.scheme:
        return url, call
    if (start := parse_qs(parts.query).get("startapp")) is not None:
        return url, start[0]
    before, _, call_id = parts.path.rstrip("/").rpartition("/")
    before = before.removesuffix("/call").removesuffix("/call-created")
    return f"{parts.scheme}://{parts.netloc}{before}", call_id


async def join(joining: Joining) -> None:
    """In the call until it ends, or a signal comes. Raises `StartFailed`."""
    url, call_id = read_call(joining.call, joining.url)
    try:
        async with AsyncExitStack() as stack:
            token = joining.token
            if token is None:
                rest = await stack.enter_async_context(Rest(url))
                token = (await rest.sign_in_as(joining.name)).token
            recorder = None
            if joining.record is not None:
                now_s = asyncio.get_running_loop().time()
                recorder = stack.enter_context(Recorder(joining.record, now_s, video=joining.video))
            if joining.play is not None:
                player = stack.enter_context(contextlib.closing(_player(joining.play)))
                microphone, camera = player.microphone, player.camera
            else:
                microphone, camera = Tone(TONE_HZ), Colour(COLOUR_RGB)
            participant = await stack.enter_async_context(
                Participant.join(
                    url,
                    call_id,
                    token,
                    protocol=joining.protocol,
                    microphone=microphone,
                    camera=camera,
                    recorder=recorder,
                )
            )
            _say(f"in the call {call_id} at {url}; Ctrl-C leaves it")
            _say(f"out of the call: {await _until_over(participant)}")
        if recorder is not None:
            for path in (*recorder.paths.values(), *recorder.video_paths.values()):
                _say(f"recorded {path}")
    except ClientError as error:
        raise StartFailed(str(error)) from error
    except (aiohttp.ClientError, TimeoutError) as error:
        raise StartFailed(
            f"{url} does not answer ({type(error).__name__}): start it, or name it by --url"
        ) from error
    except (OSError, ValueError) as error:
        raise StartFailed(str(error)) from error


def _player(path: Path) -> FilePlayer:
    try:
        return FilePlayer(path, loop=True)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise StartFailed(f"--play {path} cannot be played: {reason}") from error


async def _until_over(participant: Participant) -> str:
    leave = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, leave.set)
    left = asyncio.create_task(leave.wait())
    over = asyncio.create_task(participant.wait_until_over())
    await asyncio.wait([left, over], return_when=asyncio.FIRST_COMPLETED)
    for task in (left, over):
        task.cancel()
    return over.result() if over.done() and not over.cancelled() else "left"


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()
