"""What fake microphones and cameras give: a tone and a plain colour that nobody else has."""

from __future__ import annotations

import math
import wave
from array import array
from dataclasses import dataclass
from pathlib import Path

RATE_HZ = 48_000
WIDTH, HEIGHT, FPS = 320, 240, 10


@dataclass(frozen=True)
class Look:
    """How a participant is told from the others: `hz` is no multiple of another's, `rgb` far from theirs."""

    name: str
    hz: int
    rgb: tuple[int, int, int]


LOOKS = (
    Look("Anna", 440, (200, 40, 40)),
    Look("Boris", 590, (40, 160, 40)),
    Look("Clara", 730, (40, 40, 200)),
    Look("Daniel", 970, (200, 200, 40)),
    Look("Elena", 1130, (200, 40, 200)),
    Look("Fedor", 1510, (120, 120, 120)),
)


def write_tone(path: Path, hz: int) -> None:
    """A second of a sine as 16-bit WAV. Whole periods: looped, it never clicks."""
    samples = array("h", (int(9_000 * math.sin(2 * math.pi * hz * at / RATE_HZ)) for at in range(RATE_HZ)))
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE_HZ)
        file.writeframes(samples.tobytes())


def write_colour(path: Path, rgb: tuple[int, int, int]) -> None:
    """One second of one colour as uncompressed Y4M, BT.601 limited range."""
    red, green, blue = rgb
    luma = round(16 + 0.257 * red + 0.504 * green + 0.098 * blue)
    blue_difference = round(128 - 0.148 * red - 0.291 * green + 0.439 * blue)
    red_difference = round(128 + 0.439 * red - 0.368 * green - 0.071 * blue)
    quarter = WIDTH * HEIGHT // 4
    picture = (
        bytes([luma]) * (WIDTH * HEIGHT)
        + bytes([blue_difference]) * quarter
        + bytes([red_difference]) * quarter
    )
    with path.open("wb") as file:
        file.write(f"YUV4MPEG2 W{WIDTH} H{HEIGHT} F{FPS}:1 Ip A1:1 C420jpeg\n".encode())
        for _ in range(FPS):
            file.write(b"FRAME\n" + picture)
