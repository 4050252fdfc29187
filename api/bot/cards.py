"""Cards of calls in chats: each shows whose call it is and who is in it, and ends with the call.

A state machine without I/O. `post` writes a card for the first time, `edit` brings it up to date; both return
at once and may be held back, so they take what is true when they go out.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from api.bot.texts import Language, card_text
from signaling.messages import User
from signaling.room_state import CallEvent

MAX_CARDS = 10_000
MAX_CALLS_WATCHED = 10_000
MAX_CARDS_OF_CALL = 50


@dataclass(slots=True)
class WatchedCall:
    """`creator` and `title` are the call's; `people` are in it now, in the order of joining."""

    call_id: str
    creator: User
    title: str | None
    people: dict[int, User] = field(default_factory=dict)
    is_over: bool = False
    cards: list[Card] = field(default_factory=list)


@dataclass(slots=True, eq=False)
class Card:
    """Where a card stands: `chat_id` with `message_id`, or `inline_message_id` if it was sent inline.

    `thread_id`: the topic of a forum. A card that has not been written yet has neither message id. `shown`:
    the text that was written last.
    """

    call: WatchedCall
    language: Language
    chat_id: int | None = None
    thread_id: int | None = None
    message_id: int | None = None
    inline_message_id: str | None = None
    shown: str = ""

    @property
    def key(self) -> str:
        return f"card:{self.chat_id}:{self.message_id}:{self.inline_message_id}"

    @property
    def lane(self) -> str:
        """In which what is said there keeps its order."""
        return f"inline:{self.inline_message_id}" if self.chat_id is None else f"chat:{self.chat_id}"

    @property
    def is_written(self) -> bool:
        return self.message_id is not None or self.inline_message_id is not None

    @property
    def text(self) -> str:
        return card_text(self.call.creator, self.call.title, list(self.call.people.values()), self.language)


class Cards:
    """Bounded: beyond `MAX_CARDS` the cards of the oldest call stay as they are."""

    def __init__(self, post: Callable[[Card], None], edit: Callable[[Card], None]) -> None:
        self._post, self._edit = post, edit
        self._calls: OrderedDict[str, WatchedCall] = OrderedDict()
        self._cards = 0

    def __len__(self) -> int:
        return self._cards

    def watch(self, call_id: str, creator: User, title: str | None, people: Iterable[User]) -> WatchedCall:
        """`people`: who is in the call now, as far as it is not being watched already."""
        call = self._calls.get(call_id)
        if call is None:
            call = WatchedCall(call_id, creator, title, {person.id: person for person in people})
            self._calls[call_id] = call
            if len(self._calls) > MAX_CALLS_WATCHED:
                self._drop_oldest()
        return call

    def add(self, card: Card) -> bool:
        """A card of a call that is being watched; one that is written already is brought up to date.

        False when the call has too many.
        """
        if len(card.call.cards) >= MAX_CARDS_OF_CALL:
            return False
        card.call.cards.append(card)
        self._cards += 1
        (self._edit if card.is_written else self._post)(card)
        while self._cards > MAX_CARDS:
            self._drop_oldest()
        return True

    def written(self, card: Card, message_id: int) -> None:
        """It stands in its chat. What has changed since it was made has yet to be shown."""
        card.message_id = message_id
        if card.call.is_over or card.text != card.shown:
            self._edit(card)

    def not_written(self, card: Card) -> None:
        """The bot may not write there."""
        if card in card.call.cards:
            card.call.cards.remove(card)
            if self._calls.get(card.call.call_id) is card.call:  # else it is not counted any more
                self._cards -= 1

    def happened(self, event: CallEvent) -> None:
        """Somebody has come to a call, or gone."""
        call = self._calls.get(event.call_id)
        if call is None:
            return None
        if event.kind == "participant.joined" and event.user is not None:
            call.people[event.user.id] = event.user
        elif event.kind == "participant.left" and event.user is not None:
            call.people.pop(event.user.id, None)
        elif event.kind == "call.ended":
            call.people.clear()
            if event.reason == "ended":
                return self.call_over(event.call_id)
        else:
            return None
        return self._edit_all(call)

    def call_over(self, call_id: str) -> None:
        """The call has ended for good."""
        if (call := self._calls.pop(call_id, None)) is not None:
            call.is_over = True
            self._cards -= len(call.cards)
            self._edit_all(call)

    def _edit_all(self, call: WatchedCall) -> None:
        for card in call.cards:
            if card.is_written:
                self._edit(card)

    def _drop_oldest(self) -> None:
        _, call = self._calls.popitem(last=False)
        self._cards -= len(call.cards)
