"""The wheel: nothing is missing in it, and without the built frontend there is none."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from store.migrations.newest import newest_revision

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


def migrated_by(wheel: Path, database_url: str) -> str:
    """What `telcall db upgrade` says, run from the wheel alone."""
    unpacked = wheel.parent / "unpacked"
    zipfile.ZipFile(wheel).extractall(unpacked)
    code = f"import store; assert store.__file__.startswith({str(unpacked)!r})"
    code += "\nfrom telcall.cli import app; app()"
    done = subprocess.run(
        [sys.executable, "-c", code, "db", "upgrade"],
        cwd=unpacked,
        env=os.environ | {"PYTHONPATH": str(unpacked), "DATABASE_URL": database_url},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_wheel_holds_every_module_and_the_frontend(source: Path, empty_database_url: str) -> None:
    web = source / "telcall" / "web"
    (web / "assets").mkdir(parents=True)
    (web / "index.html").write_text("<!doctype html>")
    for form in ("", ".br", ".gz"):
        (web / "assets" / f"app-1a2b.js{form}").write_text("export {}")
    done = build(source)
    assert done.returncode == 0, done.stdout + done.stderr
    [wheel] = (source / "dist").glob("telcall-*.whl")
    names = set(zipfile.ZipFile(wheel).namelist())
    assert {f"telcall/web/assets/app-1a2b.js{form}" for form in ("", ".br", ".gz")} <= names
    assert {"telcall/web/index.html", "api/bot/languages/en.json", "api/bot/languages/ru.json"} <= names
    modules = {
        str(path.relative_to(source)) for package in PACKAGES for path in (source / package).rglob("*.py")
    }
    assert modules <= names
    assert migrated_by(wheel, empty_database_url) == f"{newest_revision()} (newest)"
    assert not [name for name in names if name.startswith(("tests/", "benchmarks/", "frontend/"))]


def test_wheel_without_the_frontend_is_refused(source: Path) -> None:
    done = build(source)
    assert done.returncode != 0
    assert "telcall/web/ is missing" in done.stdout + done.stderr
    assert not list(source.glob("dist/*.whl"))
