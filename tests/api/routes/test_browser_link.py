"""Going on in a browser by a link that is good once."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.api.conftest import Client, StartApi


async def link_of(client: Client) -> str:
    answer = await client.post("/auth/browser-link")
    assert (answer.status, answer.json["expires_in"]) == (200, 300)
    url, _, token = answer.json["url"].partition("#browser=")
    assert url == "https://tel.example/"
    return str(token)


async def test_link_signs_the_same_person_in_once(api: Client) -> None:
    anna = await api.signed_in()
    token = await link_of(anna)
    both = await asyncio.gather(*(api.post("/auth/browser", {"token": token}) for _ in range(2)))
    assert sorted(answer.status for answer in both) == [200, 401]
    (good,) = [answer for answer in both if answer.status == 200]
    assert good.headers["Set-Cookie"].startswith(f"access_token={good.json['access_token']}; HttpOnly")
    there = replace(api, bearer=good.json["access_token"])
    assert (await there.get("/api/me")).json == (await anna.get("/api/me")).json
    assert (await anna.post("/auth/logout")).status == 200
    assert (await there.get("/api/me")).status == 200


async def test_link_ends_with_its_time_and_with_the_sign_in_it_was_made_by(api: Client) -> None:
    anna, elsewhere = await api.signed_in(), await api.signed_in()
    late, fallen = await link_of(elsewhere), await link_of(anna)
    assert (await anna.post("/auth/logout")).status == 200
    assert (await api.post("/auth/browser", {"token": fallen})).detail == "Invalid token"
    api.time.pass_s(300)
    assert (await api.post("/auth/browser", {"token": late})).detail == "Token has expired"


async def test_only_a_links_token_counts_and_for_nothing_else(api: Client) -> None:
    anna = await api.signed_in()
    for token in (anna.bearer, (await anna.get("/auth/ws-token")).json["token"], "", "x"):
        assert (await api.post("/auth/browser", {"token": token})).detail == "Invalid token"
    token = await link_of(anna)
    assert (await replace(api, bearer=token).get("/api/me")).status == 401
    assert await api.authenticator.authenticate_socket(token) is None


async def test_foreign_page_signs_nobody_in(start_api: StartApi) -> None:
    api = await start_api()
    token = await link_of(await api.signed_in())
    headers = {"Origin": "https://evil.example"}
    assert (await api.post("/auth/browser", {"token": token}, headers=headers)).status == 403
