"""What the bot writes, as methods of the Bot API (core.telegram.org/bots/api)."""

from __future__ import annotations

from datetime import UTC
from typing import Any

from aiogram.methods import EditMessageText, SavePreparedInlineMessage, SendMessage, TelegramMethod
from aiogram.types import (
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    InlineQueryResultArticle,
    InputTextMessageContent,
    LinkPreviewOptions,
    MessageEntity,
)

from api.bot.cards import Card
from api.bot.links import Links
from api.bot.rings import Ringing
from api.bot.texts import TEXTS, Language, card_text, language_of, name_of
from signaling.lifecycle import CallRecord

DECLINE = "no:"
"""Begins the data of the button that declines a call; the call's id follows."""
INLINE_CALL = "call_"
"""Begins an inline query for one call, and the id of its result."""
NO_PREVIEW = LinkPreviewOptions(is_disabled=True)
DATE_AND_TIME = "dt"


class Written:
    """Writes in each reader's language. `links`: where buttons lead."""

    def __init__(self, links: Links) -> None:
        self._links = links

    # --- rings --------------------------------------------------------------------------------------------

    def ring(self, ringing: Ringing) -> TelegramMethod[Any]:
        """The message of a ring, or the change of it to what has come of it."""
        language = language_of(ringing.friend.language_code)
        text, entities, keyboard = self._ring(ringing, language)
        if ringing.message_id is None:
            return SendMessage(
                chat_id=ringing.friend.telegram_user_id,
                text=text,
                entities=entities,
                reply_markup=keyboard,
                link_preview_options=NO_PREVIEW,
            )
        return EditMessageText(
            chat_id=ringing.friend.telegram_user_id,
            message_id=ringing.message_id,
            text=text,
            entities=entities,
            reply_markup=keyboard,
            link_preview_options=NO_PREVIEW,
        )

    def _ring(
        self, ringing: Ringing, language: Language
    ) -> tuple[str, list[MessageEntity] | None, InlineKeyboardMarkup]:
        texts, name = TEXTS[language], name_of(ringing.caller, language)
        if ringing.outcome is None:
            accept = _button(texts.accept, self._links.join(ringing.call_id))
            decline = InlineKeyboardButton(text=texts.not_now, callback_data=DECLINE + ringing.call_id)
            return texts.call.format(name=name), None, _keyboard([accept], [decline])
        if ringing.outcome == "answered":
            join = _button(texts.join, self._links.join(ringing.call_id))
            return texts.card.format(name=name), None, _keyboard([join])
        begin = texts.missed.format(name=name)
        at = ringing.started_at.astimezone(UTC)
        shown = at.strftime("%d.%m.%Y %H:%M UTC")
        # Telegram shows it in the reader's own time zone and form.
        time = MessageEntity(
            type="date_time",
            offset=_utf16_units(begin),
            length=_utf16_units(shown),
            unix_time=int(at.timestamp()),
            date_time_format=DATE_AND_TIME,
        )
        call_back = _button(texts.call_back, self._links.call_back(ringing.caller.id))
        return begin + shown, [time], _keyboard([call_back])

    # --- cards ----------------------------------------------------------------------------------------------

    def card(self, card: Card) -> TelegramMethod[Any]:
        """The card as it has to look now: written, or changed."""
        keyboard = None
        if card.call.is_over:
            text = TEXTS[card.language].ended.format(name=name_of(card.call.creator, card.language))
        else:
            text, keyboard = card.text, self.join_keyboard(card.call.call_id, card.language)
        card.shown = text
        if not card.is_written:
            assert card.chat_id is not None
            return SendMessage(
                chat_id=card.chat_id,
                message_thread_id=card.thread_id,
                text=text,
                reply_markup=keyboard,
                link_preview_options=NO_PREVIEW,
            )
        return EditMessageText(
            chat_id=card.chat_id if card.inline_message_id is None else None,
            message_id=card.message_id,
            inline_message_id=card.inline_message_id,
            text=text,
            reply_markup=keyboard,
            link_preview_options=NO_PREVIEW,
        )

    def join_keyboard(self, call_id: str, language: Language) -> InlineKeyboardMarkup:
        return _keyboard([_button(TEXTS[language].join, self._links.join(call_id))])

    # --- sharing --------------------------------------------------------------------------------------------

    def article(self, call: CallRecord, language: Language) -> InlineQueryResultArticle:
        """A call as a message that somebody sends in any chat."""
        texts = TEXTS[language]
        title = call.title or texts.card.format(name=name_of(call.creator, language))
        return InlineQueryResultArticle(
            id=INLINE_CALL + call.call_id,
            title=title,
            description=texts.share_hint,
            input_message_content=InputTextMessageContent(
                message_text=_invitation(call, language), link_preview_options=NO_PREVIEW
            ),
            reply_markup=self.join_keyboard(call.call_id, language),
        )

    def prepared(
        self, call: CallRecord, telegram_user_id: int, language: Language
    ) -> SavePreparedInlineMessage:
        return SavePreparedInlineMessage(
            user_id=telegram_user_id,
            result=self.article(call, language),
            allow_user_chats=True,
            allow_group_chats=True,
            allow_channel_chats=True,
        )

    # --- answers to commands --------------------------------------------------------------------------------

    def start(self, chat_id: int, language: Language) -> SendMessage:
        texts = TEXTS[language]
        return SendMessage(
            chat_id=chat_id,
            text=texts.start,
            reply_markup=_keyboard([_button(texts.open_app, self._links.app())]),
            link_preview_options=NO_PREVIEW,
        )

    def invitation(self, chat_id: int, call: CallRecord, language: Language) -> SendMessage:
        return SendMessage(
            chat_id=chat_id,
            text=_invitation(call, language),
            reply_markup=self.join_keyboard(call.call_id, language),
            link_preview_options=NO_PREVIEW,
        )


def plain(chat_id: int, text: str, thread_id: int | None = None) -> SendMessage:
    return SendMessage(
        chat_id=chat_id, message_thread_id=thread_id, text=text, link_preview_options=NO_PREVIEW
    )


def _invitation(call: CallRecord, language: Language) -> str:
    return card_text(call.creator, call.title, (), language).rpartition("\n")[0]


def _button(text: str, url: str) -> InlineKeyboardButton:
    return InlineKeyboardButton(text=text, url=url)


def _keyboard(*rows: list[InlineKeyboardButton]) -> InlineKeyboardMarkup:
    return InlineKeyboardMarkup(inline_keyboard=list(rows))


def _utf16_units(text: str) -> int:
    """Telegram counts so."""
    return len(text.encode("utf-16-le")) // 2
