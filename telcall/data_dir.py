"""The folder that everything kept goes into."""

from __future__ import annotations

import os
from pathlib import Path

from telcall.errors import StartFailed


def make_data_dir(folder: Path) -> None:
    """Makes the folder and what is missing above it; what exists keeps its permissions.

    Root's may be entered by everybody, whatever the umask: the embedded database runs as a user of its own,
    in a private folder below. Anybody else's is private altogether. Raises `StartFailed`.
    """
    is_root = os.geteuid() == 0
    missing = [path for path in (folder, *folder.parents) if not path.exists()]
    try:
        for path in reversed(missing):
            path.mkdir(exist_ok=True)
            if is_root:
                path.chmod(0o711)
            elif path == folder:
                path.chmod(0o700)
        if not folder.is_dir():
            raise NotADirectoryError(20, "not a folder")
        if not os.access(folder, os.W_OK | os.X_OK):
            raise PermissionError(13, "no permission")
    except OSError as error:
        raise StartFailed(unusable(folder, error)) from error


def unusable(folder: Path, error: OSError) -> str:
    """One line about a data folder that does not work."""
    why = (error.strerror or type(error).__name__).lower()
    return (
        f"the data folder {folder} cannot be used ({why}): choose another by TELCALL_DATA_DIR"
        " (make run DATA_DIR=...), or change its owner"
    )
