"""The Mini App's message types are those of the server's models."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_the_generated_types_are_those_of_the_models():
    node = Path(sys.prefix) / "bin" / "node"
    command = str(node) if node.exists() else shutil.which("node")
    assert command, "Node is missing: run make test, which sets it up"
    checked = subprocess.run(
        [command, "scripts/generate-types.mjs", "--check"],
        cwd=ROOT / "frontend",
        env=os.environ | {"PYTHON": sys.executable},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert checked.returncode == 0, checked.stderr
