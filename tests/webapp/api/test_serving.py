"""How every route is served: from the cache while nothing changed, with an ETag, and while the database is away."""

import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event

from hallofshame import settings
from hallofshame.errors import Transient
from hallofshame.store import data_version
from hallofshame.store import engine as engines
from hallofshame.store.engine import Engine
from tests.clocks import StepClock
from tests.factories import NOON
from tests.webapp.conftest import NO_LIMITS
from tests.webapp.polled import opened, polled
from webapp import world
from webapp.app import create_app
from webapp.response_cache import Kept, ResponseCache, Token

pytestmark = pytest.mark.api

PATH = "/api/v1/parks"
TOKEN = Token(version=1, minute=0)


@pytest.fixture
def statements(engine: Engine) -> list[str]:
    """What the database is asked."""
    asked: list[str] = []
    event.listen(engine, "before_cursor_execute", lambda _conn, _cursor, statement, *_: asked.append(statement))
    return asked


def step(engine: Engine, minutes: int = 0) -> None:
    with engines.begin(engine) as conn:
        data_version.step(conn, NOON + timedelta(minutes=minutes))


def test_what_was_answered_is_answered_again_without_asking_the_database(
    client: FlaskClient, engine: Engine, statements: list[str]
) -> None:
    step(engine)
    first = client.get(PATH)
    statements.clear()
    again = client.get(PATH)
    assert statements == []
    assert (again.data, again.headers["ETag"]) == (first.data, first.headers["ETag"])


def test_a_new_version_is_seen_within_a_second(client: FlaskClient, engine: Engine, clock: StepClock) -> None:
    step(engine)
    assert client.get(PATH).get_json()["meta"]["data_version"] == 1
    step(engine, minutes=1)
    clock.sleep(1)
    meta = client.get(PATH).get_json()["meta"]
    assert (meta["data_version"], meta["generated_at"]) == (2, "2026-05-01T12:01:00Z")


def test_the_clock_alone_makes_data_old(client: FlaskClient, engine: Engine, clock: StepClock) -> None:
    polled(engine, NOON, opened(1))
    step(engine)
    assert client.get(PATH).get_json()["meta"]["stale"] is False
    clock.sleep(21 * 60)
    meta = client.get(PATH).get_json()["meta"]
    assert (meta["stale"], meta["reason"]) == (True, "no park has answered for more than 20 minutes")


def test_the_same_bytes_need_not_be_sent_again(client: FlaskClient, engine: Engine, clock: StepClock) -> None:
    step(engine)
    first = client.get(PATH)
    clock.sleep(120)
    again = client.get(PATH, headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.data, again.headers["ETag"]) == (304, b"", first.headers["ETag"])
    step(engine)
    clock.sleep(1)
    assert client.get(PATH, headers={"If-None-Match": first.headers["ETag"]}).status_code == 200


def test_an_answer_says_how_long_it_may_be_kept(client: FlaskClient) -> None:
    headers = client.get(PATH).headers
    assert headers["Cache-Control"] == "public, max-age=60, stale-while-revalidate=600, stale-if-error=86400"
    assert headers["Vary"] == "Accept"


def test_a_head_is_answered_as_a_get_without_its_body(client: FlaskClient) -> None:
    got, asked = client.get(PATH), client.head(PATH)
    assert (asked.status_code, asked.data, asked.headers["ETag"]) == (200, b"", got.headers["ETag"])


def test_an_error_is_kept_by_nobody(client: FlaskClient) -> None:
    assert client.get("/api/v1/parks/1").headers["Cache-Control"] == "no-store"


@pytest.fixture
def break_database(client: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """From then on nothing can be read."""

    def away(*_: object) -> Any:
        raise Transient("database mysql://host/name: gone")

    return lambda: monkeypatch.setattr(engines, "read", away)


def test_while_the_database_is_away_the_last_answer_says_that_it_is(
    client: FlaskClient, engine: Engine, clock: StepClock, break_database: Callable[[], None]
) -> None:
    polled(engine, NOON, opened(1))
    step(engine)
    good = client.get(PATH)
    table = client.get(f"{PATH}?format=csv")
    break_database()
    clock.sleep(90)
    last = client.get(PATH)
    assert last.get_json()["data"] == good.get_json()["data"]
    meta = last.get_json()["meta"]
    assert (meta["stale"], meta["reason"]) == (True, "our database does not answer: these are the last data we have")
    assert (last.status_code, last.headers["Data-Stale"]) == (200, "true")
    assert last.headers["ETag"] != good.headers["ETag"]
    old_table = client.get(f"{PATH}?format=csv")
    assert (old_table.data, old_table.headers["Data-Stale"]) == (table.data, "true")


def test_what_was_never_asked_for_is_503_while_the_database_is_away(
    client: FlaskClient, break_database: Callable[[], None]
) -> None:
    break_database()
    response = client.get(PATH)
    assert (response.status_code, response.mimetype) == (503, "application/problem+json")
    assert response.headers["Retry-After"] == "60"


def test_it_comes_back_by_itself(
    client: FlaskClient,
    engine: Engine,
    clock: StepClock,
    monkeypatch: pytest.MonkeyPatch,
    break_database: Callable[[], None],
) -> None:
    step(engine)
    client.get(PATH)
    break_database()
    clock.sleep(1)
    assert client.get(PATH).get_json()["meta"]["stale"] is True
    monkeypatch.undo()
    clock.sleep(2)
    response = client.get(PATH)
    assert "Data-Stale" not in response.headers
    assert response.get_json()["meta"]["stale"] is None


def test_a_database_that_is_away_is_not_asked_by_every_reader(
    client: FlaskClient, engine: Engine, clock: StepClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each would wait for it."""
    step(engine)
    client.get(PATH)
    clock.sleep(1)
    tried = []

    def away(*_: object) -> Any:
        tried.append(1)
        raise Transient("gone")

    monkeypatch.setattr(engines, "read", away)
    for _ in range(5):
        client.get(PATH)
    assert len(tried) == 1


def test_the_cache_is_bounded_and_forgets_what_was_asked_for_longest_ago() -> None:
    cache = ResponseCache(most_bytes=10_000)
    for number in range(10):
        cache.put(number, Kept(TOKEN, b"x" * 2_000, "text/plain", str(number)))
        cache.get(0)
    assert [number for number in range(10) if cache.get(number)] == [0, 8, 9]
    cache.put(9, Kept(TOKEN, b"y" * 6_000, "text/plain", "9"))
    assert [number for number in range(10) if cache.get(number)] == [8, 9]


def kept(minute: int, body: bytes = b"") -> Kept:
    return Kept(Token(1, minute), body, "text/plain", "")


def test_while_one_thread_renews_the_others_serve_what_is_a_minute_old() -> None:
    cache, meanwhile = ResponseCache(), []

    def make() -> Kept:
        meanwhile.append(cache.renewed("other", kept(0, b"old"), Token(1, 1), lambda: kept(1, b"new")).body)
        meanwhile.append(cache.renewed("too old", kept(0, b"old"), Token(1, 2), lambda: kept(2, b"new")).body)
        meanwhile.append(cache.renewed("never asked", None, Token(1, 1), lambda: kept(1, b"new")).body)
        return kept(1, b"new")

    assert cache.renewed("one", kept(0), Token(1, 1), make).body == b"new"
    assert meanwhile == [b"old", b"new", b"new"]
    assert cache.renewed("other", kept(0, b"old"), Token(1, 1), lambda: kept(1, b"new")).body == b"new"


def test_a_renewal_that_fails_lets_the_next_one_try() -> None:
    def fail() -> Kept:
        raise Transient("gone")

    cache = ResponseCache()
    with pytest.raises(Transient):
        cache.renewed("one", kept(0), Token(1, 1), fail)
    assert cache.renewed("one", kept(0), Token(1, 1), lambda: kept(1, b"new")).body == b"new"


def test_what_is_refused_fills_no_cache(client: FlaskClient) -> None:
    with client.application.app_context():
        cache = world.world().cache
    for number in range(5):
        client.get(f"/api/v1/parks/rankings?limit={200 + number}")
        client.get(f"/api/v1/rides/{number}")
    assert cache._kept == {}


def app_with(engine: Engine, clock: StepClock, **given: str) -> Flask:
    return create_app(settings.load(NO_LIMITS | given, Path("no-env-file")), clock, engine)


@pytest.mark.parametrize(
    ("request_", "status"),
    [
        ({"method": "POST"}, 405),
        ({"method": "GET", "data": b"{}", "content_type": "application/json"}, 415),
        ({"method": "GET", "data": b"x" * 20_000}, 413),
        ({"method": "GET", "query_string": "q=" + "x" * 4_000}, 414),
    ],
)
def test_what_nobody_should_ask_is_a_problem(request_: dict[str, Any], status: int, client: FlaskClient) -> None:
    response = client.open(PATH, **request_)
    assert (response.status_code, response.mimetype) == (status, "application/problem+json")
    assert json.loads(response.data)["status"] == status


def test_other_sites_pages_may_read_the_api_only_where_they_are_named(engine: Engine, clock: StepClock) -> None:
    origin = {"Origin": "https://example.org"}
    named = app_with(engine, clock, HOS_CORS_ORIGINS="https://example.org, https://example.com").test_client()
    assert named.get(PATH, headers=origin).headers["Access-Control-Allow-Origin"] == "https://example.org"
    assert "Access-Control-Allow-Origin" not in named.get(PATH, headers={"Origin": "https://evil.example"}).headers
    assert "Access-Control-Allow-Origin" not in named.get("/", headers=origin).headers
    assert "Access-Control-Allow-Origin" not in app_with(engine, clock).test_client().get(PATH, headers=origin).headers
