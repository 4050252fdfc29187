"""What Telegram says of a person, as the store takes it."""

from __future__ import annotations

from api.init_data import TelegramUser
from store.queries.users import TelegramProfile


def profile_of(person: TelegramUser, *, with_photo: bool = True) -> TelegramProfile:
    """`with_photo`: the source tells of photos, so that none means there is none."""
    return TelegramProfile(
        telegram_user_id=person.id,
        username=person.username,
        first_name=person.first_name,
        last_name=person.last_name,
        photo_url=person.photo_url,
        language_code=person.language_code,
        username_is_known=person.username_is_valid,
        photo_is_known=with_photo,
    )
