"""Frames in, messages or errors out."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from signaling.config import MessageLimits, Rate, RateLimits
from signaling.messages import AnyClientMessage, Error, IceCandidate, Offer, Ping, SfuOffer
from signaling.protocol import Decoder, call_messages, nested_deeper_than, read_handshake

ENDLESS = Rate(1e12, 1e12)
UNLIMITED = RateLimits(sdp=ENDLESS, candidates=ENDLESS, other=ENDLESS, bytes=ENDLESS)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=20,
)


def decoder(
    *, v2: bool = True, rates: RateLimits = UNLIMITED, reached: list[str] | None = None, **limits: int
) -> Decoder[AnyClientMessage]:
    """`reached` collects the names of limits that were reached."""
    on_limit = reached.append if reached is not None else lambda _name: None
    return Decoder(
        call_messages(v2=v2), limits=MessageLimits(**limits), rates=rates, now_us=0, on_limit=on_limit
    )


def refusal(text: str, *, v2: bool = True, **limits: int) -> tuple[str, str]:
    error = decoder(v2=v2, **limits).receive_text(text, 0)
    assert isinstance(error, Error)
    return error.detail, error.code


# --- handshake ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("offered", "selected", "token", "v2"),
    [
        ("telcall.v2, token.abc", "telcall.v2", "abc", True),
        ("token.abc, telcall.v2", "telcall.v2", "abc", True),
        ("token, token.abc", "token", "abc", False),
        ("token.abc", "token.abc", "abc", False),
        ("chat, telcall.v2, token.abc", "chat", "abc", False),
        ("telcall.v2, token.abc, resume.xyz", "telcall.v2", "abc", True),
        ("resume.xyz, token.abc, telcall.v2", "telcall.v2", "abc", True),
        ("telcall.v2, bearer abc", "telcall.v2", "abc", True),
        ("telcall.v2", "telcall.v2", None, True),
        ("token.", "token.", None, False),
        (" , ,", None, None, False),
        (None, None, None, False),
    ],
)
def test_subprotocols(offered: str | None, selected: str | None, token: str | None, v2: bool) -> None:
    handshake = read_handshake(offered, None)
    assert (handshake.subprotocol, handshake.token, handshake.v2) == (selected, token, v2)


def test_the_authorization_header_is_the_second_choice() -> None:
    assert read_handshake(None, "Bearer abc").token == "abc"
    assert read_handshake("token.one", "Bearer two").token == "one"
    assert read_handshake(None, "Basic abc").token is None


@given(st.none() | st.text(), st.none() | st.text())
def test_any_header_can_be_read(offered: str | None, authorization: str | None) -> None:
    handshake = read_handshake(offered, authorization)
    if handshake.subprotocol is not None:
        assert offered is not None
        assert handshake.subprotocol in offered


# --- messages -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("target", [42, "42", " 42 "])
def test_numeric_strings_are_user_ids(target: object) -> None:
    message = decoder(v2=False).receive_text(
        json.dumps({"type": "offer", "to_user_id": target, "payload": 1}), 0
    )
    assert isinstance(message, Offer)
    assert message.to_user_id == 42


@pytest.mark.parametrize("target", [None, "x", "", True, 0, -1, 1.5, [], {}, 2**63, "9" * 5000])
def test_anything_else_is_not(target: object) -> None:
    text = json.dumps({"type": "offer", "to_user_id": target, "payload": 1})
    assert refusal(text, v2=False) == ("Invalid or missing to_user_id", "invalid")


def test_a_missing_target_is_told() -> None:
    assert refusal('{"type":"answer","payload":1}') == ("Invalid or missing to_user_id", "invalid")


@pytest.mark.parametrize("text", ["", "{", "nonsense", "[]", "1", '"text"', "null", "NaN", '{"a":NaN}'])
def test_what_is_no_json_object_is_invalid_json(text: str) -> None:
    assert refusal(text) == ("Invalid JSON", "invalid")


@pytest.mark.parametrize(
    "text", ["{}", '{"type":"join"}', '{"type":null}', '{"type":[]}', '{"type":{"a":1}}']
)
def test_unknown_types_are_told(text: str) -> None:
    assert refusal(text) == ("Unsupported message type", "unsupported")


def test_a_documented_client_has_no_v2_messages() -> None:
    assert refusal('{"type":"ping","t":1}', v2=False) == ("Unsupported message type", "unsupported")
    assert isinstance(decoder().receive_text('{"type":"ping","t":1}', 0), Ping)


def test_a_message_of_one_byte_too_many_is_too_large() -> None:
    text = '{"type":"ping","t":1}'
    assert isinstance(decoder(max_message_bytes=len(text)).receive_text(text, 0), Ping)
    size = len(text)
    assert refusal(text, max_message_bytes=size - 1) == (
        f"Message too large: {size} bytes (max {size - 1} bytes)",
        "message_too_large",
    )


def test_bytes_count_not_characters() -> None:
    assert refusal("я" * 10, max_message_bytes=19)[1] == "message_too_large"


def test_nothing_nests_deeper_than_sixteen() -> None:
    def nested(levels: int) -> str:
        inner = "[" * (levels - 1) + "]" * (levels - 1)
        return f'{{"type":"offer","to_user_id":1,"payload":{inner}}}'

    assert isinstance(decoder().receive_text(nested(16), 0), Offer)
    assert refusal(nested(17)) == ("Invalid JSON", "invalid")
    assert refusal("[" * 500_000)[1] == "invalid"


def test_brackets_in_strings_do_not_nest() -> None:
    payload = {"sdp": "[" * 50 + '\\"{{{'}
    text = json.dumps({"type": "offer", "to_user_id": 1, "payload": payload})
    message = decoder().receive_text(text, 0)
    assert isinstance(message, Offer)
    assert message.payload == payload


@given(JSON)
def test_depth_is_measured_rightly(value: Any) -> None:
    def depth(item: Any) -> int:
        if isinstance(item, dict):
            return 1 + max(map(depth, item.values()), default=0)
        return 1 + max(map(depth, item), default=0) if isinstance(item, list) else 0

    data = json.dumps(value, ensure_ascii=False).encode()
    assert nested_deeper_than(data, depth(value)) is False
    if depth(value):
        assert nested_deeper_than(data, depth(value) - 1) is True


@pytest.mark.parametrize("part", [b'\\"', b'"', b"[]", b'"\\', b"[\\"])
def test_depth_takes_linear_time(part: bytes) -> None:
    data = b'"' + part * 200_000
    started_s = time.perf_counter()
    nested_deeper_than(b"[" * 17 + b"]" * 17 + data, 16)
    nested_deeper_than(data, 16)
    assert time.perf_counter() - started_s < 5  # quadratic: minutes


@given(JSON.filter(lambda value: json.dumps(value).count("[") + json.dumps(value).count("{") < 15))
def test_payloads_pass_untouched(payload: Any) -> None:
    text = json.dumps({"type": "ice_candidate", "to_user_id": 7, "payload": payload}, ensure_ascii=False)
    message = decoder().receive_text(text, 0)
    if isinstance(message, Error):  # texts that are no Unicode, or candidates beyond the limits
        assert message.code in ("invalid", "invalid_sdp")
    else:
        assert isinstance(message, IceCandidate)
        assert message.payload == payload


def test_an_error_names_the_message_it_is_about() -> None:
    error = decoder().receive_text('{"type":"offer","id":"a1","payload":1}', 0)
    assert isinstance(error, Error)
    assert error.ref == "a1"


def test_a_session_description_beyond_limits_is_refused() -> None:
    sdp = "m=audio 9 RTP/AVP 0\r\n" * 200
    relayed = {"type": "offer", "to_user_id": 1, "payload": {"type": "offer", "sdp": sdp}}
    ours = {
        "type": "sfu_offer",
        "offer_id": 1,
        "payload": {"type": "offer", "sdp": sdp},
        "tracks": {},
        "seats": [],
    }
    for message in (relayed, ours):
        assert refusal(json.dumps(message))[1] == "invalid_sdp"


def test_an_sfu_offer_is_read_whole() -> None:
    text = json.dumps(
        {
            "type": "sfu_offer",
            "offer_id": 3,
            "payload": {"type": "offer", "sdp": "v=0\r\n"},
            "tracks": {"0": "microphone", "1": "camera"},
            "seats": [{"seat": 0, "audio_mid": "2", "video_mid": "3"}, {"seat": 1, "audio_mid": "4"}],
        }
    )
    message = decoder().receive_text(text, 0)
    assert isinstance(message, SfuOffer)
    assert message.tracks == {"0": "microphone", "1": "camera"}
    assert message.seats[1].video_mid is None


def test_binary_frames_are_errors() -> None:
    assert decoder().receive_binary(b"\0\1", 0) == Error(detail="Invalid JSON", code="invalid")


# --- limits ---------------------------------------------------------------------------------------------


def test_bytes_are_counted_before_parsing() -> None:
    slow = decoder(rates=RateLimits(bytes=Rate(0, 1_000), frame_cost_bytes=1, other=ENDLESS))
    assert isinstance(slow.receive_text("[" * 900, 0), Error)
    error = slow.receive_text('{"type":"ping","t":1}' + " " * 100, 0)
    assert isinstance(error, Error)
    assert error.code == "rate_limited"


def test_a_flood_of_each_kind_meets_its_own_limit() -> None:
    rates = RateLimits(sdp=Rate(0, 2), candidates=Rate(0, 3), other=Rate(0, 4), bytes=ENDLESS)
    flooded = decoder(rates=rates)

    def accepted(text: str) -> int:
        results = [flooded.receive_text(text, 0) for _ in range(10)]
        return sum(not (isinstance(r, Error) and r.code == "rate_limited") for r in results)

    assert accepted('{"type":"offer","to_user_id":1,"payload":1}') == 2
    assert accepted('{"type":"ice_candidate","to_user_id":1,"payload":1}') == 3
    assert accepted('{"type":"ping","t":1}') == 4
    assert accepted("garbage") == 0


# --- hostile input --------------------------------------------------------------------------------------


@given(st.text(alphabet=st.characters()), st.booleans())
def test_any_text_gives_a_message_or_an_error(text: str, v2: bool) -> None:
    decoder(v2=v2).receive_text(text, 0).model_dump_json()


@settings(max_examples=300)
@given(
    st.fixed_dictionaries(
        {
            "type": st.sampled_from(
                [
                    "offer",
                    "answer",
                    "ice_candidate",
                    "sfu_offer",
                    "seats_wanted",
                    "media_state",
                    "p2p_state",
                    "ping",
                    "leave",
                ]
            )
            | JSON
        },
        optional=dict.fromkeys(
            (
                "id",
                "to_user_id",
                "payload",
                "offer_id",
                "tracks",
                "seats",
                "visible",
                "pinned",
                "audio_only",
                "audio",
                "video",
                "screen",
                "user_id",
                "state",
                "t",
            ),
            JSON,
        ),
    ),
    st.booleans(),
)
def test_any_object_gives_a_message_or_an_error(value: dict[str, Any], v2: bool) -> None:
    result = decoder(v2=v2).receive_text(json.dumps(value), 0)
    json.loads(result.model_dump_json(), parse_constant=pytest.fail)


@given(st.binary(max_size=200))
def test_any_bytes_give_an_error(data: bytes) -> None:
    assert isinstance(decoder().receive_binary(data, 0), Error)


@pytest.mark.parametrize(
    ("text", "limit", "code"),
    [
        ('"' + "x" * 2_000 + '"', "max_websocket_message_size", "message_too_large"),
        ("[" * 17, "json_depth", "invalid"),
        ('{"type":"offer","to_user_id":1,"payload":{"sdp":"%s"}}' % ("x" * 600), "sdp_bytes", "invalid_sdp"),
        ('{"type":"offer","to_user_id":1,"payload":{"sdp":"%s"}}' % ("x" * 101), "sdp_line", "invalid_sdp"),
        (
            '{"type":"answer","to_user_id":1,"payload":{"sdp":"%s"}}' % ("m=a\\n" * 4),
            "sdp_mlines",
            "invalid_sdp",
        ),
        (
            '{"type":"sfu_offer","offer_id":1,"tracks":{},"seats":[],"payload":{"type":"offer","sdp":"%s"}}'
            % ("a=candidate:1\\n" * 3),
            "sdp_candidates",
            "invalid_sdp",
        ),
    ],
)
def test_every_bound_of_a_message_has_a_name_and_a_code(text: str, limit: str, code: str) -> None:
    reached: list[str] = []
    bounds = {"sdp_bytes": 500, "sdp_line_bytes": 100, "sdp_mlines": 3, "sdp_candidates": 2}
    error = decoder(reached=reached, max_message_bytes=1_000, **bounds).receive_text(text, 0)
    assert isinstance(error, Error)
    assert (reached, error.code) == ([limit], code)


@pytest.mark.parametrize(
    ("text", "limit"),
    [
        ('{"type":"offer"}', "ws_sdp"),
        ('{"type":"answer"}', "ws_sdp"),
        ('{"type":"sfu_offer"}', "ws_sdp"),
        ('{"type":"ice_candidate"}', "ws_candidate"),
        ('{"type":"ping"}', "ws_other"),
        ("no JSON", "ws_other"),
        ("x" * 200, "ws_bytes"),
    ],
)
def test_every_bucket_has_a_name(text: str, limit: str) -> None:
    reached: list[str] = []
    none = Rate(0, 0)
    rates = RateLimits(sdp=none, candidates=none, other=none, bytes=Rate(0, 150), violations=2)
    limited = decoder(rates=rates, reached=reached)
    error = limited.receive_text(text, 0)
    assert isinstance(error, Error)
    assert (reached, error.code) == ([limit], "rate_limited")
    assert not limited.violation(0)
    assert limited.violation(0)
    assert reached == [limit, "ws_violations"]
