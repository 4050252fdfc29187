import pytest

SESSION = ["v=0", "o=- 1 2 IN IP4 127.0.0.1", "s=-", "t=0 0"]
TRANSPORT = [
    "c=IN IP4 0.0.0.0",
    "a=ice-ufrag:zsNe",
    "a=ice-pwd:1O9ljK/wIkGWBbAFwGHnzuy2",
    "a=fingerprint:sha-256 " + ":".join(["0D"] * 32),
    "a=setup:actpass",
    "a=rtcp-mux",
]
AUDIO = [
    "a=rtpmap:111 opus/48000/2",
    "a=rtcp-fb:111 transport-cc",
    "a=fmtp:111 minptime=10;useinbandfec=1",
    "a=rtpmap:63 red/48000/2",
    "a=extmap:1 urn:ietf:params:rtp-hdrext:ssrc-audio-level",
    "a=extmap:3 http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01",
    "a=extmap:4 urn:ietf:params:rtp-hdrext:sdes:mid",
]
VIDEO = [
    "a=rtpmap:98 VP9/90000",
    "a=rtpmap:96 VP8/90000",
    "a=rtcp-fb:96 goog-remb",
    "a=rtcp-fb:96 transport-cc",
    "a=rtcp-fb:96 ccm fir",
    "a=rtcp-fb:96 nack",
    "a=rtcp-fb:96 nack pli",
    "a=rtpmap:97 rtx/90000",
    "a=fmtp:97 apt=96",
    "a=extmap:3 http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01",
    "a=extmap:4 urn:ietf:params:rtp-hdrext:sdes:mid",
    "a=extmap:10 urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id",
]


def media(kind, mid, direction, *extra, port=9):
    formats, lines = ("111 63", AUDIO) if kind == "audio" else ("98 96 97", VIDEO)
    return [
        f"m={kind} {port} UDP/TLS/RTP/SAVPF {formats}",
        *TRANSPORT,
        f"a=mid:{mid}",
        f"a={direction}",
        *lines,
        *extra,
    ]


@pytest.fixture(scope="session")
def offer():
    """`offer(*m_lines)` as text; by default a microphone, a camera, a full seat and an audio-only seat."""

    def offer(*lines, bundle=None):
        chosen = lines or (
            media("audio", "0", "sendonly", "a=ssrc:1187010738 cname:k5SxDQOLPJCPahaV"),
            media("video", "1", "sendonly"),
            media("audio", "2", "recvonly"),
            media("video", "3", "recvonly"),
            media("audio", "4", "recvonly"),
        )
        mids = [line[6:] for each in chosen for line in each if line.startswith("a=mid:")]
        group = ["a=group:BUNDLE " + " ".join(mids if bundle is None else bundle)]
        return "\r\n".join([*SESSION, *group, *(line for each in chosen for line in each)]) + "\r\n"

    return offer


@pytest.fixture(scope="session")
def m_line():
    return media
