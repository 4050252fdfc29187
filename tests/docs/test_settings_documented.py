"""Every setting is in the operator's documentation, and no text names one that there is not."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from telcall.settings import OUR_PREFIX, Settings, alias_of

ROOT = Path(__file__).parents[2]
SETTINGS = {alias_of(info) for info in Settings.model_fields.values()}
NO_SETTINGS = {"TELCALL_TOKEN", "TELCALL_DEV_SERVER"}
"""Of commands of their own: `telcall join` and `check`, `make dev`."""
TEXTS = [
    *sorted((ROOT / "docs").glob("*.md")),
    *sorted(ROOT.glob("*.md")),
    *(ROOT / "infra" / name for name in (".env.example", "docker-compose.yml", "Dockerfile")),
    ROOT / ".env.example",
]


def names_in(text: str) -> set[str]:
    return set(re.findall(r"\b[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)*\b", text))


@pytest.mark.parametrize("setting", sorted(SETTINGS))
def test_operators_read_of_every_setting(setting: str) -> None:
    assert setting in names_in((ROOT / "docs" / "operators.md").read_text())


@pytest.mark.parametrize("text", TEXTS, ids=lambda path: path.name)
def test_every_setting_named_is_one(text: Path) -> None:
    ours = {name for name in names_in(text.read_text()) if name.startswith(OUR_PREFIX)}
    assert ours - NO_SETTINGS <= SETTINGS
