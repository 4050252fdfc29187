"""The cache: its age and its bound."""

from __future__ import annotations

from api.cache import ExpiringCache


def test_value_is_known_until_its_age() -> None:
    cache: ExpiringCache[str, int] = ExpiringCache(2)
    cache.put("a", 1, 0)
    assert cache.get("a", 10, 10) == 1
    assert cache.get("a", 10.1, 10) is None
    assert cache.get("b", 0, 10) is None


def test_oldest_goes_first() -> None:
    cache: ExpiringCache[str, int] = ExpiringCache(2)
    for key in ("a", "b", "a", "c"):
        cache.put(key, 1, 0)
    assert len(cache) == 2
    assert [cache.get(key, 0, 1) for key in ("a", "b", "c")] == [1, None, 1]
