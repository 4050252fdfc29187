"""What packages are told follows from the settings."""

from __future__ import annotations

from ipaddress import ip_network
from pathlib import Path
from typing import Any

import pytest

from telcall.configs import api_config, sfu_config, signaling_config, store_config
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


def test_sfu_names_loopback_only_to_clients_of_this_machine() -> None:
    assert sfu_config(settings(TELCALL_PORT="9000")).media_port == 9001
    assert sfu_config(settings()).offer_loopback
    assert not sfu_config(settings(TELCALL_HOST="0.0.0.0,::")).offer_loopback


def test_store_gets_the_url_it_is_given() -> None:
    config = store_config(settings(TELCALL_DB_POOL="3"), "postgresql://db/telcall")
    assert (config.url, config.pool_size) == ("postgresql://db/telcall", 3)
