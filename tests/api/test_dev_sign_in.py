"""Dev sign-in: for whom it is there, and that for others it is not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from unittest.mock import Mock

import pytest
from aiohttp.test_utils import make_mocked_request

from api.config import Rates
from api.dev_sign_in import DevSignIn, dev_telegram_id

if TYPE_CHECKING:
    from tests.api.conftest import Client, StartApi


@pytest.fixture
async def dev(start_api: StartApi) -> Client:
    return await start_api(dev_sign_in="loopback", bot_token=None, rates=Rates())


async def test_name_signs_in_the_way_of_everybody(dev: Client) -> None:
    assert (await dev.get("/auth/dev")).json == {"enabled": True}
    init_data = (await dev.post("/auth/dev", {"name": " Anna "})).json["initData"]
    first = await dev.post("/auth/telegram", {"initData": init_data})
    assert (first.status, first.json["user"]["first_name"]) == (200, "Anna")
    again = (await dev.post("/auth/dev/", {"name": "Anna"})).json["initData"]
    assert (await dev.post("/auth/telegram", {"initData": again})).json["user"] == first.json["user"]


async def test_signing_in_many_people_on_ones_own_machine_is_not_limited(dev: Client) -> None:
    for n in range(8):
        init_data = (await dev.post("/auth/dev", {"name": f"P{n}"})).json["initData"]
        assert (await dev.post("/auth/telegram", {"initData": init_data})).status == 200


FORWARDED: list[dict[str, str]] = [
    {"Forwarded": "for=127.0.0.1"},
    {"X-Forwarded-For": "127.0.0.1"},
    {"X-Forwarded-Host": "localhost"},
    {"X-Forwarded-Proto": "http"},
    {"X-Forwarded-Port": "8080"},
    {"X-Real-IP": "127.0.0.1"},
    {"Via": "1.1 proxy"},
]
FOREIGN_HOSTS: list[dict[str, str]] = [
    {"Host": "evil.example"},
    {"Host": "localhost.evil.example"},
    {"Host": "192.168.0.5:8080"},
    {"Host": "127.0.0.1.evil.example:8080"},
    {"Host": "localhost:"},
    {"Host": "[::2]"},
    {"Host": ""},
]


@pytest.mark.parametrize("headers", FORWARDED + FOREIGN_HOSTS)
async def test_indirect_request_does_not_reach_it(dev: Client, headers: dict[str, str]) -> None:
    init_data = (await dev.post("/auth/dev", {"name": "Anna"})).json["initData"]
    assert (await dev.get("/auth/dev", headers=headers)).json == {"detail": "Not Found"}
    assert (await dev.post("/auth/dev", {"name": "Anna"}, headers=headers)).status == 404
    refused = await dev.post("/auth/telegram", {"initData": init_data}, headers=headers)
    assert refused.status == 503


@pytest.mark.parametrize(
    "host", ["localhost", "LOCALHOST:8080", "127.0.0.1", "127.0.0.1:1", "[::1]", "[::1]:8080"]
)
async def test_every_name_of_this_machine_reaches_it(dev: Client, host: str) -> None:
    assert (await dev.get("/auth/dev", headers={"Host": host})).status == 200


@pytest.mark.parametrize(
    ("peer", "is_open"),
    [
        (("127.0.0.1", 1), True),
        (("::1", 1, 0, 0), True),
        (("::ffff:127.0.0.1", 1, 0, 0), True),
        (("192.168.0.5", 1), False),
        (("203.0.113.5", 1), False),
        ("", False),
        (None, False),
    ],
)
def test_peer_must_be_this_machine(peer: Any, is_open: bool) -> None:
    transport = Mock()
    transport.get_extra_info = lambda name, default=None: peer if name == "peername" else default
    request = make_mocked_request("GET", "/auth/dev", headers={"Host": "localhost"}, transport=transport)
    assert DevSignIn("loopback").is_open_to(request) is is_open


async def test_foreign_page_does_not_get_init_data(dev: Client) -> None:
    answer = await dev.post("/auth/dev", {"name": "Anna"}, headers={"Origin": "https://evil.example"})
    assert answer.status == 403


async def test_when_off_it_is_not_there_and_its_signature_counts_for_nothing(start_api: StartApi) -> None:
    on = await start_api(dev_sign_in="always")
    off = await start_api()
    assert (await off.get("/auth/dev")).status == 404
    assert (await off.post("/auth/dev", {"name": "Anna"})).status == 404
    init_data = (await on.post("/auth/dev", {"name": "Anna"})).json["initData"]
    refused = await off.post("/auth/telegram", {"initData": init_data})
    assert (refused.status, refused.detail) == (401, "Invalid initData hash")
    assert (await on.post("/auth/telegram", {"initData": init_data})).status == 200


async def test_signature_of_another_process_counts_for_nothing(start_api: StartApi) -> None:
    one, other = await start_api(dev_sign_in="always"), await start_api(dev_sign_in="always")
    init_data = (await one.post("/auth/dev", {"name": "Anna"})).json["initData"]
    assert (await other.post("/auth/telegram", {"initData": init_data})).status == 401


async def test_when_asked_for_it_is_there_for_everybody(start_api: StartApi) -> None:
    api = await start_api(dev_sign_in="always")
    for headers in FORWARDED + FOREIGN_HOSTS[:4]:
        assert (await api.get("/auth/dev", headers=headers)).status == 200


@pytest.mark.parametrize("name", ["", "   ", "x" * 65, "a\0b", None, 5])
async def test_odd_names_are_refused(dev: Client, name: Any) -> None:
    assert (await dev.post("/auth/dev", {"name": name})).status == 422


def test_ids_are_none_of_telegrams_and_safe_in_javascript() -> None:
    ids = {dev_telegram_id(f"name {n}") for n in range(1000)}
    assert len(ids) == 1000
    assert all(2**52 <= telegram_id < 2**53 for telegram_id in ids)
