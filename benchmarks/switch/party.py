"""Who takes part: one plays the chirp, one records what its page plays, one comes and goes."""

from __future__ import annotations

import base64
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from playwright.async_api import Browser, Playwright

from benchmarks.switch.chirp import PLAYED_HZ, Sound, as_heard, chirp, write_wav
from benchmarks.switch.copies import Heard, judge
from tests.e2e.fake_media import LOOKS, Look
from tests.e2e.person import FLAGS, Person, launch

RECORDER = Path(__file__).with_name("recorder.js")
SENDER, LISTENER = LOOKS[0], LOOKS[1]
THIRD = Look("Third", 6_000, LOOKS[2].rgb)
"""Talks above what the analysis hears."""
_FAKES = {"--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"}
_RECORDS = [
    "--auto-accept-this-tab-capture",
    # Without a microphone of this machine a page would not be told its own address.
    "--disable-features=LocalNetworkAccessChecks,WebRtcHideLocalIpsWithMdns",
]
_OWN_MICROPHONE = """
navigator.mediaDevices.getUserMedia = async () => {
  // Chromium's fake devices would stand in for the recorded tab too.
  const context = new AudioContext();
  const [tone, sound] = [context.createOscillator(), context.createMediaStreamDestination()];
  tone.connect(sound);
  tone.start();
  return sound.stream;
};
"""


@dataclass(frozen=True)
class Recording:
    """black: looks at the sender's picture, 20 ms apart, at which there was none."""

    heard: Heard
    looks: int
    black: int


class Listener(Person):
    """Hears and sees; brings a voice of its own and no camera."""

    async def record_from_here(self) -> None:
        """The page is not left any more."""
        await self.page.evaluate("() => telcallRecorder.open()")

    async def start(self, sender: Person) -> None:
        await self.page.evaluate("(id) => telcallRecorder.start(id)", sender.id)

    async def stop(self, known: Sound) -> Recording:
        took: dict[str, Any] = await self.page.evaluate("() => telcallRecorder.stop()")
        sound = np.frombuffer(base64.b64decode(took["sound"]), dtype="<i2") / 32_768
        return Recording(judge(as_heard(sound, took["rate"]), known), took["looks"], took["black"])


@dataclass(frozen=True)
class Spot:
    """Where a browser runs: by which program, with which flags more."""

    program: str | None = None
    flags: tuple[str, ...] = ()


Where = Callable[[Look], Spot]


async def launch_sender(playwright: Playwright, folder: Path, spot: Spot) -> tuple[Browser, Sound]:
    """The browser, and what its microphone hears."""
    played = chirp()
    write_wav(folder / "chirp.wav", played)
    voice = folder / "chirp.wav"
    browser = await launch(playwright, SENDER, folder, voice=voice, program=spot.program, flags=spot.flags)
    return browser, as_heard(played, PLAYED_HZ)


async def launch_listener(playwright: Playwright, spot: Spot) -> Browser:
    kept = [flag for flag in FLAGS if flag not in _FAKES and not flag.startswith("--disable-features")]
    return await playwright.chromium.launch(
        executable_path=spot.program or shutil.which("chromium"),
        args=[*kept, *_RECORDS, *spot.flags],
        ignore_default_args=["--mute-audio"],
    )


async def arrive_listener(browser: Browser, url: str) -> Listener:
    context_scripts = (RECORDER.read_text(), _OWN_MICROPHONE)
    listener = await Listener.arrive(browser, LISTENER, url)
    for script in context_scripts:
        await listener.context.add_init_script(script)
    return listener
