"""One use of every query, on a filled database."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncSession

import store.queries
from benchmarks.store.population import POPULAR, Population
from store.queries.active_calls import active_call_ids
from store.queries.bot_messages import KeptMessage, forget_bot_messages, keep_bot_message, open_bot_messages
from store.queries.call_ratings import Rating, find_attendance, write_ratings
from store.queries.call_stats import (
    Measures,
    add_call_stats,
    count_reports,
    list_call_stats,
    summarize_call,
    took_part,
)
from store.queries.calls import (
    create_call,
    end_call,
    end_calls_over_limit,
    expire_due_calls,
    find_call,
    next_expiry,
    over_among,
    purge_calls,
)
from store.queries.friend_links import link_friends
from store.queries.friends import (
    block,
    delete_friends,
    find_friend,
    list_blocked,
    list_friends,
    set_favourite,
    unblock,
)
from store.queries.history import list_own_calls
from store.queries.participants import Stay, add_participants, close_open_sessions, mark_seen, write_stays
from store.queries.privacy import erase_person, export_person
from store.queries.tokens import purge_revoked_tokens, revoke_token
from store.queries.users import (
    TelegramProfile,
    choose_language,
    find_token_holder,
    upsert_telegram_user,
)

_ALL_MESSAGES = frozenset({"bot_messages"})

Use = Callable[[AsyncSession], Awaitable[object]]


@dataclass(frozen=True, slots=True)
class Case:
    """`query` is a function of `store.queries`, `use` calls it. `may_read_whole`: tables it is right to."""

    name: str
    query: Callable[..., object]
    use: Use
    may_read_whole: frozenset[str] = frozenset()


def cases(population: Population, now: datetime | None = None) -> list[Case]:
    """Each names rows that are there."""
    at = now or datetime.now(UTC)
    person, other = population.users // 2, population.users // 2 + 1
    ended, active = population.calls // 2, population.calls
    batch = range(1, min(501, population.users))
    stays = [Stay(f"stay-{i}", population.calls - i % 50, i, at) for i in batch]

    def friends(name: str, user_id: int, query: str | None, favourites: bool, offset: int = 0) -> Case:
        return Case(
            f"list_friends, {name}",
            list_friends,
            lambda s: list_friends(
                s, user_id, query=query, favourites_only=favourites, limit=50, offset=offset
            ),
        )

    return [
        Case("active_call_ids", active_call_ids, lambda s: active_call_ids(s, person, at, 10)),
        Case(
            "keep_bot_message",
            keep_bot_message,
            lambda s: keep_bot_message(s, KeptMessage("new", "card", population.call_id(active), "ru", at)),
        ),
        Case("forget_bot_messages", forget_bot_messages, lambda s: forget_bot_messages(s, ["ring:1", "new"])),
        # At the start of a server: they are the ones of running calls, and it wants them all.
        Case("open_bot_messages", open_bot_messages, lambda s: open_bot_messages(s, 1_000), _ALL_MESSAGES),
        Case(
            "write_ratings",
            write_ratings,
            lambda s: write_ratings(s, [Rating(ended, i, 5, (), at) for i in batch]),
        ),
        Case("find_attendance", find_attendance, lambda s: find_attendance(s, population.call_id(ended), 1)),
        Case("took_part", took_part, lambda s: took_part(s, population.call_id(ended), person)),
        Case(
            "add_call_stats",
            add_call_stats,
            lambda s: add_call_stats(s, population.call_id(ended), person, Measures(duration_seconds=1)),
        ),
        Case("count_reports", count_reports, lambda s: count_reports(s, population.call_id(ended), person)),
        Case("list_call_stats", list_call_stats, lambda s: list_call_stats(s, person, 50)),
        Case("summarize_call", summarize_call, lambda s: summarize_call(s, population.call_id(ended))),
        Case(
            "create_call",
            create_call,
            lambda s: create_call(
                s,
                call_id="new",
                creator_user_id=person,
                title=None,
                is_video_enabled=False,
                created_at=at,
                expires_at=at,
            ),
        ),
        Case("find_call", find_call, lambda s: find_call(s, population.call_id(active))),
        Case("end_call", end_call, lambda s: end_call(s, active, at)),
        Case("end_calls_over_limit", end_calls_over_limit, lambda s: end_calls_over_limit(s, person, 5)),
        Case("expire_due_calls", expire_due_calls, lambda s: expire_due_calls(s, at + timedelta(hours=2))),
        Case("next_expiry", next_expiry, next_expiry),
        Case("over_among", over_among, lambda s: over_among(s, [population.call_id(i) for i in batch])),
        Case("purge_calls", purge_calls, lambda s: purge_calls(s, at - timedelta(days=30), 200)),
        Case(
            "link_friends",
            link_friends,
            lambda s: link_friends(s, {(i, i + population.users // 3): at for i in batch}),
        ),
        friends("10 friends", person, None, False),
        friends("10 friends, search", person, "ива", False),
        friends("many friends", POPULAR, None, False),
        friends("many friends, search", POPULAR, "анна", False),
        friends("many friends, favourites", POPULAR, None, True),
        friends("many friends, third page", POPULAR, None, False, 100),
        Case("find_friend", find_friend, lambda s: find_friend(s, person, other)),
        Case(
            "delete_friends",
            delete_friends,
            lambda s: delete_friends(s, person, list(range(other, other + 50))),
        ),
        Case("set_favourite", set_favourite, lambda s: set_favourite(s, person, other, favourite=True)),
        Case("block", block, lambda s: block(s, person, other)),
        Case("unblock", unblock, lambda s: unblock(s, person, other)),
        Case("list_blocked", list_blocked, lambda s: list_blocked(s, 1)),
        Case(
            "list_own_calls",
            list_own_calls,
            lambda s: list_own_calls(s, person, at, before=None, limit=20, people=10),
        ),
        Case(
            "list_own_calls, second page",
            list_own_calls,
            lambda s: list_own_calls(s, person, at, before=ended, limit=20, people=10),
        ),
        Case(
            "add_participants",
            add_participants,
            lambda s: add_participants(s, active, [person, other], at),
        ),
        Case("write_stays", write_stays, lambda s: write_stays(s, stays)),
        Case("mark_seen", mark_seen, lambda s: mark_seen(s, [f"{i:032x}" for i in batch], at)),
        Case("close_open_sessions", close_open_sessions, lambda s: close_open_sessions(s, at)),
        Case("export_person", export_person, lambda s: export_person(s, person)),
        Case("erase_person", erase_person, lambda s: erase_person(s, person)),
        Case(
            "revoke_token", revoke_token, lambda s: revoke_token(s, jti="new", user_id=person, expires_at=at)
        ),
        Case("purge_revoked_tokens", purge_revoked_tokens, lambda s: purge_revoked_tokens(s, at)),
        Case(
            "upsert_telegram_user",
            upsert_telegram_user,
            lambda s: upsert_telegram_user(s, TelegramProfile(7_000_000_000 + person, first_name="Анна")),
        ),
        Case("find_token_holder", find_token_holder, lambda s: find_token_holder(s, person, "new")),
        Case("choose_language", choose_language, lambda s: choose_language(s, person, "en")),
    ]


def queries() -> Mapping[str, Callable[..., object]]:
    """Every query there is, by `module.name`."""
    found: dict[str, Callable[..., object]] = {}
    for module in pkgutil.iter_modules(store.queries.__path__):
        members = vars(importlib.import_module(f"store.queries.{module.name}"))
        for name, member in members.items():
            is_here = getattr(member, "__module__", None) == f"store.queries.{module.name}"
            if inspect.iscoroutinefunction(member) and is_here and not name.startswith("_"):
                found[f"{module.name}.{name}"] = member
    return found
