"""GET /api/health."""

from datetime import date, datetime, timedelta

import pytest
from flask.testing import FlaskClient

from hallofshame.store import engine as engines
from hallofshame.store import incidents, watch_ticks
from hallofshame.store.engine import Engine
from hallofshame.store.watch_ticks import Tick
from tests.clocks import StepClock
from tests.factories import NOON
from tests.judged_days import store_day
from tests.webapp.polled import opened, polled

pytestmark = pytest.mark.api


@pytest.mark.parametrize(
    ("age_minutes", "status", "code"), [(9, "ok", 200), (25, "warn", 200), (61, "fail", 503)], ids=str
)
def test_health_is_how_recent_the_newest_poll_is(
    age_minutes: int, status: str, code: int, client: FlaskClient, clock: StepClock, engine: Engine
) -> None:
    """S19."""
    polled(engine, NOON, opened(1))
    clock.sleep(60 * age_minutes)
    response = client.get("/api/health")
    assert response.status_code == code
    assert response.headers["Cache-Control"] == "no-store"
    assert response.get_json() == {
        "status": status,
        "checks": {
            "database": {"status": "ok"},
            "collection": {"status": status, "newest_at": "2026-05-01T12:00:00Z", "age_seconds": 60 * age_minutes},
            "hourly": {"status": "unknown", "newest_at": None, "age_seconds": None},
            "daily": {"status": "unknown", "parks_behind": 0},
            "watcher": {"status": "unknown", "newest_at": None, "age_seconds": None},
            "alerts": {"status": "ok", "open_incidents": 0, "undelivered_mails": 0},
        },
        "attribution": {"text": "Powered by Queue-Times.com", "url": "https://queue-times.com"},
    }


def judged(engine: Engine, op_day: date, *, is_final: bool, computed_at: datetime = NOON) -> None:
    with engines.begin(engine) as conn:
        store_day(conn, 6, op_day, {601: 0}, is_final=is_final, computed_at=computed_at)


@pytest.mark.parametrize(("age_minutes", "level"), [(65, "ok"), (125, "warn"), (200, "fail")], ids=str)
def test_an_hourly_judgement_that_does_not_come_is_seen(
    age_minutes: int, level: str, client: FlaskClient, clock: StepClock, engine: Engine
) -> None:
    """S19."""
    polled(engine, NOON, opened(601))
    judged(engine, NOON.date(), is_final=False, computed_at=NOON - timedelta(minutes=age_minutes))
    answer = client.get("/api/health").get_json()
    assert answer["checks"]["hourly"]["status"] == level
    assert answer["status"] == ("ok" if level == "ok" else "warn")


@pytest.mark.parametrize(("newest_final", "level", "behind"), [(30, "ok", 0), (29, "fail", 1)])
def test_days_that_are_not_closed_are_seen(
    newest_final: int, level: str, behind: int, client: FlaskClient, engine: Engine
) -> None:
    """New York's 30 April is over since 08:00 UTC."""
    polled(engine, NOON, opened(601))
    judged(engine, date(2026, 4, newest_final), is_final=True)
    assert client.get("/api/health").get_json()["checks"]["daily"] == {"status": level, "parks_behind": behind}


def test_a_watcher_that_looks_no_more_is_seen(client: FlaskClient, clock: StepClock, engine: Engine) -> None:
    with engines.begin(engine) as conn:
        watch_ticks.claim(conn, Tick("1", "web-1", NOON))
    assert client.get("/api/health").get_json()["checks"]["watcher"]["status"] == "ok"
    clock.sleep(1_000)
    watcher = client.get("/api/health").get_json()["checks"]["watcher"]
    assert watcher == {"status": "fail", "newest_at": "2026-05-01T12:00:00Z", "age_seconds": 1_000}


def test_an_alert_that_could_not_leave_is_seen(client: FlaskClient, engine: Engine) -> None:
    mail = {"message_id": "1", "thread_id": "1", "job": None, "host": "web-1", "subject": "FAIL", "queued_at": NOON}
    with engines.begin(engine) as conn:
        nobody: dict[str, object] = {"accepted_at": None, "accepted_by": None, "recipients": [], "tries": []}
        incidents.record_mails(conn, [mail | nobody])
    checks = client.get("/api/health").get_json()["checks"]
    assert checks["alerts"] == {"status": "warn", "open_incidents": 0, "undelivered_mails": 1}


def test_a_database_that_never_had_a_poll_is_unknown_and_not_ill(client: FlaskClient) -> None:
    response = client.get("/api/health")
    assert (response.status_code, response.get_json()["status"]) == (200, "unknown")


def test_a_database_that_is_away_fails_and_tells_strangers_nothing_of_it(client_without_database: FlaskClient) -> None:
    response = client_without_database.get("/api/health")
    assert response.status_code == 503
    checks = response.get_json()["checks"]
    assert checks.pop("database") == {"status": "fail"}
    assert set(checks) == {"collection", "hourly", "daily", "watcher", "alerts"}
    assert all(check == {"status": "unknown"} for check in checks.values())
    assert b"root" not in response.data


def test_the_process_is_alive_though_the_database_is_away(client_without_database: FlaskClient) -> None:
    response = client_without_database.get("/api/health/live")
    assert (response.status_code, response.get_json()["status"]) == (200, "ok")
