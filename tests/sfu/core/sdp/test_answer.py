import pytest
from aiortc import sdp as aiortc_sdp

from sfu.core.sdp import extensions
from sfu.core.sdp.agreed import Rejected
from sfu.core.sdp.answer import SeatLines, SeatMedia, Upload, agree
from sfu.core.sdp.parse import parse
from sfu.core.sdp.write import LocalTransport, StreamName, write_answer
from sfu.errors import SdpRejected

TRACKS = {"0": "microphone", "1": "camera"}
SEATS = [SeatLines(0, "2", "3"), SeatLines(1, "4", None)]
LOCAL = LocalTransport(
    "serverfrag",
    "server-password-of-24ch",
    ("sha-256", "AB:CD"),
    [("192.0.2.7", 8081), ("2001:db8::7", 8081)],
)
NAMES = {
    "2": StreamName(1_001, "cname-0", "stream-0", "audio-0"),
    "3": StreamName(1_002, "cname-0", "stream-0", "video-0"),
    "4": StreamName(1_003, "cname-1", "stream-1", "audio-1"),
}


def written(text, tracks=TRACKS, seats=SEATS):
    agreement = agree(parse(text), tracks, seats)
    return write_answer(agreement, LOCAL, NAMES, session_id=7, version=1)


def test_an_upload_is_agreed_with_opus_and_vp8_as_the_offer_numbers_them(offer):
    microphone, camera = agree(parse(offer()), TRACKS, SEATS).uploads
    assert (microphone.codec.name, microphone.codec.payload_type) == ("opus", 111)
    assert microphone.codec.parameters == "minptime=10;useinbandfec=1"
    assert microphone.ssrc == 1_187_010_738
    assert (camera.codec.name, camera.codec.payload_type, camera.ssrc) == ("vp8", 96, None)
    assert camera.codec.feedback == ("transport-cc", "ccm fir", "nack", "nack pli")
    assert camera.extensions[extensions.TRANSPORT_CC] == 3


def test_seats_are_agreed_with_what_subscribers_need(offer):
    seats = agree(parse(offer()), TRACKS, SEATS).seat_media
    assert [(media.mid, media.kind, media.seat) for media in seats] == [
        ("2", "audio", 0),
        ("3", "video", 0),
        ("4", "audio", 1),
    ]
    assert all(extensions.TRANSPORT_CC not in media.extensions for media in seats)


def test_the_answer_is_what_aiortc_understands(offer):
    answer = aiortc_sdp.SessionDescription.parse(written(offer()))
    assert [media.direction for media in answer.media] == [
        "recvonly",
        "recvonly",
        "sendonly",
        "sendonly",
        "sendonly",
    ]
    assert answer.group[0].items == ["0", "1", "2", "3", "4"]
    for media in answer.media:
        assert media.ice.iceLite
        assert media.dtls.role == "server"
        assert media.rtcp_mux or media.rtcp_port is None
        assert [(each.ip, each.port) for each in media.ice_candidates] == [
            ("192.0.2.7", 8081),
            ("2001:db8::7", 8081),
        ]
    audio, video = answer.media[2], answer.media[3]
    assert [each.ssrc for each in audio.ssrc + video.ssrc] == [1_001, 1_002]
    assert audio.msid == "stream-0 audio-0"
    assert video.msid == "stream-0 video-0"
    assert audio.ssrc[0].cname == video.ssrc[0].cname == "cname-0"


def test_of_simulcast_the_last_rid_is_received(offer, m_line):
    rids = ("a=rid:q send", "a=rid:h send", "a=rid:f send", "a=simulcast:send q;h;f")
    text = offer(m_line("video", "0", "sendonly", *rids))
    answer = written(text, {"0": "camera"}, [])
    assert "a=rid:f recv\r\n" in answer
    assert "a=simulcast:recv f\r\n" in answer
    assert "a=rid:q" not in answer


def test_what_is_not_known_is_rejected_with_port_zero(offer, m_line):
    text = offer(
        m_line("audio", "0", "sendonly"),
        [
            "m=application 9 UDP/DTLS/SCTP webrtc-datachannel",
            *m_line("audio", "1", "sendrecv")[1:7],
            "a=mid:1",
        ],
        m_line("video", "2", "recvonly"),
        m_line("video", "3", "inactive"),
    )
    agreement = agree(parse(text), {"0": "microphone"}, [])
    assert [type(media) for media in agreement.media] == [Upload, Rejected, Rejected, Rejected]
    answer = written(text, {"0": "microphone"}, [])
    assert [line.split()[1] for line in answer.splitlines() if line.startswith("m=")] == ["9", "0", "0", "0"]
    assert "a=group:BUNDLE 0\r\n" in answer


def test_a_line_that_is_not_bundled_is_rejected(offer):
    agreement = agree(parse(offer(bundle=["0", "2", "3", "4"])), TRACKS, SEATS)
    assert isinstance(agreement.media[1], Rejected)


def test_an_offer_without_our_codecs_is_unsupported(offer):
    text = offer().replace("opus", "pcmu").replace("VP8", "H264")
    with pytest.raises(SdpRejected) as refused:
        agree(parse(text), TRACKS, SEATS)
    assert refused.value.code == "unsupported"


def test_who_insists_on_being_passive_is_unsupported(offer):
    with pytest.raises(SdpRejected) as refused:
        agree(parse(offer().replace("setup:actpass", "setup:passive")), TRACKS, SEATS)
    assert refused.value.code == "unsupported"


@pytest.mark.parametrize(
    ("tracks", "seats"),
    [
        ({"9": "microphone"}, []),
        ({"1": "microphone"}, []),
        ({"0": "camera"}, []),
        ({"2": "microphone"}, SEATS),
        ({}, [SeatLines(0, "9", None)]),
        ({}, [SeatLines(0, "3", None)]),
        ({}, [SeatLines(0, "2", "4")]),
        ({}, [SeatLines(0, "2", None), SeatLines(1, "2", None)]),
        ({}, [SeatLines(0, "2", None), SeatLines(0, "4", None)]),
    ],
)
def test_tracks_and_seats_that_contradict_the_offer_are_invalid(offer, tracks, seats):
    with pytest.raises(SdpRejected) as refused:
        agree(parse(offer()), tracks, seats)
    assert refused.value.code == "invalid_sdp"


@pytest.mark.parametrize("gone", ["a=ice-ufrag", "a=ice-pwd", "a=fingerprint"])
def test_an_offer_without_a_transport_is_invalid(offer, gone):
    text = "".join(line for line in offer().splitlines(keepends=True) if not line.startswith(gone))
    with pytest.raises(SdpRejected) as refused:
        agree(parse(text), TRACKS, SEATS)
    assert refused.value.code == "invalid_sdp"


def test_a_seat_keeps_nothing_of_the_senders_congestion_control(offer):
    seat_lines = written(offer()).split("m=")[3:]
    assert all("transport-cc" not in lines for lines in seat_lines)
    assert isinstance(agree(parse(offer()), TRACKS, SEATS).media[2], SeatMedia)
