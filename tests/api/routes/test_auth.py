"""Signing in and out: every way a request can say who it comes from."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from api.tokens import Tokens

if TYPE_CHECKING:
    from tests.api.conftest import Client, StartApi

FOREIGN = {"Origin": "https://evil.example"}
OWN = {"Origin": "https://tel.example"}


async def test_sign_in_answers_as_documented_and_sets_the_cookie(api: Client) -> None:
    answer = await api.post("/auth/telegram", {"initData": api.init_data(77, username="anna_k")})
    assert answer.status == 200
    token = answer.json["access_token"]
    assert answer.json == {
        "user": {
            "id": answer.json["user"]["id"],
            "telegram_user_id": 77,
            "username": "anna_k",
            "first_name": "Анна",
            "last_name": None,
            "photo_url": None,
        },
        "access_token": token,
        "expires_in": 2_592_000,
        "token_type": "bearer",
    }
    name, *attributes = answer.headers["Set-Cookie"].split("; ")
    assert name == f"access_token={token}"
    assert set(attributes) == {
        "HttpOnly",
        "Max-Age=2592000",
        "Path=/",
        "SameSite=None",
        "Secure",
        "Partitioned",
    }


async def test_profile_is_telegrams_word_at_every_sign_in(api: Client) -> None:
    photo = "https://t.me/i/a.svg"
    await api.signed_in(7, username="anna_k", last_name="К", photo_url=photo, language_code="ru")
    again = await api.signed_in(7, username="bad name!", first_name="АННА", language_code="en")
    profile = (await again.get("/api/me")).json
    assert {name: profile[name] for name in profile if name != "id"} == {
        "telegram_user_id": 7,
        "username": "anna_k",  # what is no username leaves ours as it is
        "first_name": "АННА",
        "last_name": None,
        "photo_url": None,
        "language_code": "en",
    }
    gone = await api.signed_in(7)
    assert (await gone.get("/api/me")).json["username"] is None


async def test_language_chosen_here_outlives_sign_ins(api: Client) -> None:
    anna = await api.signed_in(7, language_code="ru")
    assert (await anna.request("PATCH", "/api/me", {"language_code": "en"})).json["language_code"] == "en"
    again = await api.signed_in(7, language_code="ru")
    assert (await again.get("/api/me")).json["language_code"] == "en"
    assert (await again.request("PATCH", "/api/me", {"language_code": "<b>"})).status == 422


async def test_language_is_left_to_telegram_again(api: Client) -> None:
    anna = await api.signed_in(7, language_code="ru")
    await anna.request("PATCH", "/api/me", {"language_code": "en"})
    # Until Telegram is heard again what was chosen is the best that is known.
    assert (await anna.request("PATCH", "/api/me", {"language_code": None})).json["language_code"] == "en"
    again = await api.signed_in(7, language_code="ru")
    assert (await again.get("/api/me")).json["language_code"] == "ru"
    assert (await again.request("PATCH", "/api/me", {})).status == 422


@pytest.mark.parametrize(
    ("change", "status", "detail"),
    [
        (lambda d: d + "x", 401, "Invalid initData hash"),
        (lambda d: d.partition("&hash")[0], 400, "Missing hash in initData"),
        (lambda d: d.replace("auth_date=", "auth_date=x"), 401, "Invalid initData hash"),
        (lambda _d: "", 400, "Missing hash in initData"),
    ],
)
async def test_bad_init_data_is_refused_and_never_echoed(
    api: Client, change: Any, status: int, detail: str
) -> None:
    answer = await api.post("/auth/telegram", {"initData": change(api.init_data())})
    assert (answer.status, answer.json) == (status, {"detail": detail})


async def test_old_init_data_is_refused(api: Client) -> None:
    init_data = api.init_data()
    api.time.pass_s(86_401)
    answer = await api.post("/auth/telegram", {"initData": init_data})
    assert (answer.status, answer.detail) == (401, "initData is too old")


async def test_sign_in_without_any_bot_is_unavailable(start_api: StartApi) -> None:
    api = await start_api(bot_token=None)
    answer = await api.post("/auth/telegram", {"initData": api.init_data()})
    assert (answer.status, answer.detail) == (503, "Sign-in is not configured")


async def test_with_the_bots_id_alone_telegrams_signature_is_asked_for(start_api: StartApi) -> None:
    api = await start_api(bot_token=None, telegram_bot_id=123456)
    answer = await api.post("/auth/telegram", {"initData": api.init_data()})
    assert (answer.status, answer.detail) == (400, "Missing signature in initData")


SECRET_INPUT = "hash=secret-0123456789"


@pytest.mark.parametrize(
    ("body", "loc", "kind"),
    [
        ({"init_data": SECRET_INPUT}, ["body", "initData"], "missing"),
        ({"initData": [SECRET_INPUT]}, ["body", "initData"], "string_type"),
        ({"initData": SECRET_INPUT * 2000}, ["body", "initData"], "string_too_long"),
        (b'{"initData": "secret-0123', ["body"], "json_invalid"),
        (b"", ["body"], "json_invalid"),
        (b"[" * 5000, ["body"], "json_invalid"),
        (b'"secret-0123456789"', ["body"], "model_type"),
        (b'{"initData": "\\ud800"}', ["body"], "json_invalid"),
        (b"\xff\xfe", ["body"], "json_invalid"),
    ],
)
async def test_wrong_form_is_a_422_without_the_input(api: Client, body: Any, loc: Any, kind: str) -> None:
    answer = await api.post("/auth/telegram", body)
    assert answer.status == 422
    assert [(error["type"], error["loc"]) for error in answer.detail] == [(kind, loc)]
    assert all(set(error) == {"type", "loc", "msg"} for error in answer.detail)
    assert "secret" not in answer.text


async def test_too_large_body_is_refused(api: Client) -> None:
    answer = await api.post("/auth/telegram", b"x" * 70_000)
    assert (answer.status, answer.detail) == (413, "Request Entity Too Large")


# --- who is it ----------------------------------------------------------------------------------------------

PROTECTED = [
    ("GET", "/api/me"),
    ("PATCH", "/api/me"),
    ("GET", "/auth/ws-token"),
    ("POST", "/auth/logout"),
    ("POST", "/api/calls"),
    ("GET", "/api/calls/abc"),
    ("POST", "/api/calls/abc/end"),
    ("POST", "/api/calls/join_by_code"),
    ("GET", "/api/config/webrtc"),
]


@pytest.mark.parametrize(("method", "path"), PROTECTED)
async def test_everything_but_sign_in_needs_a_token(api: Client, method: str, path: str) -> None:
    for form in (path, f"{path}/"):
        answer = await api.request(method, form)
        assert (answer.status, answer.json) == (401, {"detail": "Not authenticated"})
        assert "WWW-Authenticate" not in answer.headers


def cookie(token: str) -> dict[str, str]:
    return {"Cookie": f"access_token={token}"}


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


async def test_matrix_of_bearer_and_cookie(api: Client) -> None:
    good = (await api.signed_in()).bearer
    assert good is not None
    ws = api.authenticator.issue(1, "ws", 300)
    nobody = api.authenticator.issue(999, "api", 300)
    expired = Tokens(api.secret_key).issue(1, "api", api.time.unix_s - 100, 100)
    cases: list[tuple[dict[str, str], int, str | None]] = [
        (bearer(good), 200, None),
        ({"Authorization": f"bearer   {good}"}, 200, None),
        (cookie(good), 200, None),
        (bearer(good) | cookie("bad"), 200, None),
        (bearer("bad") | cookie(good), 200, None),
        (bearer("bad") | cookie(expired), 401, "Invalid token"),
        (bearer("bad"), 401, "Invalid token"),
        (cookie("bad"), 401, "Invalid token"),
        (bearer(expired), 401, "Token has expired"),
        (bearer(ws), 401, "Invalid token"),
        (bearer(nobody), 401, "User not found"),
        ({"Authorization": f"Basic {good}"}, 401, "Not authenticated"),
        ({"Authorization": "Bearer"}, 401, "Not authenticated"),
        ({"Authorization": "Bearer "}, 401, "Not authenticated"),
        ({"Authorization": good}, 401, "Not authenticated"),
        (cookie(""), 401, "Not authenticated"),
    ]
    for headers, status, detail in cases:
        answer = await api.get("/api/me", headers=headers)
        assert (answer.status, answer.json.get("detail")) == (status, detail), headers


async def test_token_in_the_query_is_ignored(api: Client) -> None:
    good = (await api.signed_in()).bearer
    assert (await api.get(f"/api/me?token={good}&access_token={good}")).status == 401


async def test_cookie_alone_signs_no_unsafe_request_of_a_foreign_page_in(api: Client) -> None:
    good = (await api.signed_in()).bearer
    assert good is not None
    host = api.url.removeprefix("http://")
    cases: list[tuple[dict[str, str], int]] = [
        (cookie(good), 403),
        (cookie(good) | FOREIGN, 403),
        (cookie(good) | {"Origin": "null"}, 403),
        (cookie(good) | {"Origin": f"https://{host}"}, 403),
        (cookie(good) | {"Origin": f"http://{host}"}, 201),
        (cookie(good) | OWN, 201),
        (bearer(good), 201),
        (bearer(good) | cookie(good), 201),
        (bearer("bad") | cookie(good) | FOREIGN, 403),
    ]
    for headers, status in cases:
        answer = await api.post("/api/calls", {}, headers=headers)
        assert answer.status == status, headers
        if status == 403:
            assert answer.json == {"detail": "Origin not allowed"}


async def test_foreign_page_cannot_sign_people_into_its_account(api: Client) -> None:
    body = {"initData": api.init_data()}
    assert (await api.post("/auth/telegram", body, headers=FOREIGN)).status == 403
    assert (await api.post("/auth/telegram", body, headers=OWN)).status == 200


async def test_sign_out_revokes_for_good(api: Client) -> None:
    anna = await api.signed_in()
    assert anna.bearer is not None
    elsewhere = await api.signed_in()
    answer = await anna.post("/auth/logout")
    assert (answer.status, answer.json) == (200, {"message": "Signed out"})
    assert answer.headers["Set-Cookie"].startswith("access_token=; HttpOnly; Max-Age=0;")
    assert (await anna.get("/api/me")).detail == "Invalid token"
    assert await api.authenticator.authenticate_socket(anna.bearer) is None
    assert (await elsewhere.get("/api/me")).status == 200


async def test_sign_out_revokes_bearer_and_cookie(api: Client) -> None:
    one, other = await api.signed_in(), await api.signed_in()
    assert one.bearer is not None
    assert other.bearer is not None
    answer = await api.post("/auth/logout", headers=bearer(one.bearer) | cookie(other.bearer))
    assert answer.status == 200
    assert [(await client.get("/api/me")).status for client in (one, other)] == [401, 401]


async def test_revocation_survives_a_restart(start_api: StartApi) -> None:
    before, after = await start_api(), await start_api()
    anna = await before.signed_in()
    assert anna.bearer is not None
    await anna.post("/auth/logout")
    assert (await after.get("/api/me", headers=bearer(anna.bearer))).detail == "Invalid token"


async def test_socket_token_is_short_and_for_the_socket_alone(api: Client) -> None:
    anna = await api.signed_in()
    token = (await anna.get("/auth/ws-token")).json["token"]
    identity = await api.authenticator.authenticate_socket(token)
    assert identity is not None
    assert identity.user.first_name == "Анна"
    assert (await api.get("/api/me", headers=bearer(token))).status == 401
    api.time.pass_s(301)
    assert await api.authenticator.authenticate_socket(token) is None


async def test_socket_takes_access_tokens_too(api: Client) -> None:
    anna = await api.signed_in()
    assert anna.bearer is not None
    assert await api.authenticator.authenticate_socket(anna.bearer) is not None
    assert await api.authenticator.authenticate_socket("garbage") is None
