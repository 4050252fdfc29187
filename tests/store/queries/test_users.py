"""People: Telegram's word is the truth at every sign-in."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from store.database import Database
from store.queries.tokens import purge_revoked_tokens, revoke_token
from store.queries.users import TelegramProfile, choose_language, find_token_holder, upsert_telegram_user


async def test_second_sign_in_renews_and_clears(database: Database) -> None:
    full = TelegramProfile(7, "anna_k", "Anna", "K", "https://t.me/i/a.jpg", "ru")
    async with database.transaction() as session:
        first = await upsert_telegram_user(session, full)
    async with database.transaction() as session:
        second = await upsert_telegram_user(
            session, TelegramProfile(7, first_name="anna", language_code="en")
        )
    assert second.id == first.id
    assert (second.username, second.first_name, second.last_name, second.photo_url) == (
        None,
        "anna",
        None,
        None,
    )
    assert second.language_code == "en"


async def test_chosen_language_stays(database: Database) -> None:
    async with database.transaction() as session:
        user = await upsert_telegram_user(session, TelegramProfile(7, language_code="ru"))
        await choose_language(session, user.id, "en")
    async with database.transaction() as session:
        assert (
            await upsert_telegram_user(session, TelegramProfile(7, language_code="ru"))
        ).language_code == "en"


async def test_language_that_is_chosen_no_longer_follows_telegrams_again(database: Database) -> None:
    async with database.transaction() as session:
        user = await upsert_telegram_user(session, TelegramProfile(7, language_code="ru"))
        await choose_language(session, user.id, "en")
        left = await choose_language(session, user.id, None)
        assert left is not None
        assert left.language_code == "en"
    async with database.transaction() as session:
        again = await upsert_telegram_user(session, TelegramProfile(7, language_code="de"))
    assert again.language_code == "de"


async def test_revoked_token_is_known_until_it_expires(database: Database) -> None:
    now = datetime(2026, 1, 1, tzinfo=UTC)
    async with database.transaction() as session:
        user = await upsert_telegram_user(session, TelegramProfile(7))
        for _ in range(2):
            await revoke_token(session, jti="j", user_id=user.id, expires_at=now)
        holder = await find_token_holder(session, user.id, "j")
        assert holder is not None
        assert holder[1] is True
        assert (await find_token_holder(session, user.id, "other"))[1] is False  # type: ignore[index]
        assert await find_token_holder(session, user.id + 1, "j") is None
        await purge_revoked_tokens(session, now + timedelta(seconds=1))
        assert (await find_token_holder(session, user.id, "j"))[1] is False  # type: ignore[index]
