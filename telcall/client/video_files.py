"""What is seen, as files: one WebM (VP8) for each participant, encoded in a thread of its own."""

from __future__ import annotations

import queue
import threading
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import structlog
from av import VideoFrame
from av.container import OutputContainer
from av.video.reformatter import VideoReformatter
from av.video.stream import VideoStream

log = structlog.get_logger(__name__)

_QUEUED_PICTURES = 32  # 1.4 MB each at 720p
_TIME_BASE = Fraction(1, 1_000)
_BIT_RATE = 1_000_000
_NOMINAL_FRAME_RATE = 30  # the time stamps say when pictures really came
_OPTIONS = {"deadline": "realtime", "cpu-used": "8", "lag-in-frames": "0"}


@dataclass(frozen=True, slots=True)
class _Picture:
    path: Path
    frame: VideoFrame
    at_ms: int


class VideoFiles:
    """Takes pictures without waiting; when encoding does not keep up, pictures are left out.

    A file keeps the size of its first picture, later ones are scaled to it.
    """

    def __init__(self) -> None:
        self._pictures: queue.Queue[_Picture | None] = queue.Queue(_QUEUED_PICTURES)
        self._thread = threading.Thread(target=self._run, name="telcall-video-files")
        self._thread.start()

    def add(self, path: Path, frame: VideoFrame, at_ms: int) -> None:
        """`at_ms`: its time in the file."""
        try:
            self._pictures.put_nowait(_Picture(path, frame, at_ms))
        except queue.Full:
            log.debug("picture_not_recorded", path=path.name)

    def close(self) -> None:
        """Encodes what is still to be encoded, and ends the thread."""
        self._pictures.put(None)
        self._thread.join()

    def _run(self) -> None:
        files: dict[Path, _File | None] = {}
        while (picture := self._pictures.get()) is not None:
            try:
                if picture.path not in files:
                    files[picture.path] = _File(picture.path, picture.frame)
                if (file := files[picture.path]) is not None:
                    file.write(picture.frame, picture.at_ms)
            except Exception as error:  # the thread goes on for the others
                log.error("video_recording_ended", path=picture.path.name, error=str(error))
                files[picture.path] = None
        for file in files.values():
            if file is not None:
                file.close()


class _File:
    def __init__(self, path: Path, first: VideoFrame) -> None:
        self._container: OutputContainer = av.open(str(path), "w", format="webm")
        self._stream: VideoStream = self._container.add_stream(
            "libvpx", rate=_NOMINAL_FRAME_RATE, options=dict(_OPTIONS)
        )
        self._stream.width, self._stream.height = first.width, first.height
        self._stream.pix_fmt, self._stream.bit_rate = "yuv420p", _BIT_RATE
        self._stream.codec_context.time_base = _TIME_BASE
        self._reformatter = VideoReformatter()
        self._last_ms = -1

    def write(self, frame: VideoFrame, at_ms: int) -> None:
        if at_ms <= self._last_ms:  # two in one millisecond
            return
        scaled = self._reformatter.reformat(  # not the frame's own, which another thread may be using
            frame, width=self._stream.width, height=self._stream.height, format="yuv420p"
        )
        # Where nothing had to be scaled it is the frame itself; nobody else goes by its time.
        scaled.pts, scaled.time_base, self._last_ms = at_ms, _TIME_BASE, at_ms
        self._container.mux(self._stream.encode(scaled))

    def close(self) -> None:
        try:
            self._container.mux(self._stream.encode(None))
            self._container.close()
        except (av.FFmpegError, OSError) as error:
            log.error("video_file_not_ended", error=str(error))
