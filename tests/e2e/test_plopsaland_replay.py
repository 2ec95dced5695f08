"""The recorded payloads of one park, replayed over HTTP at their own times: the database holds what they hold."""

import json
import os
import subprocess
import sysconfig
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from hallofshame import settings
from hallofshame.clock import FixedClock, to_iso
from hallofshame.runtime import Runtime
from hallofshame.settings import RunContext
from hallofshame.store import database
from hallofshame.store import engine as engines
from hallofshame.store.engine import Engine
from hallofshame.store.schema import polls, readings, ride_names, rides
from jobs import collect
from tests.http_server import send, serve
from tests.shared_data import shared
from webapp.app import create_app

pytestmark = [pytest.mark.integration, pytest.mark.slow]

PLOPSALAND = 54
STALE = timedelta(minutes=30)


class Feed:
    """Serves the list of parks with this one park, and whichever payload is its turn."""

    def __init__(self) -> None:
        whole = json.loads(shared("data", "payloads", "parks_2023-11-02.json").read_text(encoding="utf8"))
        one = [group | {"parks": [p for p in group["parks"] if p["id"] == PLOPSALAND]} for group in whole]
        self.parks = json.dumps([group for group in one if group["parks"]]).encode()
        self.payload = b""

    def __call__(self, handler: BaseHTTPRequestHandler) -> None:
        pages = {"/parks.json": self.parks, f"/parks/{PLOPSALAND}/queue_times.json": self.payload}
        send(handler, pages[handler.path])


@pytest.fixture
def feed() -> Feed:
    return Feed()


@pytest.fixture
def feed_url(feed: Feed) -> Iterator[str]:
    with serve(feed) as url:
        yield url


def recorded() -> list[tuple[datetime, bytes]]:
    """The payloads with the moment each was fetched, which is its file's name."""
    files = sorted(shared("data", "payloads", "plopsaland_2022-12").glob("data-*.json"))
    return [(datetime.strptime(f.stem, "data-%Y%m%d-%H%M%S").replace(tzinfo=UTC), f.read_bytes()) for f in files]


def environment(state: Path, feed_url: str, database_url: str) -> dict[str, str]:
    return {
        "PATH": f"{sysconfig.get_path('scripts')}:{os.environ['PATH']}",
        "HOS_STATE_DIR": str(state),
        "HOS_DATABASE_URL": database_url,
        "HOS_QUEUE_TIMES_URL": feed_url,
        "HOS_QUEUE_TIMES_REQUESTS_PER_SECOND": "0",
    }


def command(given: dict[str, str], state: Path, *argv: str) -> str:
    done = subprocess.run(argv, env=given, cwd=state, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_every_payload_through_the_wrapper(feed: Feed, feed_url: str, tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/replay.sqlite3"
    given = environment(tmp_path, feed_url, url)
    for moment, payload in recorded():
        feed.payload = payload
        command(given, tmp_path, "hos-cron", "collect", "--", "hos-collect", "--at", to_iso(moment))
    command(given, tmp_path, "hos", "flush")
    runs = json.loads(command(given, tmp_path, "hos", "runs", "collect", "--limit", "999", "--json"))
    assert [(run["state"], run["report"]["parks_ok"]) for run in runs] == [("succeeded", 1)] * 107
    assert not list((tmp_path / "journal").glob("*.jsonl"))
    opened = database.open_ready(url)
    assert_holds_the_payloads(opened)
    opened.dispose()


def test_every_payload_on_mariadb_ten_of_them_through_the_wrapper(
    feed: Feed, feed_url: str, tmp_path: Path, mariadb_url: str
) -> None:
    given = environment(tmp_path, feed_url, mariadb_url)
    command(given, tmp_path, "hos", "migrate")
    opened = database.open_ready(mariadb_url)
    loaded = settings.load(given, tmp_path / "no-env-file")
    for number, (moment, payload) in enumerate(recorded()):
        feed.payload = payload
        if number % 11 == 0:
            command(given, tmp_path, "hos-cron", "collect", "--", "hos-collect", "--at", to_iso(moment))
        else:
            collect.run(Runtime(loaded, RunContext(), FixedClock(moment), opened, moment))
    command(given, tmp_path, "hos", "flush")
    runs = json.loads(command(given, tmp_path, "hos", "runs", "collect", "--json"))
    assert [run["state"] for run in runs] == ["succeeded"] * 10
    assert_holds_the_payloads(opened)
    opened.dispose()


def test_the_api_and_the_page_show_what_the_payloads_hold(feed: Feed, feed_url: str, tmp_path: Path) -> None:
    """The last Saturday at five: what was open that day and is not any more, and since when."""
    asked_at = datetime(2022, 12, 10, 17, 0, 1, tzinfo=UTC)
    given = environment(tmp_path, feed_url, f"sqlite:///{tmp_path}/live.sqlite3")
    loaded = settings.load(given, tmp_path / "no-env-file")
    opened = database.open_ready(loaded.database_url.get_secret_value())
    until_then = [(at, body) for at, body in recorded() if at.date() == asked_at.date() and at <= asked_at]
    that_day = [(at, json.loads(body)["rides"]) for at, body in until_then]
    for at, rides_then in that_day:
        feed.payload = json.dumps({"lands": [], "rides": rides_then}).encode()
        collect.run(Runtime(loaded, RunContext(), FixedClock(at), opened, at))
    client = create_app(loaded, FixedClock(asked_at), opened).test_client()
    [plopsaland] = json.loads(client.get("/api/v1/live").text)["data"]
    told = {ride["ride_id"]: ride["closed_since_at"] for ride in plopsaland["down"]}
    assert told == {ride_id: to_iso(since) for ride_id, since in closed_after_opening(that_day).items()}
    assert told
    now = that_day[-1][1]
    assert plopsaland["rides_open"] == sum(is_open(ride) for ride in now)
    page = client.get("/").text
    for ride in now:
        shown = f"/parks/{PLOPSALAND}/rides/{ride['id']}" in page
        assert shown == (ride["id"] in told), ride["name"]
    opened.dispose()


def closed_after_opening(polls_of_day: list[tuple[datetime, list[dict[str, Any]]]]) -> dict[int, datetime]:
    """Rides that were open that day and are closed in its last payload, with the first payload that said so."""
    since: dict[int, datetime] = {}
    seen_open = set()
    for at, rides_then in polls_of_day:
        for ride in rides_then:
            if is_open(ride):
                seen_open.add(ride["id"])
                since.pop(ride["id"], None)
            else:
                since.setdefault(ride["id"], at)
    return {ride_id: at for ride_id, at in since.items() if ride_id in seen_open}


def is_open(ride: dict[str, Any]) -> bool:
    return bool(ride["is_open"] or ride["wait_time"] > 0)


def assert_holds_the_payloads(opened: Engine) -> None:
    expected = {moment: rows_of(json.loads(payload), moment) for moment, payload in recorded()}
    with engines.read(opened) as conn:
        stored: dict[datetime, dict[int, Any]] = {moment: {} for moment in conn.execute(select(polls.c.slot)).scalars()}
        for row in conn.execute(select(readings)):
            updated = row.last_updated.strftime("%Y-%m-%dT%H:%M:%S.000Z")
            stored[row.slot][row.ride_id] = (row.is_open, row.wait_minutes, updated, row.state)
        names = {row.ride_id: row.name for row in conn.execute(select(rides))}
        history = {(row.ride_id, row.name) for row in conn.execute(select(ride_names))}
    assert stored == expected
    served = [(r["id"], r["name"]) for _, payload in recorded() for r in json.loads(payload)["rides"]]
    assert names == dict(served)
    assert history == set(served)


def rows_of(payload: dict[str, Any], moment: datetime) -> dict[int, tuple[bool, int, str, str]]:
    assert payload["lands"] == []
    return {r["id"]: (r["is_open"], r["wait_time"], r["last_updated"], state_of(r, moment)) for r in payload["rides"]}


def state_of(ride: dict[str, Any], moment: datetime) -> str:
    if moment - datetime.fromisoformat(ride["last_updated"]) > STALE:
        return "unknown"
    return "open" if is_open(ride) else "closed"
