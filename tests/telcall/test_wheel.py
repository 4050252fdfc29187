"""The wheel: nothing is missing in it, and without the built frontend there is none."""

from __future__ import annotations

import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = ("telcall", "api", "signaling", "store", "sfu")


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """What a wheel is built from, without a frontend."""
    copy = tmp_path / "source"
    copy.mkdir()
    for name in ("pyproject.toml", "setup.py", "MANIFEST.in", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, copy)
    for package in PACKAGES:
        shutil.copytree(ROOT / package, copy / package, ignore=shutil.ignore_patterns("__pycache__", "web"))
    return copy


def build(source: Path) -> subprocess.CompletedProcess[str]:
    code = "from setuptools.build_meta import build_wheel; build_wheel('dist')"
    return subprocess.run(
        [sys.executable, "-c", code], cwd=source, capture_output=True, text=True, timeout=120
    )


def test_wheel_holds_every_module_and_the_frontend(source: Path) -> None:
    web = source / "telcall" / "web"
    (web / "assets").mkdir(parents=True)
    (web / "index.html").write_text("<!doctype html>")
    (web / "assets" / "app-1a2b.js").write_text("export {}")
    done = build(source)
    assert done.returncode == 0, done.stdout + done.stderr
    [wheel] = (source / "dist").glob("telcall-*.whl")
    names = set(zipfile.ZipFile(wheel).namelist())
    assert {"telcall/web/index.html", "telcall/web/assets/app-1a2b.js"} <= names
    modules = {
        str(path.relative_to(source)) for package in PACKAGES for path in (source / package).rglob("*.py")
    }
    assert modules <= names
    assert not [name for name in names if name.startswith(("tests/", "benchmarks/", "frontend/"))]


def test_wheel_without_the_frontend_is_refused(source: Path) -> None:
    done = build(source)
    assert done.returncode != 0
    assert "telcall/web/ is missing" in done.stdout + done.stderr
    assert not list(source.glob("dist/*.whl"))
