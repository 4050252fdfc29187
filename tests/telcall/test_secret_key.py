"""The kept key: made once, private, the same afterwards."""

from __future__ import annotations

import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from telcall.errors import StartFailed
from telcall.secret_key import kept_secret_key


def test_key_is_made_once_and_only_its_owner_reads_it(tmp_path: Path) -> None:
    key = kept_secret_key(tmp_path / "data")
    assert len(key.encode()) >= 32
    assert kept_secret_key(tmp_path / "data") == key
    file = tmp_path / "data" / "secret-key"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert [path.name for path in file.parent.iterdir()] == ["secret-key"]


def test_every_folder_has_its_own_key(tmp_path: Path) -> None:
    assert kept_secret_key(tmp_path / "a") != kept_secret_key(tmp_path / "b")


def test_starts_at_the_same_moment_agree_on_one_key(tmp_path: Path) -> None:
    with ThreadPoolExecutor(2) as pool:
        for turn in range(20):
            folder = tmp_path / str(turn)
            assert len(set(pool.map(kept_secret_key, [folder, folder]))) == 1


def test_damaged_key_stops_the_start(tmp_path: Path) -> None:
    (tmp_path / "secret-key").write_text("short\n")
    with pytest.raises(StartFailed, match="is damaged"):
        kept_secret_key(tmp_path)


def test_folder_that_cannot_be_used_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StartFailed, match="choose another by TELCALL_DATA_DIR"):
        kept_secret_key(tmp_path / "file")
