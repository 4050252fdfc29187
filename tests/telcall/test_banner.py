"""What the banner says."""

from __future__ import annotations

from dataclasses import replace

from telcall.banner import Facts, banner

FACTS = Facts(
    version="1.2.3",
    public_url="http://localhost:8080",
    listens=("127.0.0.1:8080", "[::1]:8080"),
    media=("0.0.0.0:8081",),
    advertised=("192.0.2.7", "2001:db8::7"),
    data="/var/lib/telcall",
    engine="python",
    dev_sign_in=False,
    docs=False,
    mini_app=True,
)


def test_banner_names_everything_an_operator_looks_for() -> None:
    text = banner(FACTS)
    for fact in ("http://localhost:8080", "127.0.0.1:8080", "0.0.0.0:8081", "192.0.2.7, 2001:db8::7"):
        assert fact in text
    assert "/var/lib/telcall" in text
    assert "python" in text


def test_dev_sign_in_is_said_loudly_and_only_when_on() -> None:
    assert "DEV SIGN-IN" not in banner(FACTS)
    assert "DEV SIGN-IN IS ON" in banner(replace(FACTS, dev_sign_in=True))


def test_api_is_shown_where_it_is_served() -> None:
    assert "/docs" not in banner(FACTS)
    assert "http://localhost:8080/docs" in banner(replace(FACTS, docs=True))


def test_misspelt_settings_are_shown() -> None:
    assert "TELCALL_PROT" in banner(replace(FACTS, unknown_settings=("TELCALL_PROT",)))
