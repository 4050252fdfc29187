"""Files of the Mini App, and nothing else of the disk."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.api.conftest import Client, StartApi

PAGE = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
INDEX = "<!doctype html><title>Tel Call</title>"


@pytest.fixture
async def web(start_api: StartApi, tmp_path: Path) -> Client:
    root = tmp_path / "web"
    (root / "assets").mkdir(parents=True)
    (root / "index.html").write_text(INDEX)
    (root / "favicon.svg").write_text("<svg/>")
    (root / "assets" / "index-abc123.js").write_text("let a")
    (tmp_path / "secret.txt").write_text("secret")
    (root / "link.txt").symlink_to(tmp_path / "secret.txt")
    return await start_api(web_root=root)


@pytest.mark.parametrize("path", ["/", "/call/AAAABBBBCCCCDDDD", "/settings/", "/call-created/x?join_url=y"])
async def test_paths_of_the_app_give_its_page(web: Client, path: str) -> None:
    answer = await web.get(path, headers=PAGE)
    assert (answer.status, answer.text) == (200, INDEX)
    assert answer.headers["Cache-Control"] == "no-cache"
    assert answer.headers["Content-Type"].startswith("text/html")
    assert "frame-ancestors" in answer.headers["Content-Security-Policy"]


async def test_hashed_files_may_be_kept_for_ever(web: Client) -> None:
    answer = await web.get("/assets/index-abc123.js")
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
