"""What is heard, and seen if wanted, as files: a WAV for each participant, all on one time axis."""

from __future__ import annotations

import re
import wave
from array import array
from pathlib import Path
from types import TracebackType
from typing import Self

from av import VideoFrame

from telcall.client.media import SAMPLE_RATE_HZ
from telcall.client.video_files import VideoFiles

_MAX_FILES = 64
_JITTER_SAMPLES = SAMPLE_RATE_HZ // 5
_SILENCE = bytes(2 * SAMPLE_RATE_HZ)  # a second


class Recorder:
    """Writes `<user id>-<name>.wav` (16-bit PCM, one channel, 48 kHz) into a folder, which is made.

    A participant's file goes on when they come back. All files begin when the recorder was made: while
    nothing is heard there is silence in them. Later participants than the 64th are not recorded. With
    `video` there is a `.webm` of what is seen beside each, on the same time axis, without sound.
    """

    def __init__(self, directory: Path | str, now_s: float, *, video: bool = False) -> None:
        """`now_s`: the event loop's time. Raises `OSError`."""
        self._directory, self._start_s = Path(directory), now_s
        self._directory.mkdir(parents=True, exist_ok=True)
        self._files: dict[int, _File] = {}
        self._videos: dict[int, Path] = {}
        self._video_files = VideoFiles() if video else None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        _type: type[BaseException] | None,
        _error: BaseException | None,
        _traceback: TracebackType | None,
    ) -> None:
        self.close()

    @property
    def paths(self) -> dict[int, Path]:
        """The files so far, by user id."""
        return {user_id: file.path for user_id, file in self._files.items()}

    def sound(self, user_id: int, name: str, samples: array[int], now_s: float) -> None:
        """A piece of somebody's sound that was heard just now. Raises `OSError`, as on a full disk."""
        file = self._files.get(user_id)
        if file is None:
            if len(self._files) >= _MAX_FILES:
                return
            file = self._files[user_id] = _File(self._directory / f"{user_id}-{_plain(name)}.wav")
        file.write(samples, round((now_s - self._start_s) * SAMPLE_RATE_HZ))

    @property
    def video_paths(self) -> dict[int, Path]:
        return dict(self._videos)

    def picture(self, user_id: int, name: str, frame: VideoFrame, now_s: float) -> None:
        """Somebody's picture that was seen just now. Without `video`: nothing."""
        if self._video_files is None:
            return
        if user_id not in self._videos:
            if len(self._videos) >= _MAX_FILES:
                return
            self._videos[user_id] = self._directory / f"{user_id}-{_plain(name)}.webm"
        self._video_files.add(self._videos[user_id], frame, round((now_s - self._start_s) * 1_000))

    def close(self) -> None:
        """Ends the files; they can be played from then on. Waits for what is still to be encoded."""
        for file in self._files.values():
            file.close()
        if self._video_files is not None:
            self._video_files.close()
            self._video_files = None


class _File:
    def __init__(self, path: Path) -> None:
        self.path = path
        self._wave = wave.open(str(path), "wb")  # noqa: SIM115 - closed by the recorder
        self._wave.setparams((1, 2, SAMPLE_RATE_HZ, 0, "NONE", "not compressed"))
        self._written = 0

    def write(self, samples: array[int], at: int) -> None:
        """`at`: where the piece ends on the time axis. Small gaps are the network's, and are closed up."""
        missing = at - len(samples) - self._written
        if missing > _JITTER_SAMPLES:
            self._written += missing
            while missing > 0:
                piece = min(missing, SAMPLE_RATE_HZ)
                self._wave.writeframesraw(_SILENCE[: 2 * piece])
                missing -= piece
        self._wave.writeframesraw(samples.tobytes())
        self._written += len(samples)

    def close(self) -> None:
        self._wave.close()


def _plain(name: str) -> str:
    """A name that is harmless in every file system."""
    return re.sub(r"\W+", "-", name).strip("-")[:40] or "guest"
