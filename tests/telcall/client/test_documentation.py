"""The example in the documentation works as it stands there."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

PAGE = Path(__file__).parents[3] / "docs" / "participant.md"


def test_example_of_the_page_runs(url: str, tmp_path: Path) -> None:
    code = PAGE.read_text().split("```python\n")[1].split("```")[0]
    assert "http://localhost:8080" in code
    done = subprocess.run(
        [sys.executable, "-c", code.replace("http://localhost:8080", url)],
        capture_output=True,
        text=True,
        timeout=90,
        cwd=tmp_path,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "p2p ['Boris']" in done.stdout
