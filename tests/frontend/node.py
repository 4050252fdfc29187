"""Node, which `make` has put beside Python."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path


def node() -> str:
    beside = Path(sys.prefix) / "bin" / "node"
    found = str(beside) if beside.exists() else shutil.which("node")
    assert found, "Node is missing: run make test, which sets it up"
    return found
