"""The site as it is served, while its MariaDB is stopped, comes back, and hangs."""

import os
import signal
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from hallofshame import leaderboards
from hallofshame.rules.periods import Period
from hallofshame.store import database
from hallofshame.store import engine as engines
from tests import mariadb
from tests.factories import park
from tests.judged_days import enter_parks
from tests.webapp.served import Served, gunicorn

pytestmark = [pytest.mark.integration, pytest.mark.slow]

ASKED, NEVER_ASKED = "/api/v1/parks/rankings", "/api/v1/rides/rankings"
WITHIN_SECONDS = 15
PROMPTLY_SECONDS = 8  # three seconds for the database, and a busy machine


@pytest.fixture
def folder() -> Iterator[Path]:
    with mariadb.installed() as folder:
        yield folder


def fill(url: str) -> None:
    engine = database.open_as_it_is(url)
    database.migrate(engine)
    with engines.begin(engine) as conn:
        enter_parks(conn, park(1, name="Alpha"))
        leaderboards.refresh(conn, [park(1, name="Alpha")], [Period.LAST_7_DAYS], datetime.now(UTC))
    engine.dispose()


def until(site: Served, path: str, holds: Callable[[int, dict[str, Any]], bool]) -> dict[str, Any]:
    """Ask until it holds of status and answer; either worker may be the one that is asked."""
    give_up_at = time.monotonic() + WITHIN_SECONDS
    while time.monotonic() < give_up_at:
        response = site.get(path)
        answer: dict[str, Any] = response.json()
        if holds(response.status_code, answer):
            return answer
        time.sleep(0.2)
    raise AssertionError(f"{path}: {response.status_code} {response.text[:300]}")


def is_stale(status: int, answer: dict[str, Any]) -> bool:
    return status == 200 and bool(answer["meta"]["stale"]) and "our database" in answer["meta"]["reason"]


def is_fresh(status: int, answer: dict[str, Any]) -> bool:
    return status == 200 and not answer["meta"]["stale"]


def test_the_last_answers_are_served_until_the_database_is_back(folder: Path, tmp_path: Path) -> None:
    with mariadb.running(folder) as socket:
        mariadb.execute(socket, "CREATE DATABASE site")
        url = mariadb.url(socket, "site", "mysqldb")
        fill(url)
        with gunicorn(tmp_path, HOS_DATABASE_URL=url, HOS_REQUESTS_PER_MINUTE="0", HOS_WEB_WORKERS="1") as site:
            good = until(site, ASKED, is_fresh)
            os.kill(int((folder / "pid").read_text()), signal.SIGTERM)
            last = until(site, ASKED, is_stale)
            assert last["data"] == good["data"]
            refused = site.get(NEVER_ASKED)
            assert (refused.status_code, refused.headers["Retry-After"]) == (503, "60")
            assert refused.headers["Content-Type"] == "application/problem+json"
            with mariadb.running(folder):
                assert until(site, ASKED, is_fresh)["data"] == good["data"]
                assert until(site, NEVER_ASKED, is_fresh)["data"] == []


def test_a_database_that_hangs_keeps_nobody_waiting_for_long(folder: Path, tmp_path: Path) -> None:
    with mariadb.running(folder) as socket:
        mariadb.execute(socket, "CREATE DATABASE site")
        url = mariadb.url(socket, "site", "mysqldb")
        fill(url)
        with gunicorn(tmp_path, HOS_DATABASE_URL=url, HOS_REQUESTS_PER_MINUTE="0", HOS_WEB_WORKERS="1") as site:
            until(site, ASKED, is_fresh)
            pid = int((folder / "pid").read_text())
            os.kill(pid, signal.SIGSTOP)
            try:
                started = time.monotonic()
                until(site, ASKED, is_stale)
                assert site.get(NEVER_ASKED).status_code == 503
                assert time.monotonic() - started < 2 * PROMPTLY_SECONDS
            finally:
                os.kill(pid, signal.SIGCONT)
            until(site, ASKED, is_fresh)
