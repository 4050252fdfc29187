"""The key that signs tokens when none is given: made once, kept in the data folder."""

from __future__ import annotations

import os
import secrets
import tempfile
from pathlib import Path

from telcall.settings_checks import MIN_SECRET_KEY_BYTES

FILE = "secret-key"


class SecretKeyFailed(Exception):
    """The kept key cannot be read or made. The message is one line that says what to do."""


def kept_secret_key(data_dir: Path) -> str:
    """The key of this data folder, made if there is none. Only its owner may read the file.

    Raises `SecretKeyFailed`.
    """
    path = data_dir / FILE
    try:
        data_dir.mkdir(parents=True, exist_ok=True, mode=0o711 if os.geteuid() == 0 else 0o700)
        key = _read(path) or _make(path)
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "not text"
        raise SecretKeyFailed(
            f"the data folder {data_dir} cannot be used ({path}: {why}):"
            " choose another by TELCALL_DATA_DIR, or change its owner"
        ) from error
    if len(key.encode()) < MIN_SECRET_KEY_BYTES:
        raise SecretKeyFailed(f"{path} is damaged: remove it (everybody signs in again), or set SECRET_KEY")
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
