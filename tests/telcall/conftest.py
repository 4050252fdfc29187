"""Folders that the embedded database's account may enter (pytest's own are closed to all but root)."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest


@pytest.fixture
def data_dir() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="telcall-test-", dir="/tmp") as name:
        Path(name).chmod(0o711)
        yield Path(name) / "data"
