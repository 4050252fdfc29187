"""Cards of calls: who is in, and the end."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from api.bot import cards as module
from api.bot.cards import Card, Cards, WatchedCall
from api.bot.texts import SHOWN_NAMES, card_text, language_of, name_of
from signaling.messages import User
from signaling.room_state import CallEvent, EventKind

AT = datetime(2026, 11, 24, 12, tzinfo=UTC)
ANNA = User(id=1, first_name="Анна", last_name="Кац")
BORIS = User(id=2, first_name="Борис")


class Shown:
    """What was written: texts, in order."""

    def __init__(self) -> None:
        self.texts: list[str] = []
        self.cards = Cards(self._show, self._show)

    def _show(self, card: Card) -> None:
        card.shown = card.text
        self.texts.append("over" if card.call.is_over else card.text)

    def card(self, call_id: str = "call") -> Card:
        card = Card(self.cards.watch(call_id, ANNA, None, ()), "ru", chat_id=-5)
        assert self.cards.add(card)
        return card

    def happen(self, kind: EventKind, user: User | None = None, **more: Any) -> None:
        self.cards.happened(CallEvent(kind, "call", AT, user, **more))


def test_card_shows_who_comes_and_goes_and_ends_with_the_call() -> None:
    shown = Shown()
    shown.cards.written(shown.card(), 1)
    shown.happen("call.started")
    shown.happen("participant.joined", ANNA)
    shown.happen("participant.joined", BORIS)
    shown.happen("participant.left", ANNA)
    shown.happen("participant.left", BORIS)
    shown.happen("call.ended", reason="empty")
    shown.happen("participant.joined", BORIS)  # a call that fell empty goes on
    shown.happen("call.ended", reason="ended")
    nobody = "Звонок от Анна Кац\nПока никого нет"
    assert shown.texts == [
        nobody,
        "Звонок от Анна Кац\nВ звонке: Анна Кац",
        "Звонок от Анна Кац\nВ звонке: Анна Кац, Борис",
        "Звонок от Анна Кац\nВ звонке: Борис",
        nobody,
        nobody,
        "Звонок от Анна Кац\nВ звонке: Борис",
        "over",
    ]
    assert len(shown.cards) == 0


def test_what_happens_while_a_card_is_being_written_is_shown_after() -> None:
    shown = Shown()
    card = shown.card()
    shown.happen("participant.joined", BORIS)
    assert len(shown.texts) == 1
    shown.cards.written(card, 1)
    assert shown.texts[1:] == ["Звонок от Анна Кац\nВ звонке: Борис"]


def test_a_call_that_is_over_before_its_card_stands_ends_on_it() -> None:
    shown = Shown()
    card = shown.card()
    shown.cards.call_over("call")
    shown.cards.written(card, 1)
    assert shown.texts[-1] == "over"


def test_other_calls_change_nothing() -> None:
    shown = Shown()
    shown.cards.written(shown.card("other"), 1)
    shown.happen("participant.joined", ANNA)
    shown.cards.call_over("call")
    assert len(shown.texts) == 1


def test_where_the_bot_may_not_write_there_is_no_card() -> None:
    shown = Shown()
    shown.cards.not_written(shown.card())
    assert len(shown.cards) == 0


def test_cards_are_bounded() -> None:
    shown = Shown()
    call = shown.cards.watch("call", ANNA, None, ())
    made = [shown.cards.add(Card(call, "ru", chat_id=-5)) for _ in range(module.MAX_CARDS_OF_CALL + 1)]
    assert made.count(False) == 1
    calls = [WatchedCall(f"call {number}", ANNA, None) for number in range(300)]
    for each in calls:
        watched = shown.cards.watch(each.call_id, ANNA, None, ())
        for _ in range(module.MAX_CARDS_OF_CALL):
            shown.cards.add(Card(watched, "ru", chat_id=-5))
    assert len(shown.cards) <= module.MAX_CARDS


def test_long_lists_of_people_are_cut() -> None:
    people = [User(id=number, first_name=f"P{number}") for number in range(SHOWN_NAMES + 3)]
    text = card_text(ANNA, "Планёрка", people, "en")
    assert text.startswith("Планёрка\nCall from Анна Кац\nIn the call: P0, P1")
    assert text.endswith("P7 and 3 more")


def test_names_and_languages() -> None:
    assert name_of(User(id=1, username="anna_k"), "ru") == "anna_k"
    assert name_of(User(id=1), "ru") == "Кто-то"
    assert len(name_of(User(id=1, first_name="я" * 255), "ru")) == 64
    told = [language_of(tag) for tag in ("ru-RU", "RU", None, "", "en", "de", "ru_RU")]
    assert told == ["ru", "ru", "ru", "ru", "en", "en", "ru"]


def test_card_that_cannot_be_brought_to_its_end_is_counted_once() -> None:
    shown = Shown()
    card, other = shown.card(), shown.card("other")
    shown.cards.written(card, 1)
    shown.cards.written(other, 2)
    shown.cards.call_over("call")
    shown.cards.not_written(card)  # somebody has deleted it
    assert len(shown.cards) == 1
    shown.cards.not_written(other)
    assert len(shown.cards) == 0
