"""The examples in the documentation work as they stand there."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

DOCS = Path(__file__).parents[3] / "docs"
PAGE = DOCS / "participant.md"
REST = DOCS / "rest.md"


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


def test_session_of_the_rest_page_runs_in_a_shell(url: str, tmp_path: Path) -> None:
    commands = REST.read_text().split("```sh\n")[1].split("```")[0]
    assert "URL=http://localhost:8080\n" in commands
    done = subprocess.run(
        ["sh", "-eu", "-c", commands.replace("http://localhost:8080", url)],
        capture_output=True,
        text=True,
        timeout=30,
        cwd=tmp_path,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    call, by_code, me, history, ended = [json.loads(line) for line in done.stdout.splitlines()]
    assert (call["title"], call["status"]) == ("Tea", "active")
    assert by_code == call
    assert (me["first_name"], me["language_code"]) == ("Anna", "en")
    assert set(history) == {"calls", "next_cursor"}
    assert (ended["call_id"], ended["status"]) == (call["call_id"], "ended")
