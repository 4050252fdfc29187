import asyncio

import pytest

from sfu.client import Offer, SeatOffer, SeatsChanged
from sfu.config import SfuConfig
from sfu.control.server import Server
from sfu.dataplane.python_engine import PythonEngine


class Listed(PythonEngine):
    """The real engine; who sits down is written into a list that the test's listeners write into too."""

    def __init__(self, happened):
        super().__init__()
        self._happened = happened

    def seat(self, subscriber, ssrc, source):
        self._happened.append(("seat", subscriber, source))
        super().seat(subscriber, ssrc, source)


@pytest.fixture
def happened():
    return []


@pytest.fixture
async def listed(happened):
    async with Server(SfuConfig(), make_engine=lambda config: Listed(happened)) as running:
        yield running


@pytest.fixture
def note(happened):
    """Writes down of each of a peer's seatings who sits there."""

    def note(peer):
        heard = peer.heard

        def noting(event):
            if isinstance(event, SeatsChanged):
                sitters = {seat.participant for seat in event.seats} - {None}
                happened.append(("told", peer.user, frozenset(sitters)))
            heard(event)

        peer.heard = noting
        return peer

    return note


async def test_everybody_is_told_of_a_sitter_before_its_first_packet_may_go(
    listed, happened, note, make_peer
):
    anna, boris = note(make_peer(listed, 1)), note(make_peer(listed, 2))
    await anna.enter()
    await boris.enter()
    sat = [index for index, entry in enumerate(happened) if entry[0] == "seat" and entry[2] is not None]
    assert sat
    for index in sat:
        user = {1: 1, 2: 2}[happened[index][1]]
        other = 3 - user
        assert ("told", user, frozenset({other})) in happened[:index]
    await boris.hang_up()
    assert happened.index(("told", 1, frozenset()), sat[-1]) < len(happened)
    await anna.hang_up()


async def test_nothing_is_told_twice(listed, happened, note, make_peer):
    anna, boris = note(make_peer(listed, 1)), note(make_peer(listed, 2))
    await anna.enter()
    await boris.enter()
    before = list(happened)
    listed.set_forwarding("room", True)
    listed.set_media("room", 2, boris_media := listed._rooms["room"].members[2].media)
    assert boris_media is not None
    assert happened == before
    await boris.hang_up()
    await anna.hang_up()


async def test_seats_of_other_m_lines_take_the_place_of_the_old_ones(listed, make_peer):
    anna = make_peer(listed, 1)
    await anna.enter()
    sdp = anna.pc.localDescription.sdp
    mids = [transceiver.mid for pair in anna.seat_transceivers for transceiver in pair]
    for turn in range(20):
        changed = sdp
        names = {mid: f"m{turn}x{mid}" for mid in mids}
        for mid, name in names.items():
            changed = changed.replace(f"a=mid:{mid}\r\n", f"a=mid:{name}\r\n")
        group = next(line for line in sdp.split("\r\n") if line.startswith("a=group:BUNDLE"))
        bundle = " ".join(names.get(mid, mid) for mid in group.split()[1:])
        changed = changed.replace(group, f"a=group:BUNDLE {bundle}")
        seats = [
            SeatOffer(number, names[audio.mid], names[video.mid])
            for number, (audio, video) in enumerate(anna.seat_transceivers)
        ]
        tracks = {anna.microphone.mid: "microphone", anna.camera.mid: "camera"}
        await listed.answer("room", 1, Offer(10 + turn, changed, tracks, seats))
    await asyncio.sleep(0)
    room = listed._rooms["room"].members[1]
    assert len(room._streams._streams) == len(mids)
    while listed.stats().seat_streams != len(mids):  # noqa: ASYNC110 - the engine has a thread of its own
        await asyncio.sleep(0.01)
