"""Single exchanges; `test_mesh_machine.py` plays them in every order."""

import itertools

import pytest

from sfu.core.ice.lite_agent import Credentials
from sfu.core.mesh.virtual_peer import (
    CROSSING_US,
    FIRST_OFFER_WAIT_US,
    LATE_REPEAT_US,
    MAX_REPEATS,
    REPEAT_US,
    Say,
    Secure,
    VirtualPeer,
)
from sfu.core.sdp.parse import parse
from sfu.errors import SdpRejected

HEADER = "v=0\r\no=- {session} 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\na=group:BUNDLE {bundle}\r\n"
TRANSPORT = (
    "a=ice-ufrag:{ufrag}\r\na=ice-pwd:{password}\r\na=fingerprint:sha-256 {fingerprint}\r\n"
    "a=setup:{setup}\r\na=rtcp-mux\r\n"
)
CODECS = {
    "audio": "m=audio 9 UDP/TLS/RTP/SAVPF 109\r\na=rtpmap:109 opus/48000/2\r\na=extmap:7 "
    "urn:ietf:params:rtp-hdrext:sdes:mid\r\n",
    "video": "m=video 9 UDP/TLS/RTP/SAVPF 120\r\na=rtpmap:120 VP8/90000\r\na=rtcp-fb:120 nack pli\r\n",
}


def description(*lines, session="4711", ufrag="theirs", fingerprint="AB", setup="actpass"):
    """lines: (kind, mid, direction)."""
    text = HEADER.format(session=session, bundle=" ".join(mid for _, mid, _ in lines))
    transport = TRANSPORT.format(
        ufrag=ufrag, password="p" * 24, fingerprint=":".join([fingerprint] * 32), setup=setup
    )
    for kind, mid, direction in lines:
        text += CODECS[kind] + transport + f"a=mid:{mid}\r\na={direction}\r\n"
    return parse(text)


@pytest.fixture
def make():
    def make(*, offers_first, audio=True, video=True):
        mids, credentials = itertools.count(), itertools.count()
        peer = VirtualPeer(
            offers_first=offers_first,
            new_mid=lambda: f"t{next(mids)}",
            new_credentials=lambda: Credentials(f"ours{next(credentials)}", "q" * 24),
            now_us=0,
        )
        peer.take("audio", audio)
        peer.take("video", video)
        return peer

    return make


def told(outputs):
    return [
        (each.type, [(line.kind, line.mid, line.direction) for line in each.lines])
        for each in outputs
        if isinstance(each, Say)
    ]


def test_an_offer_is_answered_on_the_lines_that_it_has(make):
    peer = make(offers_first=False)
    secured = peer.receive_offer(description(("audio", "0", "sendrecv")), 0)
    assert [type(each) for each in secured] == [Secure]
    assert told(peer.settle(0)) == [("answer", [("audio", "0", "sendrecv")])]
    assert peer.upload("audio").codec.payload_type == 109
    assert peer.downlink("audio").mid == "0"


def test_an_upload_that_is_taken_elsewhere_is_not_taken_here(make):
    peer = make(offers_first=False, audio=False)
    peer.receive_offer(description(("audio", "0", "sendrecv")), 0)
    assert told(peer.settle(0)) == [("answer", [("audio", "0", "sendonly")])]
    assert peer.sends("audio") is True
    assert peer.upload("audio") is None
    peer.take("audio", True)
    assert told(peer.settle(0)) == [("offer", [("audio", "0", "sendrecv")])]
    peer.receive_answer(description(("audio", "0", "sendrecv")), 0)
    assert peer.upload("audio") is not None
    assert peer.settle(0) == []


def test_the_lower_id_offers_and_asks_for_sound_and_picture(make):
    peer = make(offers_first=True)
    assert told(peer.settle(0)) == [("offer", [("audio", "t0", "sendrecv"), ("video", "t1", "recvonly")])]
    assert peer.settle(0) == []
    peer.receive_answer(description(("audio", "t0", "sendrecv"), ("video", "t1", "inactive")), 0)
    assert peer.settle(0) == []
    assert (peer.sends("audio"), peer.sends("video")) == (True, False)


def test_a_client_that_does_not_offer_is_offered_to(make):
    peer = make(offers_first=False)
    assert peer.settle(FIRST_OFFER_WAIT_US - 1) == []
    assert peer.next_deadline_us() == FIRST_OFFER_WAIT_US
    assert told(peer.settle(FIRST_OFFER_WAIT_US))[0][0] == "offer"


def test_an_offer_that_is_not_answered_is_repeated_and_later_made_anew(make):
    peer = make(offers_first=True)
    first = told(peer.settle(0))
    for turn in range(1, MAX_REPEATS + 1):
        assert peer.settle(turn * REPEAT_US - 1) == []
        assert told(peer.settle(turn * REPEAT_US)) == first
    late_us = MAX_REPEATS * REPEAT_US + LATE_REPEAT_US
    assert peer.next_deadline_us() == late_us
    peer.carry_video()
    ((kind, lines),) = told(peer.settle(late_us))
    assert (kind, lines[1][0], lines[1][2]) == ("offer", "video", "sendrecv")
    assert peer.next_deadline_us() == late_us + LATE_REPEAT_US
    peer.receive_answer(description(*((each, mid, "sendrecv") for each, mid, _ in lines)), late_us)
    assert peer.downlink("video") is not None


def test_a_picture_comes_on_a_line_of_ours_where_the_client_has_none(make):
    peer = make(offers_first=False)
    peer.carry_video()
    peer.receive_offer(description(("audio", "0", "sendrecv")), 0)
    answer, offer = told(peer.settle(0))
    assert answer == ("answer", [("audio", "0", "sendrecv")])
    assert offer == ("offer", [("audio", "0", "sendrecv"), ("video", "t0", "sendonly")])


def test_a_camera_off_and_on_again_moves_the_upload_and_not_the_picture(make):
    peer = make(offers_first=False)
    peer.carry_video()
    lines = [("audio", "0", "sendrecv"), ("video", "1", "sendrecv")]
    peer.receive_offer(description(*lines), 0)
    peer.settle(0)
    lines[1] = ("video", "1", "recvonly")
    peer.receive_offer(description(*lines), 2 * CROSSING_US)
    peer.settle(2 * CROSSING_US)
    assert peer.upload("video") is None
    lines.append(("video", "2", "sendrecv"))
    peer.receive_offer(description(*lines), 4 * CROSSING_US)
    assert told(peer.settle(4 * CROSSING_US)) == [
        ("answer", [("audio", "0", "sendrecv"), ("video", "1", "sendonly"), ("video", "2", "recvonly")])
    ]
    assert peer.downlink("video").mid == "1"
    assert peer.upload("video").mid == "2"


@pytest.fixture
def crossed(make):
    """Both want to add a picture; the client's offer came while ours was on its way. When that was."""
    peer = make(offers_first=False)
    peer.receive_offer(description(("audio", "0", "sendrecv")), 0)
    peer.settle(0)
    at_us = 2 * CROSSING_US
    peer.carry_video()
    assert told(peer.settle(at_us)) == [("offer", [("audio", "0", "sendrecv"), ("video", "t0", "sendonly")])]
    peer.receive_offer(description(("audio", "0", "sendrecv"), ("video", "1", "sendrecv")), at_us)
    return peer, at_us


def test_where_offers_cross_ours_is_taken_back_and_theirs_answered(crossed):
    peer, at_us = crossed
    assert told(peer.settle(at_us)) == [("answer", [("audio", "0", "sendrecv"), ("video", "1", "sendrecv")])]
    assert peer.settle(at_us + CROSSING_US) == []


def test_a_client_that_answers_all_the_same_has_taken_its_own_back_and_is_asked_again(crossed):
    peer, at_us = crossed
    peer.settle(at_us)
    peer.receive_answer(description(("audio", "0", "sendrecv"), ("video", "t0", "recvonly")), at_us)
    assert peer.downlink("video").mid == "t0"
    lines = [("audio", "0", "sendrecv"), ("video", "t0", "sendrecv")]
    assert told(peer.settle(at_us)) == [("offer", lines)]
    peer.receive_answer(description(*lines[:1], ("video", "t0", "recvonly")), at_us)
    lines = [*lines[:1], ("video", "t0", "sendonly"), ("video", "t1", "recvonly")]
    assert told(peer.settle(at_us)) == [("offer", lines)]
    answer = [*lines[:1], ("video", "t0", "recvonly"), ("video", "t1", "sendonly")]
    peer.receive_answer(description(*answer), at_us)
    assert peer.upload("video").mid == "t1"
    assert peer.settle(at_us) == []


def test_after_an_offer_that_the_client_took_back_it_is_asked_again_though_nothing_is_missing(crossed):
    """What it receives has other names then, which it must hear of."""
    peer, at_us = crossed
    peer.settle(at_us)
    assert peer.rollbacks == 0
    peer.take("video", False)
    lines = [("audio", "0", "sendrecv"), ("video", "t0", "recvonly")]
    peer.receive_answer(description(*lines), at_us)
    assert peer.rollbacks == 1
    assert [say.type for say in peer.settle(at_us)] == ["offer"]
    peer.receive_answer(description(*lines), at_us)
    assert peer.rollbacks == 1
    assert peer.settle(at_us) == []


def test_an_answer_to_no_offer_of_ours_changes_nothing(make):
    peer = make(offers_first=True)
    peer.settle(0)
    assert peer.receive_answer(description(("audio", "0", "sendrecv")), 0) == []
    assert peer.remote is None


def test_new_ice_credentials_of_the_client_bring_new_ones_of_ours(make):
    peer = make(offers_first=False)
    peer.receive_offer(description(("audio", "0", "sendrecv")), 0)
    peer.settle(0)
    before = peer.local
    peer.receive_offer(description(("audio", "0", "sendrecv")), 1)
    assert peer.local == before
    (secured,) = peer.receive_offer(description(("audio", "0", "sendrecv"), ufrag="anew"), 2)
    assert peer.local != before
    assert (secured.local, secured.remote.ufrag, secured.fresh) == (peer.local, "anew", False)


def test_another_connection_of_the_client_begins_anew(make):
    peer = make(offers_first=False)
    peer.receive_offer(description(("audio", "0", "sendrecv"), ("video", "1", "recvonly")), 0)
    peer.settle(0)
    (secured,) = peer.receive_offer(
        description(("audio", "0", "sendrecv"), session="4712", ufrag="anew", fingerprint="CD"), 1
    )
    assert secured.fresh
    assert [line.mid for line in peer.lines] == ["0"]


@pytest.mark.parametrize(
    ("lines", "options", "code"),
    [
        ([("audio", "0", "sendrecv")], {"setup": "passive"}, "unsupported"),
        ([], {}, "unsupported"),
    ],
)
def test_what_cannot_be_agreed_on_changes_nothing(make, lines, options, code):
    peer = make(offers_first=False)
    peer.receive_offer(description(("audio", "0", "sendrecv")), 0)
    peer.settle(0)
    before = peer.lines, peer.remote, peer.local
    with pytest.raises(SdpRejected) as refused:
        peer.receive_offer(description(*lines, **options), 0)
    assert refused.value.code == code
    assert (peer.lines, peer.remote, peer.local) == before
    assert peer.settle(0) == []


def test_numbers_of_ours_do_not_collide_with_the_clients(make):
    peer = make(offers_first=False)
    peer.carry_video()
    peer.receive_offer(description(("audio", "0", "sendrecv")), 0)
    _, offer = [each for each in peer.settle(0) if isinstance(each, Say)]
    sound, picture = offer.lines
    assert picture.codec.payload_type != sound.codec.payload_type
    assert picture.extensions["urn:ietf:params:rtp-hdrext:sdes:mid"] == 7
    assert len(set(picture.extensions.values())) == len(picture.extensions)


def test_a_picture_for_a_sound_is_rejected(make):
    peer = make(offers_first=True, video=False)
    ((_, lines),) = told(peer.settle(0))
    ((_, mid, _),) = lines
    with pytest.raises(SdpRejected):
        peer.receive_answer(description(("video", mid, "sendrecv")), 0)
    assert peer.upload("audio") is None
    other = make(offers_first=False)
    other.receive_offer(description(("audio", "0", "sendrecv")), 0)
    other.settle(0)
    other.receive_offer(description(("video", "0", "sendrecv")), 2 * CROSSING_US)
    other.settle(2 * CROSSING_US)
    assert other.downlink("audio") is None


def test_only_what_was_proposed_counts_as_refused(make):
    peer = make(offers_first=True, video=False)
    ((_, lines),) = told(peer.settle(0))
    peer.carry_video()
    peer.receive_answer(description(*((kind, mid, "sendrecv") for kind, mid, _ in lines)), 0)
    for _ in range(2):
        ((_, lines),) = told(peer.settle(0))
        assert lines[-1][0] == "video"
        refused = [(kind, mid, "inactive" if kind == "video" else "sendrecv") for kind, mid, _ in lines]
        peer.receive_answer(description(*refused), 0)
    assert peer.settle(0) == []


def test_mids_are_those_that_an_answer_may_still_name(crossed):
    peer, at_us = crossed
    peer.settle(at_us)
    assert peer.mids == {"0", "1", "t0"}
    peer.receive_answer(description(("audio", "0", "sendrecv"), ("video", "t0", "recvonly")), at_us)
    assert peer.mids == {"0", "t0"}
