"""A language is a file of texts and its registration, as docs/where-to-change.md says: done in a copy."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.frontend.node import node

FRONTEND = Path(__file__).parents[2] / "frontend"
CONFIGURATION = ("package.json", "precompress.ts", "tsconfig.json", "vite.config.ts")
REGISTER = "src/i18n/languages.ts"


@pytest.fixture
def frontend(tmp_path: Path) -> Path:
    """A copy of the page's sources, with the packages of the original."""
    copy = tmp_path / "frontend"
    shutil.copytree(FRONTEND / "src", copy / "src", ignore=shutil.ignore_patterns("*.test.ts*"))
    shutil.copy(FRONTEND / "src/i18n/i18n.test.ts", copy / "src/i18n")
    for name in CONFIGURATION:
        shutil.copy(FRONTEND / name, copy)
    (copy / "node_modules").symlink_to(FRONTEND / "node_modules")
    shutil.copy(Path(__file__).with_name("new_language.test.tsx"), copy / "src")
    return copy


def add_german(frontend: Path) -> None:
    texts = json.loads((frontend / "src/i18n/en.json").read_text())
    texts["settings"]["title"] = "Einstellungen"
    (frontend / "src/i18n/de.json").write_text(json.dumps(texts))
    register = (frontend / REGISTER).read_text()
    assert "{ ru, en }" in register
    register = register.replace("{ ru, en }", "{ ru, en, de }")
    (frontend / REGISTER).write_text(f'import de from "./de.json";\n{register}')


def run(frontend: Path, *command: str) -> str:
    program, *rest = command
    done = subprocess.run(
        [node(), frontend / "node_modules" / program, *rest],
        cwd=frontend,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    return done.stdout


def test_german_is_offered_by_one_file_and_its_registration(frontend: Path) -> None:
    add_german(frontend)
    run(frontend, "typescript/bin/tsc", "--noEmit")
    told = run(frontend, "vitest/vitest.mjs", "run", "--reporter=verbose")
    assert "the texts in de" in told
    assert "the settings offer it, and speak it once it is chosen" in told


def test_language_that_lacks_a_text_is_refused(frontend: Path) -> None:
    add_german(frontend)
    texts = json.loads((frontend / "src/i18n/de.json").read_text())
    del texts["settings"]["title"]
    (frontend / "src/i18n/de.json").write_text(json.dumps(texts))
    with pytest.raises(AssertionError, match=r"the texts in de.*have the keys of the English ones"):
        run(frontend, "vitest/vitest.mjs", "run", "src/i18n", "--reporter=verbose")
