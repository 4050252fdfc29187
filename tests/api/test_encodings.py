"""RFC 9110 §12.5.3, for the two codings that we have."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.encodings import OFFERED, liked_encodings


@pytest.mark.parametrize(
    ("header", "liked"),
    [
        ("", ()),
        ("gzip, deflate, br, zstd", ("br", "gzip")),
        ("gzip", ("gzip",)),
        ("BR", ("br",)),
        ("x-gzip", ("gzip",)),
        ("br;q=0", ()),
        ("gzip, br;q=0.000", ("gzip",)),
        ("br;q=0.5, gzip;q=0.8", ("gzip", "br")),
        ("br; q=1.0 , gzip ;q=1", ("br", "gzip")),
        ("*", ("br", "gzip")),
        ("*;q=0.5, br;q=0", ("gzip",)),
        ("*, identity;q=0.5", ("br", "gzip")),
        ("identity, br;q=0.9, gzip;q=0.9", ()),
        ("identity;q=0, gzip;q=0.1", ("gzip",)),
        ("gzip;q=2, br;q=x, zebra", ()),
        ("gzip-or-not, broken", ()),
    ],
)
def test_what_is_liked_best_comes_first(header: str, liked: tuple[str, ...]) -> None:
    assert liked_encodings(header) == liked


@given(st.text(alphabet="brgzip*;q=,. 015identity\t"))
def test_only_what_is_offered_is_sent(header: str) -> None:
    assert set(liked_encodings(header)) <= set(OFFERED)


@given(st.text(alphabet="gzip*;q=,. 015identity\t"))  # no `br`, which might take back what is said of it
def test_nothing_is_sent_that_is_refused(header: str) -> None:
    assert "br" not in liked_encodings(f"br;q=0, {header}")
