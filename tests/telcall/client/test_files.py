from __future__ import annotations

import wave
from array import array
from pathlib import Path

import av
import pytest
from av import VideoFrame

from telcall.client.files import Recorder
from telcall.client.measure import mean_colour
from telcall.client.media import Colour

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


async def test_pictures_are_on_the_same_time_axis_in_the_size_of_the_first(tmp_path: Path) -> None:
    red, blue = (200, 40, 40), (40, 40, 200)
    with Recorder(tmp_path, now_s=10.0, video=True) as recorder:
        for at, (colour, width) in enumerate([(red, 64), (red, 64), (blue, 128)]):
            frame = await Colour(colour, width=width, height=48).recv()
            recorder.picture(7, "Anna", frame, 10.5 + at)
            recorder.picture(7, "Anna", frame, 10.5 + at)
    with av.open(str(recorder.video_paths[7])) as video:
        pictures = list(video.decode(video=0))
    assert [(picture.width, picture.height) for picture in pictures] == [(64, 48)] * 3
    assert [picture.time for picture in pictures] == pytest.approx([0.5, 1.5, 2.5], abs=0.01)
    assert mean_colour(pictures[0]) == pytest.approx(red, abs=25)
    assert mean_colour(pictures[2]) == pytest.approx(blue, abs=25)


def test_video_that_cannot_be_written_is_given_up_alone(tmp_path: Path) -> None:
    with Recorder(tmp_path, now_s=0.0, video=True) as recorder:
        (tmp_path / "1-Anna.webm").mkdir()
        for number in range(3):
            recorder.picture(1, "Anna", VideoFrame(64, 48), number)
            recorder.picture(2, "Boris", VideoFrame(64, 48), number)
    with av.open(str(recorder.video_paths[2])) as video:
        assert len(list(video.decode(video=0))) == 3


def test_pictures_are_not_kept_unless_wanted(tmp_path: Path) -> None:
    with Recorder(tmp_path, now_s=0.0) as recorder:
        recorder.picture(1, "Anna", VideoFrame(64, 48), 1.0)
    assert not list(tmp_path.iterdir())
