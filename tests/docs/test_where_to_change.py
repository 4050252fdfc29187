"""docs/where-to-change: what it names is there, and both languages name the same."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from telcall.cli import app
from telcall.settings import Settings, alias_of

ROOT = Path(__file__).parents[2]
DOCS = [ROOT / "docs" / name for name in ("where-to-change.md", "where-to-change.ru.md")]
SETTINGS = {alias_of(info) for info in Settings.model_fields.values()}
NEW_FILES = {"frontend/src/i18n/de.json", "api/bot/languages/de.json"}
"""What a reader would make."""
EXAMPLES = {
    *("_one", "_other", 'import de from "./de.json"', "de"),
    *("--color-mint: #45d483", "bg-mint", "text-mint", ".env"),
}


def named(document: Path) -> list[str]:
    return re.findall(r"`([^`]+)`", document.read_text())


def paths(document: Path) -> list[str]:
    return [name for name in named(document) if "/" in name and " " not in name] + [".env.example"]


def test_both_languages_name_the_same_in_the_same_order() -> None:
    english, russian = map(named, DOCS)
    assert english == russian
    headings = [len(re.findall(r"^#+ ", document.read_text(), re.MULTILINE)) for document in DOCS]
    assert headings[0] == headings[1]


@pytest.mark.parametrize("document", DOCS, ids=lambda document: document.name)
def test_everything_named_is_there(document: Path) -> None:
    files = [ROOT / path for path in paths(document) if path not in NEW_FILES]
    missing = [str(file) for file in files if not file.exists()]
    assert missing == []
    sources = "\n".join(file.read_text() for file in files if file.is_file())
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    commands = {command.callback.__name__ for command in app.registered_commands if command.callback}
    for name in named(document):
        first, _, rest = name.partition(" ")
        if name in EXAMPLES or "/" in name or name in SETTINGS:
            continue
        if first == "make":
            assert rest in targets, name
        elif first == "telcall":
            assert rest in commands, name
        else:
            assert not name.startswith("TELCALL_"), f"{name} is no setting"
            assert re.search(rf"(?<![\w-]){re.escape(name.removesuffix('*'))}", sources), name


@pytest.mark.parametrize("document", DOCS, ids=lambda document: document.name)
def test_every_link_leads_somewhere(document: Path) -> None:
    for target in re.findall(r"\]\(([^)]+)\)", document.read_text()):
        name, _, anchor = target.partition("#")
        text = (document.parent / name).read_text()
        headings = [
            re.sub(r"[^\w -]", "", heading).strip().lower().replace(" ", "-")
            for heading in re.findall(r"^#+ (.+)$", text, re.MULTILINE)
        ]
        assert not anchor or anchor in headings, target


@pytest.mark.parametrize("path", sorted(NEW_FILES))
def test_example_of_a_language_is_still_to_be_made(path: str) -> None:
    file = ROOT / path
    assert file.parent.is_dir()
    assert not file.exists()
