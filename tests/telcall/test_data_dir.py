"""The data folder: made whole, with the permissions that the database needs, or one line."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from telcall.data_dir import make_data_dir
from telcall.errors import StartFailed


@pytest.fixture
def strict_umask() -> object:
    before = os.umask(0o077)
    yield None
    os.umask(before)


@pytest.mark.usefixtures("strict_umask")
def test_new_folders_do_not_depend_on_the_umask(tmp_path: Path) -> None:
    folder = tmp_path / "a" / "b"
    make_data_dir(folder)
    wanted = 0o711 if os.geteuid() == 0 else 0o700
    assert stat.S_IMODE(folder.stat().st_mode) == wanted


def test_existing_folders_keep_their_permissions(tmp_path: Path) -> None:
    tmp_path.chmod(0o750)
    (tmp_path / "data").mkdir(mode=0o750)
    make_data_dir(tmp_path / "data")
    assert [stat.S_IMODE(path.stat().st_mode) for path in (tmp_path, tmp_path / "data")] == [0o750, 0o750]


def test_file_in_the_way_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for folder in (tmp_path / "file", tmp_path / "file" / "below"):
        with pytest.raises(StartFailed, match=f"the data folder {folder} cannot be used .*TELCALL_DATA_DIR"):
            make_data_dir(folder)


def test_folder_of_somebody_else_is_named() -> None:
    """Nothing can be made in /proc, root or not."""
    with pytest.raises(StartFailed, match="cannot be used"):
        make_data_dir(Path("/proc/telcall"))
