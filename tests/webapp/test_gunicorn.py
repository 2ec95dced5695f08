"""The site as it is served: real Gunicorn, with the configuration that is deployed."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
import requests

pytestmark = pytest.mark.integration

CONFIG = "python:hallofshame.deployment.gunicorn_config"

Serve = Callable[..., "Served"]


class Served:
    """A running Gunicorn: where it answers, and what it logs."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self._process = process
        self._lines = iter(process.stderr or ())
        self.log = ""
        self.url = self._listening()

    def _listening(self) -> str:
        for line in self._lines:
            self.log += line
            if found := re.search(r"Listening at: (http://[\d.:]+)", json.loads(line)["message"]):
                return found[1]
        raise AssertionError(f"gunicorn ended early: {self.log}")

    def get(self, path: str) -> requests.Response:
        return requests.get(self.url + path, timeout=20)

    def stop(self) -> int:
        self._process.terminate()
        return self.wait()

    def wait(self) -> int:
        self.log += "".join(self._lines)
        return self._process.wait(timeout=20)


@contextmanager
def _gunicorn(folder: Path, **settings: str) -> Iterator[Served]:
    home = {"HOME": str(folder), "XDG_RUNTIME_DIR": str(folder), "HOS_STATE_DIR": str(folder / "state")}
    command = [sys.executable, "-m", "gunicorn", "--config", CONFIG, "--bind", "127.0.0.1:0"]
    environment = os.environ | home | settings
    with subprocess.Popen(command, cwd=folder, env=environment, stderr=subprocess.PIPE, text=True) as process:
        try:
            yield Served(process)
        finally:
            process.terminate()


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Serve]:
    with ExitStack() as stack:
        yield lambda **settings: stack.enter_context(_gunicorn(tmp_path, **settings))


def test_gunicorn_serves_the_site_and_the_api(serve: Serve, tmp_path: Path) -> None:
    site = serve()
    page, live = site.get("/"), site.get("/api/v1/live")
    assert (page.status_code, live.status_code) == (200, 200)
    assert "There are no data yet" in page.text
    assert live.json()["attribution"]["url"] == "https://queue-times.com"
    assert list(tmp_path.rglob("*.ctl")) == []
    assert site.stop() == 0
    messages = [json.loads(line)["message"] for line in site.log.splitlines()]
    assert len([message for message in messages if message.startswith("Booting worker")]) == 2
    assert "Using worker: gthread" in messages


def test_gunicorn_starts_while_the_database_is_away(serve: Serve) -> None:
    site = serve(HOS_DATABASE_URL="mysql+pymysql://root@127.0.0.1:1/away")
    assert site.get("/").status_code == 503
    assert site.get("/api/health/live").status_code == 200
    assert site.stop() == 0
    assert "started without the database" in site.log


def test_gunicorn_does_not_start_with_a_wrong_setting(serve: Serve) -> None:
    site = serve(HOS_SITE_URL="queue-times")
    assert site.wait() != 0
    assert "HOS_SITE_URL is wrong" in site.log
