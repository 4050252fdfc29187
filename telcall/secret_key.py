"""The key that signs tokens when none is given: made once, kept in the data folder."""

from __future__ import annotations

import os
import secrets
import tempfile
from pathlib import Path

from telcall.data_dir import make_data_dir, unusable
from telcall.errors import StartFailed
from telcall.settings_checks import MIN_SECRET_KEY_BYTES

FILE = "secret-key"


def kept_secret_key(data_dir: Path) -> str:
    """The key of this data folder, made if there is none. Only its owner may read the file.

    Raises `StartFailed`.
    """
    path = data_dir / FILE
    make_data_dir(data_dir)
    try:
        key = _read(path) or _make(path)
    except OSError as error:
        raise StartFailed(unusable(data_dir, error)) from error
    except UnicodeDecodeError:
        key = ""
    if len(key.encode()) < MIN_SECRET_KEY_BYTES:
        raise StartFailed(f"{path} is damaged: remove it (everybody signs in again), or set SECRET_KEY")
    return key


def _read(path: Path) -> str | None:
    try:
        return path.read_text().strip()
    except FileNotFoundError:
        return None


def _make(path: Path) -> str:
    """Written beside and linked into place: whole or not at all, and the first of two processes wins."""
    key = secrets.token_hex(MIN_SECRET_KEY_BYTES)
    descriptor, beside = tempfile.mkstemp(prefix=f"{FILE}.", dir=path.parent)  # 0600
    try:
        with os.fdopen(descriptor, "w") as file:
            file.write(key + "\n")
            file.flush()
            os.fsync(file.fileno())
        try:
            path.hardlink_to(beside)
        except FileExistsError:
            return path.read_text().strip()
    finally:
        Path(beside).unlink()
    return key
