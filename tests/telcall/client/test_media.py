from __future__ import annotations

import asyncio
import wave
from itertools import pairwise
from pathlib import Path

import av
import pytest
from aiortc.mediastreams import AudioStreamTrack, MediaStreamError, VideoStreamTrack
from av import AudioFrame
from hypothesis import given
from hypothesis import strategies as st

from telcall.client.measure import tone_power
from telcall.client.media import Colour, Feed, FilePlayer, Outlet, Resampler, Timeline, Tone, pcm


def write_wav(path: Path, samples: list[int], rate_hz: int = 48_000) -> None:
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, rate_hz, 0, "NONE", "not compressed"))
        file.writeframes(b"".join(sample.to_bytes(2, "little", signed=True) for sample in samples))


async def test_tone_is_one_at_its_own_pace() -> None:
    loop = asyncio.get_running_loop()
    tone, start_s = Tone(440), loop.time()
    frames = [await tone.recv() for _ in range(11)]
    assert loop.time() - start_s >= 0.199
    assert [frame.pts for frame in frames] == [960 * at for at in range(11)]
    assert tone_power([sample for frame in frames for sample in pcm(frame)], 440) > 0.98


async def test_nothing_comes_from_a_stopped_track() -> None:
    for track in (Tone(440), Colour((0, 0, 0)), Outlet("audio")):
        track.stop()
        with pytest.raises(MediaStreamError):
            await track.recv()


async def test_stopping_an_outlet_wakes_its_reader() -> None:
    outlet = Outlet("audio")
    reading = asyncio.create_task(outlet.recv())
    await asyncio.sleep(0)
    outlet.stop()
    with pytest.raises(MediaStreamError):
        await reading


async def test_shut_outlet_takes_nothing_and_a_full_one_loses_the_oldest() -> None:
    outlet = Outlet("audio")
    frames = [await Tone(440).recv() for _ in range(12)]
    outlet.put(frames[0])
    outlet.is_open = True
    for frame in frames[1:]:
        outlet.put(frame)
    assert [await outlet.recv() for _ in range(8)] == frames[4:]


@given(st.lists(st.tuples(st.floats(-1e3, 1e3), st.floats(0, 2)), max_size=50))
def test_time_stamps_only_rise(steps: list[tuple[float, float]]) -> None:
    timeline, now_s, last = Timeline(48_000, 0.0), 0.0, -960
    for source_s, waited_s in steps:
        now_s += waited_s
        stamp = timeline.stamp(source_s, 960, now_s)
        assert stamp >= last + 960
        last = stamp


def test_time_stamps_keep_the_sources_spacing_and_follow_the_clock_when_it_pauses() -> None:
    timeline = Timeline(90_000, 10.0)
    assert [timeline.stamp(at / 30, 1, 12 + at / 30 + at % 2 / 50) for at in range(3)] == [
        180_000,
        183_000,
        186_000,
    ]
    assert timeline.stamp(3 / 30, 1, 20.0) == 900_000


@pytest.mark.parametrize(("rate_hz", "layout"), [(8_000, "mono"), (44_100, "stereo"), (48_000, "mono")])
async def test_sound_of_any_rate_keeps_its_length(rate_hz: int, layout: str) -> None:
    resampler, samples = Resampler("mono", 960), 0
    for _ in range(50):
        frame = AudioFrame(format="s16", layout=layout, samples=rate_hz // 50)
        for plane in frame.planes:
            plane.update(bytes(plane.buffer_size))
        frame.sample_rate = rate_hz
        samples += sum(piece.samples for piece in resampler.resample(frame))
    assert samples == pytest.approx(48_000, abs=2_000)


async def test_feed_goes_on_with_another_track_of_another_shape() -> None:
    feed = Feed("audio")
    outlet = feed.add_outlet()
    outlet.is_open = True
    try:
        stamps = []
        for track in (Tone(440), AudioStreamTrack(), Tone(660)):  # 48 kHz, 8 kHz, 48 kHz
            await feed.replace(track)
            async with asyncio.timeout(5):
                for _ in range(3):
                    frame = await outlet.recv()
                    assert (frame.samples, frame.sample_rate, frame.layout.name) == (960, 48_000, "stereo")
                    stamps.append(frame.pts)
        assert all(later - earlier >= 960 for earlier, later in pairwise(stamps))
    finally:
        await feed.close()


async def test_feed_outlives_its_track() -> None:
    feed, first = Feed("video"), VideoStreamTrack()
    outlet = feed.add_outlet()
    outlet.is_open = True
    try:
        await feed.replace(first)
        await outlet.recv()
        first.stop()
        await feed.replace(Colour((0, 0, 0), width=64, height=48))
        async with asyncio.timeout(5):
            while (await outlet.recv()).width != 64:
                pass
    finally:
        await feed.close()


async def test_feed_refuses_a_track_of_another_kind() -> None:
    feed = Feed("audio")
    with pytest.raises(ValueError, match="video"):
        await feed.replace(Colour((0, 0, 0)))
    await feed.close()


async def test_file_is_played_over_and_over(tmp_path: Path) -> None:
    tone = [sample for _ in range(10) for sample in pcm(await Tone(440).recv())]
    write_wav(tmp_path / "tone.wav", tone)
    player = FilePlayer(tmp_path / "tone.wav", loop=True)
    try:
        assert player.camera is None
        assert player.microphone is not None
        samples = 0
        async with asyncio.timeout(10):
            while samples < 2 * len(tone):
                samples += (await player.microphone.recv()).samples
    finally:
        player.close()


async def test_file_that_is_none_is_refused(tmp_path: Path) -> None:
    (tmp_path / "text.wav").write_text("hello")
    with pytest.raises(av.FFmpegError):
        FilePlayer(tmp_path / "text.wav")
    with pytest.raises(OSError, match=r"gone\.wav"):
        FilePlayer(tmp_path / "gone.wav")
