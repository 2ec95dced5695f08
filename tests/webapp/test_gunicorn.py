"""The site as it is served: real Gunicorn, with the configuration that is deployed."""

import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.webapp.served import Served, gunicorn

pytestmark = pytest.mark.integration

Serve = Callable[..., Served]


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Serve]:
    with ExitStack() as stack:
        yield lambda **settings: stack.enter_context(gunicorn(tmp_path, **settings))


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
