"""docs/rest.md names every route, and of every body all fields."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from api.routes.table import ROUTES, Route

PAGE = (Path(__file__).parents[2] / "docs" / "rest.md").read_text()
ROWS = [line.split(" | ") for line in PAGE.splitlines() if line.startswith("| `")]


def routes_in(cell: str) -> set[tuple[str, str]]:
    """Of "`GET`, `PATCH /api/me`": two."""
    words = re.findall(r"`([^`]+)`", cell)
    path = words[-1].partition(" ")[2]
    return {(word.partition(" ")[0], path) for word in words}


def test_every_route_is_named_and_no_other_one() -> None:
    served = {(route.method, route.path) for route in ROUTES} | {("GET", "/metrics")}
    first = [routes_in(row[0]) for row in ROWS if len(row) == 3 and "/" in row[0]]
    assert set().union(*first) == served


@pytest.mark.parametrize("route", [route for route in ROUTES if route.body], ids=lambda route: route.path)
def test_every_field_of_a_body_is_named(route: Route) -> None:
    assert route.body is not None
    rows = [row for row in ROWS if len(row) == 2 and routes_in(row[0]) == {(route.method, route.path)}]
    assert len(rows) == 1
    found = re.search(r"`\{([^}]*)\}`", rows[0][1])
    assert found is not None
    fields = route.body.model_fields
    assert set(found[1].split(", ")) == {
        name if info.is_required() else f"{name}?" for name, info in fields.items()
    }
