import pytest

from sfu.client import MediaFlags, Offer, SeatWishes, Wanted
from sfu.errors import SdpRejected, UnknownParticipant

TOLERANCE_HZ = 15


def hears(listener, speaker):
    heard_hz = listener.hears(speaker.user)
    return heard_hz is not None and abs(heard_hz - speaker.hz) < TOLERANCE_HZ


def sees(watcher, sender):
    return watcher.sees(sender.user) == sender.colour_name


def all_meet(*peers):
    return all(hears(a, b) and sees(a, b) for a in peers for b in peers if a is not b)


async def test_three_hear_and_see_each_other_and_a_late_one_too(enter, eventually, server):
    anna = await enter(1, hz=440, colour="red")
    boris = await enter(2, hz=660, colour="green")
    vera = await enter(3, hz=880, colour="blue")
    await eventually(lambda: all_meet(anna, boris, vera))
    assert anna.states == boris.states == vera.states == ["connected"]
    late = await enter(4, hz=1_100, colour="red")
    await eventually(lambda: all_meet(anna, boris, vera, late))
    stats = server.stats()
    assert stats.participants == 4
    assert stats.srtp_failures == 0
    uploaded = server.participant_stats("room", 1)
    assert uploaded is not None
    assert uploaded.packets_in > 0


async def test_who_leaves_frees_a_seat_for_another_without_a_new_offer(enter, eventually):
    anna = await enter(1, hz=440, colour="red", seats=1)
    boris = await enter(2, hz=660, colour="green", seats=1)
    await eventually(lambda: all_meet(anna, boris))
    await boris.hang_up()
    assert anna.seat_of(2) is None
    vera = await enter(3, hz=880, colour="blue", seats=1)
    await eventually(lambda: all_meet(anna, vera))
    assert anna.offer_id == 1


async def test_nobody_is_seated_while_forwarding_is_off(enter, eventually, server):
    anna = await enter(1, hz=440, colour="red")
    server.set_forwarding("room", False)
    boris = await enter(2, hz=660, colour="green")
    await eventually(lambda: anna.states == boris.states == ["connected"])
    assert anna.seat_of(2) is None
    assert server.stats().packets_forwarded == 0
    server.set_forwarding("room", True)
    await eventually(lambda: all_meet(anna, boris))
    server.set_forwarding("room", False)
    assert anna.seat_of(2) is None
    revisions = [seating.revision for seating in anna.seatings]
    assert revisions == sorted(set(revisions))


async def test_rooms_are_apart(enter, eventually):
    anna = await enter(1, hz=440, colour="red")
    boris = await enter(2, hz=660, colour="green")
    other = await enter(3, hz=880, colour="blue", room="other")
    await eventually(lambda: all_meet(anna, boris))
    assert other.seat_of(1) is None
    assert anna.seat_of(3) is None


async def test_a_second_join_replaces_the_first(enter, eventually, server):
    anna = await enter(1, hz=440, colour="red")
    first = await enter(2, hz=660, colour="green")
    await eventually(lambda: all_meet(anna, first))
    second = await enter(2, hz=880, colour="blue", session="second")
    await eventually(lambda: all_meet(anna, second))
    assert server.stats().participants == 2
    await server.leave("room", 2, first.session)
    await eventually(lambda: all_meet(anna, second))


async def test_a_camera_that_is_off_is_told(enter, server):
    anna = await enter(1, hz=440, colour="red")
    boris = await enter(2, hz=660, colour="green")
    assert anna.seat_of(2).video == "on"
    server.set_media("room", 2, MediaFlags(audio=True, video=False, screen=False))
    assert anna.seat_of(2).video == "off"
    server.set_wishes("room", 2, SeatWishes(audio_only=True))
    assert boris.seat_of(1).video == "paused"


async def test_the_only_seat_goes_to_whom_the_subscriber_wants_to_see(enter, eventually, server):
    anna = await enter(1, seats=1)
    boris = await enter(2, hz=660, colour="green", seats=1)
    vera = await enter(3, hz=880, colour="blue", seats=1)
    await eventually(lambda: hears(anna, boris) and sees(anna, boris))
    server.set_wishes("room", 1, SeatWishes(visible=[Wanted(3, "camera", 360)]))
    await eventually(lambda: hears(anna, vera) and sees(anna, vera))
    assert anna.seat_of(2) is None


async def test_a_further_offer_keeps_the_streams_and_the_picture(enter, eventually):
    anna = await enter(1, hz=440, colour="red")
    boris = await enter(2, hz=660, colour="green")
    await eventually(lambda: all_meet(anna, boris))
    ssrcs = [line for line in anna.pc.remoteDescription.sdp.splitlines() if line.startswith("a=ssrc:")]
    answer = await anna.negotiate()
    assert [line for line in answer.splitlines() if line.startswith("a=ssrc:") and "cname" in line] == [
        line for line in ssrcs if "cname" in line
    ]
    await eventually(lambda: all_meet(anna, boris))


async def test_an_offer_that_is_not_understood_changes_nothing(enter, eventually, server):
    anna = await enter(1, hz=440, colour="red")
    boris = await enter(2, hz=660, colour="green")
    await eventually(lambda: all_meet(anna, boris))
    sdp = anna.pc.localDescription.sdp
    for hostile in ("", "v=0", sdp[: len(sdp) // 2], sdp.replace("a=mid:0", "a=mid:../../0"), sdp * 50):
        with pytest.raises(SdpRejected) as refused:
            await server.answer("room", 1, anna.offer(hostile))
        assert refused.value.code in ("invalid_sdp", "unsupported")
    await eventually(lambda: all_meet(anna, boris))


async def test_commands_for_nobody_say_so(server):
    with pytest.raises(UnknownParticipant):
        await server.answer("room", 1, Offer(1, "v=0", {}, []))
    with pytest.raises(UnknownParticipant):
        server.set_forwarding("room", False)
    with pytest.raises(UnknownParticipant):
        server.set_media("room", 1, MediaFlags(True, True, False))
    await server.leave("room", 1, "session")
