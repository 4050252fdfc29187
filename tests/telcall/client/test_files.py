from __future__ import annotations

import wave
from array import array
from pathlib import Path

import pytest

from telcall.client.files import Recorder

PIECE = array("h", [100] * 960)


def read(path: Path) -> array[int]:
    with wave.open(str(path), "rb") as file:
        assert (file.getnchannels(), file.getsampwidth(), file.getframerate()) == (1, 2, 48_000)
        samples: array[int] = array("h")
        samples.frombytes(file.readframes(file.getnframes()))
        return samples


def test_each_participant_has_a_file_on_one_time_axis(tmp_path: Path) -> None:
    with Recorder(tmp_path / "new" / "out", now_s=100.0) as recorder:
        recorder.sound(1, "Anna", PIECE, 100.02)
        recorder.sound(2, "Boris", PIECE, 102.02)
        recorder.sound(1, "Anna", PIECE, 100.04)
    anna, boris = read(recorder.paths[1]), read(recorder.paths[2])
    assert (list(anna), list(boris)) == ([100] * 1_920, [0] * 96_000 + [100] * 960)


def test_pause_is_silence_and_jitter_is_none(tmp_path: Path) -> None:
    with Recorder(tmp_path, now_s=0.0) as recorder:
        for now_s in (0.02, 0.09, 1.0):
            recorder.sound(1, "Anna", PIECE, now_s)
    assert list(read(recorder.paths[1])) == [100] * 1_920 + [0] * (48_000 - 2_880) + [100] * 960


@pytest.mark.parametrize("name", ["../../etc/passwd", "a/b", "", "\0", "Анна К.", "x" * 500, "..", "🙂"])
def test_no_name_leads_out_of_the_folder(tmp_path: Path, name: str) -> None:
    with Recorder(tmp_path, now_s=0.0) as recorder:
        recorder.sound(7, name, PIECE, 0.02)
    assert recorder.paths[7].parent == tmp_path
    assert recorder.paths[7].name.startswith("7-")
    assert len(read(recorder.paths[7])) == 960


def test_number_of_files_is_bounded(tmp_path: Path) -> None:
    with Recorder(tmp_path, now_s=0.0) as recorder:
        for user_id in range(1, 101):
            recorder.sound(user_id, "Anna", PIECE, 0.02)
    assert len(list(tmp_path.iterdir())) == len(recorder.paths) == 64
