"""What packages are told follows from the settings."""

from __future__ import annotations

from dataclasses import replace
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from api.http_server import HttpLimits
from signaling.config import MessageLimits, Rate, RateLimits, SignalingConfig
from telcall.configs import (
    api_config,
    http_limits,
    sfu_config,
    signaling_config,
    store_config,
    webhook_config,
)
from telcall.settings import Settings

KEY = "k" * 32


def settings(**values: Any) -> Settings:
    return Settings.model_validate(values)


@pytest.mark.parametrize(
    ("values", "mode"),
    [
        ({}, "loopback"),
        ({"TELCALL_HOST": "0.0.0.0"}, "off"),
        ({"BOT_TOKEN": "123456:ABCdef"}, "off"),
        ({"TELCALL_DEV_SIGN_IN": "off"}, "off"),
        ({"TELCALL_DEV_SIGN_IN": "on"}, "always"),
    ],
)
def test_dev_sign_in_is_for_this_machine_unless_asked_for(values: dict[str, str], mode: str) -> None:
    assert api_config(settings(**values), KEY, None).dev_sign_in == mode


@pytest.mark.parametrize(
    ("values", "served"),
    [
        ({}, True),
        ({"TELCALL_DOCS": "false"}, False),
        ({"TELCALL_HOST": "0.0.0.0"}, False),
        ({"TELCALL_HOST": "0.0.0.0", "TELCALL_DEV_SIGN_IN": "on"}, False),
        ({"TELCALL_DEV_SIGN_IN": "off"}, False),
        ({"BOT_TOKEN": "123456:ABCdef"}, False),
        ({"BOT_TOKEN": "123456:ABCdef", "TELCALL_DOCS": "true"}, True),
    ],
)
def test_docs_are_served_on_ones_own_machine_or_when_asked_for(values: dict[str, str], served: bool) -> None:
    assert api_config(settings(**values), KEY, None).docs is served


def test_api_is_told_in_its_own_units() -> None:
    config = api_config(
        settings(
            ACCESS_TOKEN_EXPIRE_MINUTES="10",
            TELCALL_PUBLIC_URL="https://call.example.com/",
            TELCALL_TRUSTED_PROXIES="10.0.0.0/8,2001:db8::/32",
            BOT_USERNAME="@some_bot",
            DEBUG="true",
        ),
        KEY,
        Path("/web"),
    )
    assert config.access_token_ttl_s == 600
    assert config.public_url == "https://call.example.com"
    assert config.trusted_proxies == (ip_network("10.0.0.0/8"), ip_network("2001:db8::/32"))
    assert config.bot_username == "some_bot"
    assert config.allow_localhost_origins
    assert config.web_root == Path("/web")


def test_http_is_bounded_by_documented_defaults_that_can_be_set() -> None:
    assert http_limits(settings()) == HttpLimits()
    assert api_config(settings(), KEY, None).body_read_s == HttpLimits().header_read_s
    given = settings(
        TELCALL_HTTP_HEADER_BYTES="2000",
        TELCALL_HTTP_HEADER_FIELDS="20",
        TELCALL_HTTP_READ_S="1.5",
        TELCALL_HTTP_KEEP_ALIVE_S="6",
        TELCALL_HTTP_PER_ADDRESS="7",
    )
    assert http_limits(given) == HttpLimits(2_000, 20, 1.5, 6.0, 7)
    assert api_config(given, KEY, None).body_read_s == 1.5


def test_signaling_is_told_in_its_own_units() -> None:
    config = signaling_config(
        settings(
            MAX_PARTICIPANTS_PER_CALL="7",
            MAX_CALL_DURATION_HOURS="0.5",
            CALL_TTL_HOURS="2",
            MAX_WEBSOCKET_MESSAGE_SIZE="65536",
            TURN_SERVERS="turn:turn.example.com",
            TURN_SECRET="secret",
        )
    )
    assert (config.max_participants, config.max_call_duration_s, config.call_ttl_s) == (7, 1800, 7200)
    assert config.messages.max_message_bytes == 65_536
    assert config.rates.sdp.burst == 28
    assert (config.ice.turn_servers, config.ice.turn_secret) == (("turn:turn.example.com",), "secret")


def test_limits_of_signaling_are_documented_defaults_and_can_be_set() -> None:
    usual = signaling_config(settings())
    assert usual == replace(SignalingConfig(), ice=usual.ice)
    config = signaling_config(
        settings(
            TELCALL_WS_SDP="3/7",
            TELCALL_WS_CANDIDATE="0.5/8",
            TELCALL_WS_OTHER="4/9",
            TELCALL_WS_CHAT="2/3",
            TELCALL_RESUME_WINDOW_S="4.5",
            TELCALL_LOBBY="5",
            TELCALL_CHECKS="3",
            TELCALL_CHECK_PER_USER="30",
            TELCALL_CHECK_CONNECT_S="1.5",
            TELCALL_CHECK_ECHO_S="2.5",
            TELCALL_LOBBY_WAIT_S="6.5",
            TELCALL_WS_BYTES="1000/20000",
            TELCALL_WS_VIOLATIONS="5",
            TELCALL_JSON_DEPTH="6",
            TELCALL_SDP_BYTES="5000",
            TELCALL_SDP_MLINES="7",
            TELCALL_SDP_CANDIDATES="8",
            TELCALL_SDP_LINE="300",
            TELCALL_WS_QUEUE="17",
            TELCALL_WS_QUEUE_BYTES="70000",
            TELCALL_WS_PER_USER="2",
            TELCALL_WS_PER_ADDRESS="3",
            TELCALL_WS_OPEN_PER_USER="6",
            TELCALL_WS_OPEN_PER_ADDRESS="12",
            TELCALL_P2P_TIMEOUT_S="1.5",
            TELCALL_BACK_TO_P2P_S="2.5",
            TELCALL_DEPARTED_GRACE_S="3.5",
            MAX_ACTIVE_CALLS_PER_USER="9",
        )
    )
    assert config.rates == RateLimits(
        sdp=Rate(3, 7),
        candidates=Rate(0.5, 8),
        chat=Rate(2, 3),
        other=Rate(4, 9),
        bytes=Rate(1_000, 20_000),
        violations=5,
    )
    assert config.messages == MessageLimits(
        json_depth=6, sdp_bytes=5_000, sdp_mlines=7, sdp_candidates=8, sdp_line_bytes=300
    )
    assert (config.send_queue_messages, config.send_queue_bytes) == (17, 70_000)
    assert (config.connections_per_user, config.connections_per_address) == (2, 3)
    assert (config.opens_per_user, config.failed_opens_per_address) == (Rate(0.1, 6), Rate(0.2, 12))
    assert (config.p2p_timeout_s, config.back_to_p2p_s, config.departed_grace_s) == (1.5, 2.5, 3.5)
    assert (config.resume_window_s, config.lobby_places, config.lobby_wait_s) == (4.5, 5, 6.5)
    assert (config.checks_at_once, config.checks_per_user) == (3, Rate(0.5, 30))
    assert (config.check_connect_s, config.check_echo_s) == (1.5, 2.5)
    assert config.max_active_calls == 9


@pytest.mark.parametrize("value", ["2", "/5", "2/", "2/0", "-1/5", "1e3/5", "2/5/6", "two/five"])
def test_a_bucket_is_a_rate_and_a_burst(value: str) -> None:
    with pytest.raises(ValidationError, match="TELCALL_WS_SDP"):
        Settings.model_validate({"TELCALL_WS_SDP": value})


def test_sfu_names_loopback_only_to_clients_of_this_machine() -> None:
    assert sfu_config(settings(TELCALL_PORT="9000")).media_port == 9001
    assert sfu_config(settings()).offer_loopback
    assert not sfu_config(settings(TELCALL_HOST="0.0.0.0,::")).offer_loopback


def test_webhooks_are_sent_where_there_is_a_url() -> None:
    assert webhook_config(settings(), "1") is None
    assert webhook_config(settings(TELCALL_WEBHOOK_SECRET="k" * 32), "1") is None
    config = webhook_config(
        settings(
            TELCALL_WEBHOOK_URL="https://example.com/hook",
            TELCALL_WEBHOOK_SECRET="k" * 32,
            TELCALL_WEBHOOK_QUEUE="7",
        ),
        "1",
    )
    assert config is not None
    assert (config.url, config.secret, config.user_agent) == (
        "https://example.com/hook",
        "k" * 32,
        "telcall/1",
    )
    assert config.limits.max_events == 7
    assert "kkk" not in repr(config)


def test_operator_has_a_token_and_a_limit() -> None:
    config = api_config(settings(TELCALL_ADMIN_TOKEN="k" * 32, TELCALL_RATE_ADMIN="3"), "s" * 32, None)
    assert (config.admin_token, config.rates.admin_failures_per_minute) == ("k" * 32, 3)


def test_store_gets_the_url_it_is_given() -> None:
    config = store_config(settings(TELCALL_DB_POOL="3"), "postgresql://db/telcall")
    assert (config.url, config.pool_size) == ("postgresql://db/telcall", 3)
