"""`telcall serve` as people run it: a process, its signals, its ways to fail."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from telcall import assembly
from telcall.errors import StartFailed
from telcall.postgres_orphans import processes_in

if TYPE_CHECKING:
    from tests.telcall.conftest import Serving

Serve = Callable[..., "Serving"]


def wait_until_database_is_gone(data_dir: Path) -> None:
    deadline_s = time.monotonic() + 25
    while processes_in(data_dir / "cluster"):
        assert time.monotonic() < deadline_s
        time.sleep(0.05)


def last_line(serving: Serving) -> str:
    return serving.text().strip().splitlines()[-1]


@pytest.mark.parametrize("ending", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_signal_ends_all_of_it_the_database_too(ending: signal.Signals, serve: Serve) -> None:
    serving = serve(TELCALL_DEV_SIGN_IN="off")
    serving.wait_ready()
    assert processes_in(serving.data_dir / "cluster")
    assert serving.end(ending) == 0
    assert "DEV SIGN-IN" not in serving.text()
    assert processes_in(serving.data_dir / "cluster") == []
    assert '"stopped"' in serving.text()
    assert "Traceback" not in serving.text()


def test_signal_during_the_start_ends_it_in_order(serve: Serve) -> None:
    serving = serve()
    while not (serving.data_dir / "lock").exists():
        assert serving.process.poll() is None, serving.text()
        time.sleep(0.01)
    assert serving.end(signal.SIGTERM) == 0
    wait_until_database_is_gone(serving.data_dir)
    assert "Traceback" not in serving.text()


def test_second_signal_does_not_wait(serve: Serve) -> None:
    serving = serve()
    serving.wait_ready()
    os.kill(serving.process.pid, signal.SIGSTOP)  # so that both are there when it looks
    os.kill(serving.process.pid, signal.SIGINT)
    os.kill(serving.process.pid, signal.SIGTERM)
    os.kill(serving.process.pid, signal.SIGCONT)
    assert serving.process.wait(25) in (0, 130)
    wait_until_database_is_gone(serving.data_dir)


def test_person_outlives_kill_9_and_their_token_is_still_good(serve: Serve) -> None:
    first = serve()
    first.wait_ready()
    token, user_id = first.sign_in("Анна")
    call_id = first.post("/api/calls", {"title": "kept"}, token)["call_id"]
    first.process.kill()
    first.process.wait()

    second = serve()
    second.wait_ready()
    assert second.sign_in("Анна")[1] == user_id
    assert second.get(f"/api/calls/{call_id}", token)["title"] == "kept"
    assert second.end(signal.SIGTERM) == 0


def test_person_outlives_kill_9_of_server_and_database(serve: Serve) -> None:
    first = serve()
    first.wait_ready()
    _, user_id = first.sign_in("Bob")
    for pid in [first.process.pid, *processes_in(first.data_dir / "cluster")]:
        with contextlib.suppress(ProcessLookupError):  # the others notice that the first of them is gone
            os.kill(pid, signal.SIGKILL)
    first.process.wait()

    second = serve()
    second.wait_ready()
    assert second.sign_in("Bob")[1] == user_id


def test_banner_names_what_an_operator_looks_for(running: Serving) -> None:
    text = running.text()
    assert f"http://localhost:{running.port}" in text
    assert f"127.0.0.1:{running.port}" in text
    assert f":{running.port + 1}" in text
    assert str(running.data_dir) in text
    assert "python" in text
    assert "DEV SIGN-IN IS ON" in text
    assert running.get("/auth/dev") == {"enabled": True}


def test_metrics_know_engine_database_and_loop(running: Serving) -> None:
    with urllib.request.urlopen(f"http://127.0.0.1:{running.port}/metrics", timeout=20) as answer:
        text = answer.read().decode()
    expected = {
        "telcall_dataplane_info",
        "telcall_spool_rows",
        "telcall_loop_lag_seconds",
        "process_open_fds",
    }
    assert not [name for name in expected if name not in text]


def test_folder_of_a_running_server_is_refused(running: Serving, serve: Serve) -> None:
    second = serve(TELCALL_DATA_DIR=str(running.data_dir))
    assert second.process.wait(60) == 1
    assert f"is used by another Tel Call (process {running.process.pid})" in last_line(second)
    assert running.get("/health") == {"status": "ok"}


def test_two_join_from_the_command_line_and_one_hears_the_other(running: Serving, tmp_path: Path) -> None:
    token, _ = running.sign_in("Host")
    call_id = running.post("/api/calls", {"title": None}, token)["call_id"]
    url = f"http://127.0.0.1:{running.port}"
    join = [sys.executable, "-m", "telcall", "join", call_id, "--url", url, "--name"]
    with subprocess.Popen([*join, "Tone"], cwd=tmp_path) as tone:
        listener = [*join, "Listener", "--record", str(tmp_path / "heard")]
        with subprocess.Popen(listener, cwd=tmp_path, stdout=subprocess.PIPE, text=True) as recording:
            deadline_s = time.monotonic() + 60
            while not list(tmp_path.glob("heard/*-Tone.wav")):
                assert time.monotonic() < deadline_s
                assert recording.poll() is None
                time.sleep(0.2)
            recording.send_signal(signal.SIGINT)
            said, _ = recording.communicate(timeout=30)
        tone.send_signal(signal.SIGTERM)
    assert (recording.returncode, tone.returncode) == (0, 0)
    assert f"recorded {tmp_path / 'heard'}" in said


def test_busy_port_is_one_line(serve: Serve) -> None:
    with socket.create_server(("127.0.0.1", 0)) as busy:
        port = busy.getsockname()[1]
        serving = serve(TELCALL_PORT=str(port))
        assert serving.process.wait(60) == 1
    assert serving.text().count("\n") == 1
    assert last_line(serving).startswith(f"telcall: port {port} on 127.0.0.1 is in use: ")


def test_busy_media_port_is_one_line_and_leaves_no_database(serve: Serve) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as busy:
        busy.bind(("0.0.0.0", 0))
        port = busy.getsockname()[1]
        serving = serve(TELCALL_MEDIA_PORT=str(port), TELCALL_PUBLIC_ADDRESS="127.0.0.1")
        assert serving.process.wait(60) == 1
    assert last_line(serving).startswith("telcall: ")
    assert str(port) in last_line(serving)
    assert "Traceback" not in serving.text()
    assert processes_in(serving.data_dir / "cluster") == []


def test_folder_that_cannot_be_used_is_one_line(serve: Serve, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    serving = serve(TELCALL_DATA_DIR=str(tmp_path / "file"))
    assert serving.process.wait(60) == 1
    assert serving.text().count("\n") == 1
    assert last_line(serving).startswith(f"telcall: the data folder {tmp_path / 'file'} cannot be ")


def test_database_that_does_not_answer_is_one_line(serve: Serve) -> None:
    serving = serve(DATABASE_URL="postgresql://telcall:hunter22@127.0.0.1:9/telcall")
    assert serving.process.wait(60) == 1
    assert "does not answer" in last_line(serving)
    assert "hunter22" not in serving.text()


def test_wrong_settings_are_all_named(serve: Serve) -> None:
    serving = serve(TELCALL_PORT="eighty", SECRET_KEY="short", CORS_ALLOW_ORIGINS="*")
    assert serving.process.wait(60) == 2
    lines = serving.text().splitlines()
    assert [line.split()[1].rstrip(":").split("=")[0] for line in lines] == [
        "TELCALL_PORT",
        "SECRET_KEY",
        "CORS_ALLOW_ORIGINS",
    ]


def test_missing_frontend_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(assembly, "WEB_ROOT", tmp_path)
    with pytest.raises(StartFailed, match="the Mini App is not built"):
        assembly._built_frontend()
