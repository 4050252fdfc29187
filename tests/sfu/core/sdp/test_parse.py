import contextlib

import pytest
from aiortc import sdp as aiortc_sdp
from hypothesis import given
from hypothesis import strategies as st

from sfu.core.sdp.parse import (
    MAX_BYTES,
    MAX_CANDIDATES,
    MAX_LINE_BYTES,
    MAX_MEDIA,
    MAX_WILDCARDS,
    parse,
)
from sfu.errors import SdpRejected


def test_an_offer_is_read_as_aiortc_reads_it(offer):
    text = offer()
    ours, theirs = parse(text), aiortc_sdp.SessionDescription.parse(text)
    assert ours.bundle == theirs.group[0].items
    for mine, other in zip(ours.media, theirs.media, strict=True):
        assert (mine.kind, mine.mid, mine.direction) == (other.kind, other.rtp.muxId, other.direction)
        assert (mine.ufrag, mine.password) == (other.ice.usernameFragment, other.ice.password)
        assert mine.fingerprints == [(each.algorithm, each.value) for each in other.dtls.fingerprints]
        assert {(codec.payload_type, codec.clock_rate) for codec in mine.codecs.values()} == {
            (codec.payloadType, codec.clockRate) for codec in other.rtp.codecs
        }
        assert mine.extensions == {each.uri: each.id for each in other.rtp.headerExtensions}
        assert mine.ssrcs == [each.ssrc for each in other.ssrc]


def test_simulcast_rids_keep_the_senders_order(offer, m_line):
    lines = m_line("video", "0", "sendonly", "a=rid:q send", "a=rid:f send", "a=simulcast:send q;~f")
    [media] = parse(offer(lines)).media
    assert media.send_rids == media.simulcast_send == ["q", "f"]


def test_attributes_of_the_session_hold_for_its_media(offer):
    lines = ["m=audio 9 UDP/TLS/RTP/SAVPF 111", "a=mid:0", "a=rtpmap:111 opus/48000/2"]
    text = offer(lines).replace("t=0 0\r\n", "t=0 0\r\na=ice-ufrag:abcd\r\na=setup:active\r\n")
    [media] = parse(text).media
    assert (media.ufrag, media.setup) == ("abcd", "active")


@pytest.mark.parametrize("mid", ["../../0", "a b", "", "x" * 33, "<script>", "0\u0000", "é"])
def test_hostile_mids_are_rejected(offer, mid):
    with pytest.raises(SdpRejected) as refused:
        parse(offer().replace("a=mid:1\r\n", f"a=mid:{mid}\r\n"))
    assert refused.value.code == "invalid_sdp"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("v=0", "v=1"),
        ("a=mid:1", "a=mid:0"),
        ("m=audio 9 ", "m=audio 65536 "),
        ("m=audio 9 ", "m=audio nine "),
        ("UDP/TLS/RTP/SAVPF 111 63", "UDP/TLS/RTP/SAVPF 128"),
        ("opus/48000/2", "opus/48000000000000"),
        ("sha-256 0D:", "sha-256 XY:"),
        ("zsNe", "z"),
        ("1O9ljK", "1\r\n2"),
        ("a=extmap:1 ", "a=extmap:one "),
        ("s=-", "s=" + "-" * MAX_LINE_BYTES),
        ("t=0 0", "not a line"),
        ("cname:k5SxDQOLPJCPahaV", "cname:\x07"),
        ("a=ssrc:1187010738", "a=ssrc:99999999999"),
        ("a=ssrc:1187010738", "a=ssrc:\u0661"),
    ],
)
def test_what_breaks_the_format_is_rejected(offer, old, new):
    text = offer()
    assert old in text
    with pytest.raises(SdpRejected) as refused:
        parse(text.replace(old, new))
    assert refused.value.code == "invalid_sdp"


def test_size_m_lines_and_candidates_are_bounded(offer, m_line):
    parse(offer(*([*m_line("audio", str(mid), "recvonly")[:1], f"a=mid:{mid}"] for mid in range(MAX_MEDIA))))
    candidate = "a=candidate:1 1 udp 1 192.0.2.1 5000 typ host"
    parse(offer(m_line("audio", "0", "sendonly", *[candidate] * MAX_CANDIDATES)))
    for text in (
        offer(
            *([*m_line("audio", str(mid), "recvonly")[:1], f"a=mid:{mid}"] for mid in range(MAX_MEDIA + 1))
        ),
        offer(m_line("audio", "0", "sendonly", *[candidate] * (MAX_CANDIDATES + 1))),
        offer() + "a=x\r\n" * (MAX_BYTES // 5),
        "",
    ):
        with pytest.raises(SdpRejected):
            parse(text)


def test_candidates_repeated_in_each_m_line_are_fine(offer, m_line):
    candidate = "a=candidate:1 1 udp 1 192.0.2.1 5000 typ host"
    lines = [m_line("audio", str(mid), "recvonly", *[candidate] * 30) for mid in range(10)]
    assert len(parse(offer(*lines)).media) == 10


@given(st.text(max_size=400))
def test_any_text_is_read_or_rejected(text):
    with contextlib.suppress(SdpRejected):
        parse(text)


@pytest.mark.fuzz
@given(data=st.data())
def test_an_offer_with_any_damage_is_read_or_rejected(offer, data):
    text = offer()
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, min(start + 60, len(text))))
    damaged = text[:start] + data.draw(st.text(max_size=40)) + text[end:]
    with contextlib.suppress(SdpRejected):
        parse(damaged)


def test_feedback_for_all_payload_types_is_bounded(offer, m_line):
    many = ["a=rtcp-fb:* nack"] * (MAX_WILDCARDS + 1)
    parse(offer(m_line("video", "0", "sendonly", *many[1:])))
    with pytest.raises(SdpRejected) as refused:
        parse(offer(m_line("video", "0", "sendonly", *many)))
    assert refused.value.code == "invalid_sdp"
