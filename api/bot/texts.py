"""What the bot says, in the languages of the Mini App. Plain text: nothing is parsed, names need no care."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from signaling.messages import User

Language = Literal["ru", "en"]
LANGUAGES: tuple[Language, ...] = ("ru", "en")
SHOWN_NAMES = 8
MAX_NAME_CHARS = 64


@dataclass(frozen=True, slots=True)
class Texts:
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
    "ru": Texts(
        call="Вам звонит {name}",
        accept="Принять звонок",
        not_now="Не сейчас",
        not_now_said="Звонок отклонён",
        missed="Пропущенный звонок от {name}, ",
        call_back="Перезвонить",
        card="Звонок от {name}",
        join="Присоединиться к звонку",
        in_call="В звонке: {names}",
        and_more="{names} и ещё {count}",
        nobody="Пока никого нет",
        ended="Звонок от {name} завершён",
        somebody="Кто-то",
        share_hint="Нажмите, чтобы отправить приглашение",
        start=(
            "Это Tel Call: звонки с голосом и видео внутри Telegram.\n\n"
            "Откройте приложение, начните звонок и отправьте ссылку. В группе то же делает /call."
        ),
        open_app="Открыть приложение",
        help=(
            "/call: начать звонок и показать его здесь.\n"
            "В любом чате наберите имя бота, чтобы отправить приглашение.\n"
            "Когда вам звонит друг, бот пишет сюда. Язык и прочее меняются в приложении."
        ),
        gone="Этот звонок уже завершён",
        no_anonymous="Анонимно звонок не начать: отправьте /call от своего имени",
        about_start="Открыть Tel Call",
        about_help="Как это работает",
        about_call="Начать звонок",
        menu="Звонки",
    ),
    "en": Texts(
        call="{name} is calling you",
        accept="Accept",
        not_now="Not now",
        not_now_said="Call declined",
        missed="Missed call from {name}, ",
        call_back="Call back",
        card="Call from {name}",
        join="Join the call",
        in_call="In the call: {names}",
        and_more="{names} and {count} more",
        nobody="Nobody is here yet",
        ended="The call from {name} has ended",
        somebody="Somebody",
        share_hint="Tap to send an invitation",
        start=(
            "This is Tel Call: voice and video calls inside Telegram.\n\n"
            "Open the app, start a call and send its link. In a group, /call does the same."
        ),
        open_app="Open the app",
        help=(
            "/call: start a call and show it here.\n"
            "In any chat type the bot's name to send an invitation.\n"
            "When a friend calls you, the bot writes here. Language and more are set in the app."
        ),
        gone="This call has ended",
        no_anonymous="Calls are not started anonymously: send /call as yourself",
        about_start="Open Tel Call",
        about_help="How it works",
        about_call="Start a call",
        menu="Calls",
    ),
}


def language_of(tag: str | None) -> Language:
    """`ru-RU` is `ru`. Who speaks neither of our languages is answered in English, who says nothing in
    Russian."""
    primary = (tag or "ru").lower().replace("_", "-").partition("-")[0]
    return "ru" if primary == "ru" else "en"


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
