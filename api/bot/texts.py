"""What the bot says: a language is a file in `languages/`. Plain text: nothing is parsed, names are safe."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from signaling.messages import User

Language = str
"""Of those that there is a file of, as `ru`."""
DEFAULT: Language = "en"
SHOWN_NAMES = 8
MAX_NAME_CHARS = 64


class Texts(BaseModel):
    """What a language's file holds: all of it, and nothing else. Braces are filled in."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    call: str
    accept: str
    not_now: str
    not_now_said: str
    missed: str
    call_back: str
    card: str
    join: str
    in_call: str
    and_more: str
    nobody: str
    ended: str
    somebody: str
    share_hint: str
    start: str
    open_app: str
    help: str
    gone: str
    no_anonymous: str
    about_start: str
    about_help: str
    about_call: str
    menu: str


TEXTS: Mapping[Language, Texts] = {
    file.stem: Texts.model_validate_json(file.read_bytes())
    for file in sorted((Path(__file__).parent / "languages").glob("*.json"))
}
LANGUAGES: Sequence[Language] = tuple(TEXTS)


def language_of(tag: str | None) -> Language:
    """`ru-RU` is `ru`. Who speaks none of our languages is answered in English, who says nothing in
    Russian."""
    primary = (tag or "ru").lower().replace("_", "-").partition("-")[0]
    return primary if primary in TEXTS else DEFAULT


def name_of(person: User, language: Language) -> str:
    parts = (person.first_name, person.last_name)
    name = " ".join(part for part in parts if part) or person.username or TEXTS[language].somebody
    return name if len(name) <= MAX_NAME_CHARS else name[: MAX_NAME_CHARS - 1] + "…"


def card_text(creator: User, title: str | None, people: Sequence[User], language: Language) -> str:
    """A call for everybody in a chat: whose it is, and who is in it."""
    texts = TEXTS[language]
    lines = [texts.card.format(name=name_of(creator, language))]
    if title:
        lines.insert(0, title)
    names = ", ".join(name_of(person, language) for person in people[:SHOWN_NAMES])
    if len(people) > SHOWN_NAMES:
        names = texts.and_more.format(names=names, count=len(people) - SHOWN_NAMES)
    lines.append(texts.in_call.format(names=names) if people else texts.nobody)
    return "\n".join(lines)
