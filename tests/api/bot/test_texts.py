"""What the bot says in each of its languages."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from pydantic import ValidationError

import api
from api.bot.texts import LANGUAGES, TEXTS, Texts, language_of

API = Path(api.__file__).parent


def slots(texts: Texts) -> dict[str, list[str]]:
    return {name: sorted(re.findall(r"{(\w+)}", text)) for name, text in texts}


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_fills_in_the_same_values(language: str) -> None:
    assert slots(TEXTS[language]) == slots(TEXTS["en"])
    assert all(text.strip() for _, text in TEXTS[language])


@pytest.mark.parametrize(
    ("tag", "language"),
    [("ru", "ru"), ("ru-RU", "ru"), ("en_GB", "en"), ("EN", "en"), ("xx", "en"), (None, "ru"), ("", "ru")],
)
def test_language_is_the_persons_where_we_speak_it(tag: str | None, language: str) -> None:
    assert language_of(tag) == language


def test_file_without_a_text_is_refused() -> None:
    texts = TEXTS["en"].model_dump()
    del texts["missed"]
    with pytest.raises(ValidationError, match="missed"):
        Texts.model_validate_json(json.dumps(texts))


def test_language_is_spoken_once_its_file_is_there(tmp_path: Path) -> None:
    for package in ("api", "signaling"):
        shutil.copytree(API.parent / package, tmp_path / package)
    texts = TEXTS["en"].model_dump() | {"missed": "Verpasster Anruf von {name}, "}
    (tmp_path / "api" / "bot" / "languages" / "de.json").write_text(json.dumps(texts))
    code = "from api.bot.texts import *; print(LANGUAGES, TEXTS[language_of('de-AT')].missed)"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, timeout=60
    )
    assert done.stdout == "('de', 'en', 'ru') Verpasster Anruf von {name}, \n", done.stderr
