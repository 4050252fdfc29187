"""Rings and cards as they are remembered, and back."""

from __future__ import annotations

from datetime import datetime

from api.authenticator import account_of
from api.bot.cards import Card, WatchedCall
from api.bot.rings import Ringing
from api.bot.texts import language_of
from signaling.lifecycle import public_user
from store.queries.bot_messages import KeptMessage, OpenMessage
from store.tables.bot_message import CARD, RING


def kept_ring_key(ringing: Ringing, message_id: int | None) -> str:
    """The same friend may be rung into the same call again: by another message."""
    return f"{ringing.key}:{message_id}"


def kept_ring(ringing: Ringing, message_id: int) -> KeptMessage:
    return KeptMessage(
        key=kept_ring_key(ringing, message_id),
        kind=RING,
        call_id=ringing.call_id,
        language=language_of(ringing.friend.language_code),
        started_at=ringing.started_at,
        chat_id=ringing.friend.telegram_user_id,
        message_id=message_id,
        caller_id=ringing.caller.id,
        friend_id=ringing.friend.user.id,
    )


def kept_card(card: Card, at: datetime) -> KeptMessage:
    return KeptMessage(
        key=card.key,
        kind=CARD,
        call_id=card.call.call_id,
        language=card.language,
        started_at=at,
        chat_id=card.chat_id,
        message_id=card.message_id,
        inline_message_id=card.inline_message_id,
    )


def ring_of(left: OpenMessage, ring_s: float, now: datetime, now_us: int) -> Ringing | None:
    """A ring as it goes on: for the rest of its `ring_s`, or already over."""
    if left.caller is None or left.friend is None:
        return None
    age_s = max((now - left.message.started_at).total_seconds(), 0.0)
    return Ringing(
        call_id=left.message.call_id,
        caller=public_user(left.caller),
        friend=account_of(left.friend),
        started_at=left.message.started_at,
        deadline_us=now_us + round((ring_s - age_s) * 1e6),
        message_id=left.message.message_id,
    )


def card_of(left: OpenMessage, call: WatchedCall) -> Card:
    return Card(
        call,
        language_of(left.message.language),
        chat_id=left.message.chat_id,
        message_id=left.message.message_id,
        inline_message_id=left.message.inline_message_id,
    )
