"""/metrics: what it counts and who may read it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.api.conftest import Client, StartApi


async def test_requests_are_counted_by_route_never_by_path(api: Client) -> None:
    await api.get("/api/calls/secret-id")
    await api.get("/wp-admin/secret")
    text = (await api.get("/metrics")).text
    assert 'telcall_http_requests_total{method="GET",route="/api/calls/{call_id}",status="401"} 1.0' in text
    assert 'route="other",status="404"} 1.0' in text
    assert "secret" not in text


async def test_both_forms_of_a_path_are_counted_as_one_route(api: Client) -> None:
    anna = await api.signed_in()
    for path in ("/api/calls", "/api/calls/"):
        assert (await anna.post(path, {})).status == 201
        assert (await anna.get(path)).status == 200
    await api.get("/")
    text = (await api.get("/metrics/")).text
    for method, status in (("POST", 201), ("GET", 200)):
        labels = f'method="{method}",route="/api/calls",status="{status}"'
        assert f"telcall_http_requests_total{{{labels}}} 2.0" in text
    assert 'route="/",' in text
    assert '/",' not in text.replace('route="/",', "")


@pytest.mark.parametrize("header", ["X-Forwarded-For", "Forwarded", "Via"])
async def test_proxied_requests_do_not_reach_it(api: Client, header: str) -> None:
    assert (await api.get("/metrics", headers={header: "127.0.0.1"})).status == 404


async def test_token_opens_it_from_anywhere(start_api: StartApi) -> None:
    api = await start_api(metrics_token="t")
    good = {"Authorization": "Bearer t", "X-Forwarded-For": "203.0.113.1"}
    assert (await api.get("/metrics", headers=good)).status == 200
    for headers in ({}, {"Authorization": "Bearer x"}, {"Authorization": "t"}):
        assert (await api.get("/metrics", headers=headers)).status == 404
