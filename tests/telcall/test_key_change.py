"""SECRET_KEY is changed as docs/operators.md says it."""

from __future__ import annotations

import signal
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.error import HTTPError

import pytest

if TYPE_CHECKING:
    from tests.telcall.conftest import Serving

NEW_KEY = "a new key with at least thirty-two bytes"


def test_people_stay_signed_in_while_the_old_key_is_named(
    serve: Callable[..., Serving], data_dir: Path
) -> None:
    first = serve()
    first.wait_ready()
    by_old_key, _ = first.sign_in("Anna")
    assert first.end(signal.SIGTERM) == 0
    old_key = (data_dir / "secret-key").read_text().strip()

    second = serve(SECRET_KEY=NEW_KEY, TELCALL_OLD_SECRET_KEYS=old_key)
    second.wait_ready()
    assert second.get("/api/me", by_old_key)["first_name"] == "Anna"
    by_new_key, _ = second.sign_in("Anna")
    assert second.end(signal.SIGTERM) == 0

    third = serve(SECRET_KEY=NEW_KEY)
    third.wait_ready()
    assert third.get("/api/me", by_new_key)["first_name"] == "Anna"
    with pytest.raises(HTTPError, match="401"):
        third.get("/api/me", by_old_key)
