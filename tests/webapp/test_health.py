"""GET /api/health."""

import pytest
from flask.testing import FlaskClient

from hallofshame.store import engine as engines
from hallofshame.store import incidents
from hallofshame.store.engine import Engine
from tests.clocks import StepClock
from tests.factories import NOON
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
            "collection": {"status": status, "polled_at": "2026-05-01T12:00:00Z", "age_seconds": 60 * age_minutes},
            "alerts": {"status": "ok", "open_incidents": 0, "undelivered_mails": 0},
        },
        "attribution": {"text": "Powered by Queue-Times.com", "url": "https://queue-times.com"},
    }


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
    assert response.get_json()["checks"] == {
        "database": {"status": "fail"},
        "collection": {"status": "unknown"},
        "alerts": {"status": "unknown"},
    }
    assert b"root" not in response.data


def test_the_process_is_alive_though_the_database_is_away(client_without_database: FlaskClient) -> None:
    response = client_without_database.get("/api/health/live")
    assert (response.status_code, response.get_json()["status"]) == (200, "ok")
