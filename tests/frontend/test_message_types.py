"""The Mini App's message types are those of the server's models."""

import os
import subprocess
import sys
from pathlib import Path

from tests.frontend.node import node

ROOT = Path(__file__).parents[2]


def test_the_generated_types_are_those_of_the_models():
    checked = subprocess.run(
        [node(), "scripts/generate-types.mjs", "--check"],
        cwd=ROOT / "frontend",
        env=os.environ | {"PYTHON": sys.executable},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert checked.returncode == 0, checked.stderr
