"""Files of the Mini App, and nothing else of the disk."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.api.conftest import Answer, Client, StartApi

PAGE = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
INDEX = "<!doctype html><title>Tel Call</title>"
SCRIPT = "/assets/index-abc123.js"
FORMS = {"br": b"a brotli of it", "gzip": b"its gzip", None: b"let a"}
"""What the build puts beside the script. Nobody here unpacks it."""


@pytest.fixture
async def web(start_api: StartApi, tmp_path: Path) -> Client:
    root = tmp_path / "web"
    (root / "assets").mkdir(parents=True)
    (root / "index.html").write_text(INDEX)
    (root / "favicon.svg").write_text("<svg/>")
    for coding, content in FORMS.items():
        suffix = {"br": ".br", "gzip": ".gz", None: ""}[coding]
        (root / "assets" / f"index-abc123.js{suffix}").write_bytes(content)
    (tmp_path / "secret.txt").write_text("secret")
    (root / "link.txt").symlink_to(tmp_path / "secret.txt")
    return await start_api(web_root=root)


async def script(web: Client, accept: str, method: str = "GET", **headers: str) -> Answer:
    """The script for who takes these codings, as it is sent."""
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    return await web.request(
        method, SCRIPT, headers={"Accept-Encoding": accept} | sent, auto_decompress=False
    )


@pytest.mark.parametrize("path", ["/", "/call/AAAABBBBCCCCDDDD", "/settings/", "/call-created/x?join_url=y"])
async def test_paths_of_the_app_give_its_page(web: Client, path: str) -> None:
    answer = await web.get(path, headers=PAGE)
    assert (answer.status, answer.text) == (200, INDEX)
    assert answer.headers["Cache-Control"] == "no-cache"
    assert answer.headers["Content-Type"].startswith("text/html")
    assert "frame-ancestors" in answer.headers["Content-Security-Policy"]


async def test_hashed_files_may_be_kept_for_ever(web: Client) -> None:
    answer = await script(web, "")
    assert (answer.status, answer.text) == (200, "let a")
    assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert "javascript" in answer.headers["Content-Type"]
    other = await web.get("/favicon.svg")
    assert (other.status, other.headers["Cache-Control"]) == (200, "no-cache")


async def test_unchanged_page_is_not_sent_again(web: Client) -> None:
    etag = (await web.get("/", headers=PAGE)).headers["ETag"]
    assert (await web.get("/", headers=PAGE | {"If-None-Match": etag})).status == 304


@pytest.mark.parametrize("path", ["/api/nothing", "/auth/nothing", "/ws/nothing", "/assets/gone.js", "/api"])
async def test_what_is_no_page_is_not_found(web: Client, path: str) -> None:
    answer = await web.get(path, headers=PAGE)
    assert (answer.status, answer.json) == (404, {"detail": "Not Found"})


async def test_programs_get_no_page(web: Client) -> None:
    assert (await web.get("/call/x", headers={"Accept": "application/json"})).status == 404
    assert (await web.get("/")).json["message"] == "Tel Call backend is running"
    assert (await web.post("/call/x", {}, headers=PAGE)).status == 404


@pytest.mark.parametrize(
    "path",
    [
        "/../secret.txt",
        "/..%2Fsecret.txt",
        "/%2e%2e/secret.txt",
        "/link.txt",
        "//etc/passwd",
        "/%00",
        "/assets",
    ],
)
async def test_nothing_outside_of_the_folder_is_served(web: Client, path: str) -> None:
    answer = await web.get(path)
    assert answer.status == 404
    assert "secret" not in answer.text


async def test_head_has_no_body(web: Client) -> None:
    answer = await web.request("HEAD", "/call/x", headers=PAGE)
    assert (answer.status, answer.text) == (200, "")


@pytest.mark.parametrize(
    ("accept", "coding"),
    [
        ("gzip, deflate, br, zstd", "br"),
        ("gzip, deflate", "gzip"),
        ("br;q=0.1, gzip", "gzip"),
        ("br;q=0, gzip;q=0", None),
        ("identity, br;q=0.5", None),
        ("", None),
    ],
)
async def test_script_is_sent_in_the_form_that_is_liked_best(
    web: Client, accept: str, coding: str | None
) -> None:
    answer = await script(web, accept)
    assert (answer.status, answer.text.encode()) == (200, FORMS[coding])
    assert answer.headers.get("Content-Encoding") == coding
    assert answer.headers["Content-Length"] == str(len(FORMS[coding]))
    assert "javascript" in answer.headers["Content-Type"]
    assert "immutable" in answer.headers["Cache-Control"]
    assert answer.headers["Vary"] == "Accept-Encoding, Origin"


async def test_what_has_no_other_form_is_sent_as_it_is(web: Client) -> None:
    answer = await web.get("/favicon.svg", headers={"Accept-Encoding": "br, gzip"})
    assert (answer.text, answer.headers.get("Content-Encoding")) == ("<svg/>", None)
    assert answer.headers["Vary"] == "Accept-Encoding, Origin"


async def test_each_form_has_an_etag_of_its_own(web: Client) -> None:
    etags = {accept: (await script(web, accept)).headers["ETag"] for accept in ("br", "gzip", "")}
    assert len(set(etags.values())) == 3
    for accept, etag in etags.items():
        same = await script(web, accept, If_None_Match=etag)
        assert (same.status, same.text) == (304, "")
        assert same.headers["Vary"] == "Accept-Encoding, Origin"
        assert "immutable" in same.headers["Cache-Control"]
    assert (await script(web, "br", If_None_Match=etags["gzip"])).status == 200


async def test_head_tells_of_the_form_that_get_would_send(web: Client) -> None:
    answer = await script(web, "br", "HEAD", Range="bytes=0-1")
    assert (answer.status, answer.text) == (200, "")
    assert answer.headers["Content-Length"] == str(len(FORMS["br"]))
    assert answer.headers["Content-Encoding"] == "br"


@pytest.mark.parametrize(
    ("wanted", "status", "content", "place"),
    [
        ("bytes=2-3", 206, "br", "bytes 2-3/14"),
        ("bytes=2-", 206, "brotli of it", "bytes 2-13/14"),
        ("bytes=-2", 206, "it", "bytes 12-13/14"),
        ("bytes=14-", 416, "", "bytes */14"),
        ("bytes=3-2", 200, "a brotli of it", None),
        ("bytes=0-0,2-3", 200, "a brotli of it", None),
        ("bytes=-", 200, "a brotli of it", None),
        ("lines=0-1", 200, "a brotli of it", None),
    ],
)
async def test_range_is_one_of_the_form_that_is_sent(
    web: Client, wanted: str, status: int, content: str, place: str | None
) -> None:
    answer = await script(web, "br", Range=wanted)
    assert (answer.status, answer.headers.get("Content-Range")) == (status, place)
    assert answer.text == content


async def test_range_of_a_form_that_may_have_changed_is_all_of_it(web: Client) -> None:
    answer = await script(web, "br", Range="bytes=2-3", If_Range='"another"')
    assert (answer.status, answer.text.encode()) == (200, FORMS["br"])


async def test_other_form_that_is_a_link_is_not_followed(web: Client, tmp_path: Path) -> None:
    (tmp_path / "web" / "favicon.svg.br").symlink_to(tmp_path / "secret.txt")
    answer = await web.get("/favicon.svg", headers={"Accept-Encoding": "br"})
    assert (answer.status, answer.text) == (200, "<svg/>")
