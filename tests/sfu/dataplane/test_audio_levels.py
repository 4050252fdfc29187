"""What a publisher's packets tell of its loudness (RFC 6464)."""

from sfu.dataplane.engine import MAX_LEVELS, ExtensionIds, SourceId

OPUS = {"payload_type": 111, "ssrc": 77}
LEVEL = 6


def say(peer, levels, *, first=0):
    for turn, level in enumerate(levels, first):
        peer.send_rtp(
            **OPUS, seq16=turn, timestamp=960 * turn, payload=b"s", extensions={4: b"0", LEVEL: level}
        )


async def test_levels_are_taken_once_without_the_voice_bit(bench):
    anna = bench.peer()
    source = bench.source(anna, extensions=ExtensionIds(mid=4, audio_level=LEVEL))
    other = bench.source(anna, mid="1", extensions=ExtensionIds(mid=4, audio_level=LEVEL))
    await bench.settled()
    say(anna, [bytes([30]), bytes([0x80 | 45]), bytes([127])])
    await bench.until(lambda: bench.engine.source_packets(source) == 3)
    assert bench.engine.take_audio_levels() == {source: bytes([30, 45, 127]), other: b""}
    assert bench.engine.take_audio_levels() == {source: b"", other: b""}
    assert bench.engine.source_packets(SourceId(4_711)) == 0


async def test_levels_that_nobody_takes_are_bounded_and_the_newest_stay(bench):
    anna = bench.peer()
    source = bench.source(anna, extensions=ExtensionIds(mid=4, audio_level=LEVEL))
    await bench.settled()
    say(anna, [bytes([turn % 100]) for turn in range(3 * MAX_LEVELS)])
    await bench.until(lambda: bench.engine.source_packets(source) == 3 * MAX_LEVELS)
    levels = bench.engine.take_audio_levels()[source]
    assert len(levels) <= MAX_LEVELS
    assert levels[-1] == (3 * MAX_LEVELS - 1) % 100


async def test_a_client_that_agreed_on_no_levels_tells_none(bench):
    anna = bench.peer()
    source = bench.source(anna)
    await bench.settled()
    say(anna, [bytes([30])])
    await bench.until(lambda: bench.engine.source_packets(source) == 1)
    assert bench.engine.take_audio_levels() == {source: b""}
