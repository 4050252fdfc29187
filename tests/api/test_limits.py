"""Rate limits: what is counted, for whom, and what the answer says."""

from __future__ import annotations

from ipaddress import ip_network
from typing import TYPE_CHECKING

from api.config import Rates

if TYPE_CHECKING:
    from tests.api.conftest import Client, StartApi

DOCUMENTED = Rates()
PROXIED = {"trusted_proxies": (ip_network("127.0.0.0/8"),), "rates": DOCUMENTED}


async def sign_in_as(client: Client, address: str) -> int:
    headers = {"X-Forwarded-For": address}
    return (await client.post("/auth/telegram", {}, headers=headers)).status


async def test_sixth_sign_in_of_a_minute_is_refused(start_api: StartApi) -> None:
    api = await start_api(rates=DOCUMENTED)
    body = {"initData": api.init_data()}
    assert [(await api.post("/auth/telegram", body)).status for _ in range(5)] == [200] * 5
    answer = await api.post("/auth/telegram/", body)
    text = "Rate limit exceeded: 5 per 1 minute"
    assert (answer.status, answer.json) == (429, {"detail": text, "error": text})
    assert 0 < int(answer.headers["Retry-After"]) <= 60
    assert answer.headers["RateLimit-Limit"] == "5"
    assert answer.headers["RateLimit-Remaining"] == "0"
    assert answer.headers["RateLimit-Reset"] == answer.headers["Retry-After"]
    assert api.limits_hit == ["rate_auth"]


async def test_sign_ins_by_link_count_too(start_api: StartApi) -> None:
    api = await start_api(rates=DOCUMENTED)
    answers = [await api.post("/auth/browser", {"token": "x" * 40}) for _ in range(6)]
    assert answers[0].status < 429
    assert [answer.status for answer in answers] == [answers[0].status] * 5 + [429]


async def test_exports_have_a_limit_of_their_own(start_api: StartApi) -> None:
    api = await start_api(rates=DOCUMENTED)
    anna = await api.signed_in(1)
    exports = [await anna.request(method, "/api/me/export") for method in ("GET", "HEAD", "GET", "HEAD")]
    assert [answer.status for answer in exports] == [200] * 3 + [429]
    assert (await anna.get("/api/me")).status == 200
    assert api.limits_hit == ["rate_export"]


async def test_malformed_requests_count(start_api: StartApi) -> None:
    api = await start_api(rates=DOCUMENTED)
    assert [(await api.post("/auth/telegram", b"x")).status for _ in range(6)] == [422] * 5 + [429]


async def test_eleventh_call_of_a_minute_is_refused_for_this_person_alone(start_api: StartApi) -> None:
    api = await start_api(rates=DOCUMENTED)
    anna, boris = await api.signed_in(1), await api.signed_in(2)
    assert [(await anna.post("/api/calls", {})).status for _ in range(11)] == [201] * 10 + [429]
    assert (await boris.post("/api/calls", {})).status == 201
    assert (await anna.get("/api/me")).status == 200


async def test_everything_together_has_a_limit_by_person(start_api: StartApi) -> None:
    api = await start_api(rates=Rates(all_per_minute=10))
    anna, boris = await api.signed_in(1), await api.signed_in(2)
    assert [(await anna.get("/api/me")).status for _ in range(11)] == [200] * 10 + [429]
    assert (await boris.get("/api/me")).status == 200


async def test_requests_without_a_good_token_count_for_the_address(start_api: StartApi) -> None:
    api = await start_api(rates=Rates(all_per_minute=3))
    for token in ("a", "b", "c"):
        assert (await api.get("/api/me", headers={"Authorization": f"Bearer {token}"})).status == 401
    assert (await api.get("/api/me", headers={"Authorization": "Bearer d"})).status == 429


async def test_health_files_and_preflights_are_not_counted(start_api: StartApi) -> None:
    api = await start_api(rates=Rates(all_per_minute=1), cors_origins=("https://a.example",))
    preflight = {"Origin": "https://a.example", "Access-Control-Request-Method": "POST"}
    for _ in range(3):
        assert (await api.get("/health")).status == 200
        assert (await api.get("/apiary.png")).status == 404
        assert (await api.request("OPTIONS", "/api/calls", headers=preflight)).status == 200


async def test_client_behind_a_trusted_proxy_has_a_share_of_its_own(start_api: StartApi) -> None:
    api = await start_api(**PROXIED)
    assert [await sign_in_as(api, "203.0.113.1") for _ in range(6)] == [422] * 5 + [429]
    assert await sign_in_as(api, "203.0.113.2") == 422
    assert await sign_in_as(api, "198.51.100.7, 203.0.113.1") == 429


async def test_ipv6_clients_count_by_their_network(start_api: StartApi) -> None:
    api = await start_api(**PROXIED)
    statuses = [await sign_in_as(api, f"2001:db8:0:1::{n}") for n in range(6)]
    assert statuses == [422] * 5 + [429]
    assert await sign_in_as(api, "2001:db8:0:2::1") == 422


async def test_nobody_else_chooses_the_address_they_count_for(start_api: StartApi) -> None:
    api = await start_api(rates=DOCUMENTED)
    statuses = [await sign_in_as(api, f"203.0.113.{n}") for n in range(6)]
    assert statuses == [422] * 5 + [429]
