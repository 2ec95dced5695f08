"""The sign of life: asked for each minute, never fatal, its path never said."""

import json
import socket
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest

from monitoring import heartbeat
from tests.http_server import send, serve
from tests.monitoring.test_watch import Watcher

pytestmark = pytest.mark.integration

SECRET = "3f1c-secret"


class Checks:
    """Takes down what it is asked for, and answers with a status."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.status = 200
        self.url = ""

    def __call__(self, handler: BaseHTTPRequestHandler) -> None:
        self.asked.append(handler.path)
        send(handler, b"OK", self.status)


@pytest.fixture
def checks() -> Iterator[Checks]:
    stub = Checks()
    with serve(stub) as stub.url:
        yield stub


def test_each_tick_is_a_heartbeat_and_a_bad_one_says_so(checks: Checks, tmp_path: Path) -> None:
    watcher = Watcher(
        tmp_path / "state", f"sqlite:///{tmp_path}/hos.sqlite3", heartbeat=f"{checks.url}/{SECRET}/?rid=1"
    )
    watcher.tick(0)
    watcher.url = "mysql+pymysql://root@127.0.0.1:1/hos"
    watcher.tick(1)
    assert checks.asked == [f"/{SECRET}?rid=1", f"/{SECRET}/fail?rid=1"]


def test_a_heartbeat_that_is_refused_is_said_without_its_path(
    checks: Checks, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    checks.status = 404
    watcher = Watcher(tmp_path / "state", f"sqlite:///{tmp_path}/hos.sqlite3", heartbeat=f"{checks.url}/{SECRET}")
    report = watcher.tick(0)
    assert report.problems == ["heartbeat: http://127.0.0.1 did not take it (HTTP 404)"]
    assert (watcher.flushes, report.judged) == (1, True)
    assert SECRET not in caplog.text


def test_a_url_that_cannot_be_asked_for_is_said_without_its_path(tmp_path: Path) -> None:
    for url in (f"http://127.0.0.1:1/{SECRET}", f"http://127.0.0.1:99999/{SECRET}", f"http://127.0.0.1/{SECRET} 3\x7f"):
        watcher = Watcher(tmp_path / "state", f"sqlite:///{tmp_path}/hos.sqlite3", heartbeat=url)
        [problem] = watcher.tick(0).problems
        assert problem.startswith("heartbeat: http://127.0.0.1 did not take it (")
        assert SECRET not in json.dumps(problem)


def test_a_server_that_never_answers_is_left_in_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(heartbeat, "TIMEOUT_SECONDS", 0.2)
    held: list[Any] = []
    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=lambda: held.append(listener.accept()), daemon=True).start()
        url = f"http://127.0.0.1:{listener.getsockname()[1]}/{SECRET}"
        watcher = Watcher(tmp_path / "state", f"sqlite:///{tmp_path}/hos.sqlite3", heartbeat=url)
        assert watcher.tick(0).problems == ["heartbeat: http://127.0.0.1 did not take it (timed out)"]
    held[0][0].close()
