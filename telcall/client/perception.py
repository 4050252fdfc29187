"""What one participant gets of another: the last seconds of sound, the last picture.

In a change between the direct path and the SFU both bring the same person for a moment. The new path counts
from its first frame on, the old one until then, so nothing is heard twice and nothing is missing.
"""

from __future__ import annotations

import asyncio
from array import array
from collections.abc import Callable

from aiortc.mediastreams import MediaStreamError, MediaStreamTrack
from av import AudioFrame, VideoFrame

from signaling.messages import SeatSource, Topology
from telcall.client.media import SAMPLE_RATE_HZ, Kind, Resampler, mono_pcm

KEPT_S = 2.0

Whose = tuple[int, SeatSource]
"""A user's id, and whether it is their own picture and voice (`camera`) or their screen's."""

OnSound = Callable[[int, "array[int]"], None]
OnPicture = Callable[[int, VideoFrame], None]


class _Path:
    """Which of two paths one kind of media of one person is taken from."""

    def __init__(self) -> None:
        self._current: Topology | None = None

    def takes(self, path: Topology, wanted: Topology) -> bool:
        if self._current is None or path == wanted:
            self._current = path
        return path == self._current


class Perceived:
    """One other person, as heard and seen here. Times are of the event loop's clock, in seconds."""

    def __init__(self) -> None:
        self._samples: array[int] = array("h")
        self._heard_s = self._seen_s = float("-inf")
        self._picture: VideoFrame | None = None
        self.paths: dict[Kind, _Path] = {"audio": _Path(), "video": _Path()}

    def hear(self, samples: array[int], now_s: float) -> None:
        if now_s - self._heard_s > KEPT_S:
            self._samples = array("h")
        self._samples.extend(samples)
        del self._samples[: -round(KEPT_S * SAMPLE_RATE_HZ)]
        self._heard_s = now_s

    def see(self, picture: VideoFrame, now_s: float) -> None:
        self._picture, self._seen_s = picture, now_s

    def heard(self, seconds: float, now_s: float) -> array[int]:
        """The last `seconds`; empty when no sound has come for as long."""
        if now_s - self._heard_s > seconds:
            return array("h")
        return self._samples[-round(seconds * SAMPLE_RATE_HZ) :]

    def seen(self, within_s: float, now_s: float) -> VideoFrame | None:
        return self._picture if now_s - self._seen_s <= within_s else None


class Senses:
    """Everybody else, by user id. `on_sound` and `on_picture` are called with all that is taken in of people
    themselves, not of their screens."""

    def __init__(self, on_sound: OnSound | None = None, on_picture: OnPicture | None = None) -> None:
        self._people: dict[Whose, Perceived] = {}
        self._on_sound, self._on_picture = on_sound, on_picture
        self.wanted: Topology = "p2p"

    def of(self, user_id: int, source: SeatSource = "camera") -> Perceived | None:
        return self._people.get((user_id, source))

    def meet(self, user_id: int) -> None:
        self._people.setdefault((user_id, "camera"), Perceived())
        self._people.setdefault((user_id, "screen"), Perceived())

    def forget(self, user_id: int) -> None:
        self._people.pop((user_id, "camera"), None)
        self._people.pop((user_id, "screen"), None)

    def take_sound(
        self, user_id: int, path: Topology, samples: array[int], source: SeatSource = "camera"
    ) -> None:
        """Of somebody who is not here (any more): nothing."""
        person = self._people.get((user_id, source))
        if person is not None and person.paths["audio"].takes(path, self.wanted):
            person.hear(samples, asyncio.get_running_loop().time())
            if self._on_sound is not None and source == "camera":
                self._on_sound(user_id, samples)

    def take_picture(
        self, user_id: int, path: Topology, picture: VideoFrame, source: SeatSource = "camera"
    ) -> None:
        person = self._people.get((user_id, source))
        if person is not None and person.paths["video"].takes(path, self.wanted):
            person.see(picture, asyncio.get_running_loop().time())
            if self._on_picture is not None and source == "camera":
                self._on_picture(user_id, picture)

    async def listen(
        self, track: MediaStreamTrack, path: Topology, whose: Callable[[], Whose | None]
    ) -> None:
        """Takes in a track until it ends. `whose` it is may change with every frame; None: nobody's."""
        resampler = Resampler("mono")
        try:
            while True:
                frame = await track.recv()
                owner = whose()
                if owner is None:
                    continue
                user_id, source = owner
                if isinstance(frame, AudioFrame):
                    for samples in mono_pcm(resampler, frame):
                        self.take_sound(user_id, path, samples, source)
                elif isinstance(frame, VideoFrame):
                    self.take_picture(user_id, path, frame, source)
        except MediaStreamError:
            pass
