"""The OpenAPI document tells what the server does."""

from __future__ import annotations

import re
from dataclasses import replace
from html import unescape
from typing import TYPE_CHECKING, Any

from pydantic import RootModel

from api.docs_page import docs_page
from api.openapi import openapi_document
from api.routes.table import ROUTES
from store.queries.calls import find_call
from store.queries.friend_links import link_friends
from store.queries.participants import Stay, write_stays

if TYPE_CHECKING:
    from collections.abc import Iterator

    from store.database import Database
    from tests.api.conftest import Client, StartApi

ADMIN_TOKEN = "an admin token of 32 characters."


def refs(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        if isinstance(node.get("$ref"), str):
            yield node["$ref"]
        for value in node.values():
            yield from refs(value)
    elif isinstance(node, list):
        for value in node:
            yield from refs(value)


def test_every_reference_leads_somewhere() -> None:
    document = openapi_document(ROUTES)
    parts = document["components"]
    known = {f"#/components/{kind}/{name}" for kind in ("schemas", "headers") for name in parts[kind]}
    assert set(refs(document)) <= known
    assert len({o["operationId"] for p in document["paths"].values() for o in p.values()}) == len(ROUTES)
    assert all(o["summary"] for p in document["paths"].values() for o in p.values())


async def test_a_body_that_may_be_left_out_is_named_as_such(api: Client) -> None:
    anna = await api.signed_in()
    with_body = [route for route in ROUTES if route.body is not None and not route.is_admin]
    paths = openapi_document(ROUTES)["paths"]
    optional = []
    for route in with_body:
        path = route.path.replace("{call_id}", "x")
        if not paths[route.path][route.method.lower()]["requestBody"]["required"]:
            assert (await anna.request(route.method, path)).status == route.status
            optional.append((route.method, route.path))
        elif route.secret_header is None and not route.path.startswith("/auth/dev"):
            assert (await anna.request(route.method, path)).status == 422, route.path
    assert optional == [("POST", "/api/calls")]


async def test_document_and_page_are_served_where_asked_for(start_api: StartApi) -> None:
    api = await start_api(docs=True)
    document = (await api.get("/openapi.json")).json
    assert document == openapi_document(ROUTES)
    page, style = await api.get("/docs/"), await api.get("/docs.css")
    assert (page.status, style.status) == (200, 200)
    assert "POST /api/calls" in page.text
    assert style.headers["Content-Type"].startswith("text/css")
    # Styles of the page itself would not be let in.
    assert "style-src 'self';" in page.headers["Content-Security-Policy"]
    assert "href=/docs.css" in page.text
    assert "style=" not in page.text
    assert "<style" not in page.text


def test_page_says_what_is_taken_and_given() -> None:
    page = docs_page(openapi_document(ROUTES))
    text = re.sub(r"<[^>]+>", " ", page)
    assert "name=viewport" in page
    assert "/metrics" in text
    for said in (
        "call_id   path  string, 1 to 255 characters  required",
        "limit   query  integer, 1 to 100  else  20",
        "cursor   query  integer, 1 to",
        "title   string, up to 255 characters",
        "is_video_enabled   boolean  else  false",
        "stars   integer, 1 to 5  required",
        "reasons   list of (string,",
        'status    "active"  or  "ended"  or  "expired"',
    ):
        assert " ".join(said.split()) in " ".join(unescape(text).split()), said


def test_every_link_of_the_page_leads_somewhere() -> None:
    page = docs_page(openapi_document(ROUTES))
    ids = re.findall(r'id="([^"]+)"', page)
    assert len(ids) == len(set(ids))
    assert set(re.findall(r'href="#([^"]+)"', page)) <= set(ids)


async def test_they_are_not_there_otherwise(api: Client) -> None:
    assert [(await api.get(path)).status for path in ("/openapi.json", "/docs", "/docs.css")] == [404] * 3


async def test_public_routes_are_the_ones_that_answer_without_a_token(start_api: StartApi) -> None:
    api = await start_api(admin_token=ADMIN_TOKEN)
    for route in ROUTES:
        path = route.path.replace("{call_id}", "x").replace("{user_id}", "1")
        answer = await api.request(route.method, path)
        assert (answer.status != 401) == route.is_public, route.path


async def test_answers_have_exactly_the_keys_of_their_models(start_api: StartApi, database: Database) -> None:
    api = await start_api(dev_sign_in="always", admin_token=ADMIN_TOKEN)
    anna, operator = await api.signed_in(), replace(api, bearer=ADMIN_TOKEN)
    call_id, watched = [(await anna.post("/api/calls", {})).json["call_id"] for _ in range(2)]
    me, friend = [(await client.get("/api/me")).json["id"] for client in (anna, await api.signed_in(2002))]
    async with database.transaction() as session:
        await link_friends(session, {(me, friend): api.time.utc})
        found = await find_call(session, call_id)
        assert found is not None
        await write_stays(session, [Stay("a stay", found.call.id, me, api.time.utc)])
    api.rooms.open(watched, 1, friend, at=api.time.utc)
    link = (await anna.post("/auth/browser-link")).json["url"]
    bodies: dict[tuple[str, str], Any] = {
        ("POST", "/auth/telegram"): {"initData": api.init_data()},
        ("POST", "/auth/dev"): {"name": "Anna"},
        ("POST", "/auth/browser"): {"token": link.partition("#browser=")[2]},
        ("PATCH", "/api/me"): {"language_code": "ru"},
        ("POST", "/api/calls"): {},
        ("DELETE", "/api/me"): {"confirm": "delete"},
        ("POST", "/api/calls/join_by_code"): {"call_code": call_id},
        ("POST", "/api/friends/delete"): {"friend_ids": []},
        ("POST", "/api/call-stats"): {"call_id": call_id},
        ("POST", "/api/calls/{call_id}/rating"): {"stars": 5},
        ("POST", "/api/calls/friend"): {"friend_id": friend},
        ("POST", "/api/calls/{call_id}/invite"): {"friend_id": friend},
    }
    last = [route for route in ROUTES if route.path in ("/api/calls/{call_id}/end", "/auth/logout")]
    leaving = await api.signed_in(3003)
    needs_a_bot = [route for route in ROUTES if route.path.endswith(("/share", "/webhook"))]  # tests/api/bot
    rest = [route for route in ROUTES if route not in last and route not in needs_a_bot]
    for route in [*rest, *reversed(last)]:
        asked, its_call = (operator, watched) if route.is_admin else (anna, call_id)
        if (route.method, route.path) == ("DELETE", "/api/me"):
            asked = leaving
        path = route.path.replace("{call_id}", its_call).replace("{user_id}", str(friend))
        answer = await asked.request(route.method, path, bodies.get((route.method, route.path)))
        assert answer.status == route.status, (path, answer.text)
        if issubclass(route.answer, RootModel):
            route.answer.model_validate(answer.json)
        else:
            assert set(answer.json) == set(route.answer.model_fields), path
