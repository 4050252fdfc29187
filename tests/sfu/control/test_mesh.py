import asyncio
import re

import pytest
from aiortc import RTCPeerConnection

from sfu.client import Description, PeerDescribed, PeerMisled
from sfu.errors import SdpRejected, UnknownParticipant

TOLERANCE_HZ = 15


def meets(a, b):
    heard_hz = a.hears(b.user)
    return heard_hz is not None and abs(heard_hz - b.hz) < TOLERANCE_HZ and a.sees(b.user) == b.colour_name


def all_meet(*people):
    return all(meets(a, b) for a in people for b in people if a is not b)


@pytest.fixture
async def three(enter_mesh):
    """Anna, Boris and Vera, as they come one after the other."""
    anna = await enter_mesh(1, hz=440, colour="red")
    boris = await enter_mesh(2, hz=660, colour="green")
    await anna.meet(2)
    vera = await enter_mesh(3, hz=880, colour="blue")
    await anna.meet(3)
    await boris.meet(3)
    return anna, boris, vera


async def test_three_mesh_clients_hear_and_see_each_other_and_upload_once(three, eventually, server):
    anna, boris, vera = three
    await eventually(lambda: all_meet(anna, boris, vera), timeout_s=15)
    assert server.stats().sources == 6


async def test_mesh_and_seated_clients_hear_and_see_each_other(enter, enter_mesh, eventually):
    anna = await enter(2, hz=440, colour="red")
    boris = await enter_mesh(1, [2], hz=660, colour="green")
    vera = await enter_mesh(3, hz=880, colour="blue")
    await boris.meet(3)
    await eventually(lambda: all_meet(anna, boris, vera), timeout_s=15)


async def test_the_upload_moves_when_its_connection_goes(three, eventually, server):
    anna, boris, vera = three
    await eventually(lambda: all_meet(anna, boris, vera))
    elected = server._rooms["room"].members[1]._client.elected("audio")
    goes, stays = (boris, vera) if elected == 2 else (vera, boris)
    await goes.hang_up()
    await anna.drop(goes.user)
    await stays.drop(goes.user)
    frames = stays.listening[1]["audio"].frames
    await eventually(lambda: stays.listening[1]["audio"].frames > frames + 100 and all_meet(anna, stays))
    assert server.stats().sources == 4


async def test_an_upload_of_which_nothing_comes_is_taken_from_another_connection(three, eventually, server):
    """As of a client that has lost its track for one connection, and does not know it."""
    anna, boris, vera = three
    await eventually(lambda: all_meet(anna, boris, vera))
    elected = server._rooms["room"].members[1]._client.elected("audio")
    for sender in anna.pcs[elected].getSenders():
        if sender.kind == "audio":
            sender.replaceTrack(None)
    await eventually(lambda: server._rooms["room"].members[1]._client.elected("audio") != elected)
    frames = boris.listening[1]["audio"].frames
    await eventually(lambda: boris.listening[1]["audio"].frames > frames + 100)
    await eventually(lambda: all_meet(anna, boris, vera))


async def test_an_ice_restart_of_the_client_keeps_the_media(enter_mesh, eventually, server):
    """aiortc cannot restart ICE, so its offer is changed; what comes over the old way goes on."""
    anna = await enter_mesh(1, hz=440, colour="red")
    boris = await enter_mesh(2, hz=660, colour="green")
    await anna.meet(2)
    await eventually(lambda: all_meet(anna, boris))
    sdp = anna.pcs[2].localDescription.sdp
    before = anna.said[-1]
    lines = ["a=ice-ufrag:anew" if line.startswith("a=ice-ufrag") else line for line in sdp.split("\r\n")]
    inbox = anna._inbox
    anna._inbox = asyncio.Queue()  # aiortc would not take the answer
    anna._task.cancel()
    await anna.say(2, "offer", "\r\n".join(lines))
    assert before is anna.said[-1]
    answer = inbox.get_nowait()
    assert answer.description.type == "answer"
    assert field(answer.description.sdp, "ice-ufrag") not in [
        field(each.description.sdp, "ice-ufrag")
        for each in anna.said
        if isinstance(each, PeerDescribed) and each.peer == 2
    ]
    frames = boris.listening[1]["audio"].frames
    await eventually(lambda: boris.listening[1]["audio"].frames > frames + 50)


def field(sdp, name):
    return next(line for line in sdp.split("\r\n") if line.startswith(f"a={name}:")).partition(":")[2]


async def test_what_is_said_to_nobody_or_by_nobody_is_refused(enter, enter_mesh, server):
    anna = await enter(1, hz=440, colour="red")
    boris = await enter_mesh(2, hz=660, colour="green")
    offer = Description("offer", anna.pc.localDescription.sdp)
    with pytest.raises(UnknownParticipant):
        await server.describe("room", 2, 7, offer)
    with pytest.raises(UnknownParticipant):
        await server.describe("room", 7, 2, offer)
    with pytest.raises(UnknownParticipant):
        await server.describe("nowhere", 2, 1, offer)
    with pytest.raises(SdpRejected) as refused:
        await server.describe("room", 1, 2, offer)
    assert refused.value.code == "unsupported"
    with pytest.raises(SdpRejected) as refused:
        await server.describe("room", 2, 1, Description("offer", "v=1"))
    assert refused.value.code == "invalid_sdp"
    with pytest.raises(UnknownParticipant):
        await server.answer("room", 2, anna.offer(offer.sdp))
    assert boris.states == []


async def test_a_late_answer_to_somebody_elses_offer_begins_the_connection_anew(server):
    """Described before we stood in, taken up when the client's microphone came."""
    told = []
    await server.join("room", 1, "a", lambda event: None, mesh=True)
    await server.join("room", 2, "b", told.append, mesh=True)
    (first,) = told
    answer = await answer_to_another()
    await server.describe("room", 2, 1, answer)
    _, misled, second = told
    assert misled == PeerMisled(1)
    assert second.description.type == "offer"
    mids = [field(event.description.sdp, "mid") for event in (first, second)]
    assert mids[0] != mids[1]
    told.clear()
    stale = answer.sdp.replace("a=mid:0", f"a=mid:{mids[0]}").replace("BUNDLE 0", f"BUNDLE {mids[0]}")
    await server.describe("room", 2, 1, Description("answer", stale))  # said before the client knew
    assert told == []
    for user, session in ((1, "a"), (2, "b")):
        await server.leave("room", user, session)


async def answer_to_another():
    """A client's answer, that is no answer to ours."""
    one, other = RTCPeerConnection(), RTCPeerConnection()
    one.addTransceiver("audio")
    await one.setLocalDescription(await one.createOffer())
    await other.setRemoteDescription(one.localDescription)
    await other.setLocalDescription(await other.createAnswer())
    sdp = other.localDescription.sdp
    await one.close()
    await other.close()
    return Description("answer", sdp)


async def test_a_hundred_mesh_clients_leave_nothing_behind(enter, server, eventually):
    stays = await enter(500, hz=440, colour="red")
    await eventually(lambda: stays.states == ["connected"])
    await eventually(lambda: server.stats().participants == 1)
    before, tasks = held(server), asyncio.all_tasks()
    sdp = stays.pc.localDescription.sdp
    for number in range(100):
        user = 1 + number * 10  # offers to those above, is offered to by those below
        said = []
        await server.join("room", user, "session", said.append, mesh=True)
        await server.join("room", user + 1, "session", lambda event: None, mesh=True)
        for peer in (500, user + 1):
            await server.describe("room", user, peer, Description("offer", sdp))
        assert {each.description.type for each in said} >= {"answer"}
        if number % 3 == 0:
            await server.join("room", user, "another", lambda event: None, mesh=True)
            await server.leave("room", user, "another")
        await server.leave("room", user, "session")
        await server.leave("room", user + 1, "session")
    await eventually(lambda: held(server) == before)
    await eventually(lambda: asyncio.all_tasks() <= tasks)
    assert len(server._connections._by_ufrag) == len(server._connections._by_id) == 1
    assert len(server._sources._videos) == 1


def held(server):
    stats = server.stats()
    return stats.participants, stats.sources, stats.seat_streams, stats.srtp_contexts


async def test_a_voice_that_no_connection_offers_any_more_is_sought_by_a_new_one(
    enter, enter_mesh, eventually, server
):
    """As where the one connection that had the client's microphone went with its peer."""
    anna = await enter(1, hz=440, colour="red")
    boris = await enter_mesh(2, hz=660, colour="green")
    await eventually(lambda: meets(boris, anna) and meets(anna, boris))
    sdp = boris.pcs[1].localDescription.sdp
    boris._task.cancel()  # aiortc would not take an answer to what it did not offer
    head, audio, *rest = sdp.split("m=")
    mute = "m=".join([head, audio.replace("a=sendrecv", "a=recvonly"), *rest])
    await boris.say(1, "offer", mute)
    async with asyncio.timeout(30):
        while (event := await boris._inbox.get()) != PeerMisled(1):
            assert isinstance(event, PeerDescribed)
            assert event.description.type == "answer"
        event = await boris._inbox.get()
    assert event.peer == 1
    assert event.description.type == "offer"


async def test_no_ssrc_begins_twice_under_the_same_keys(enter, enter_mesh, eventually, server):
    """A client that puts a call on hold and takes it back; its line is the same, its stream a new one."""
    anna = await enter(1, hz=440, colour="red")
    boris = await enter_mesh(2, hz=660, colour="green")
    await eventually(lambda: meets(boris, anna))
    boris._task.cancel()  # aiortc would not take an answer to what it did not offer
    sdp = boris.pcs[1].localDescription.sdp
    told = set()
    for _ in range(3):
        for direction in ("sendonly", "sendrecv"):
            await boris.say(1, "offer", sdp.replace("a=sendrecv", f"a={direction}"))
            while not boris._inbox.empty():
                event = boris._inbox.get_nowait()
                if direction == "sendrecv" and event.description.type == "answer":
                    ssrcs = frozenset(re.findall(r"a=ssrc:(\d+) cname", event.description.sdp))
                    assert not ssrcs & told
                    told |= ssrcs
    assert len(told) >= 3
    assert len(server._rooms["room"].members[2]._links[1]._names) <= 4


async def test_one_who_leaves_waits_for_nobody_elses_end(enter_mesh, server):
    anna = await enter_mesh(1)
    never = asyncio.Event()
    server._connections.soon(never.wait())
    async with asyncio.timeout(20):
        await server.leave("room", 1, anna.session)
    never.set()
