"""GET /metrics, as Prometheus reads it."""

from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from prometheus_client.parser import text_string_to_metric_families

from hallofshame.store import data_version, incidents, parks
from hallofshame.store import engine as engines
from hallofshame.store.engine import Engine
from tests.clocks import StepClock
from tests.factories import NOON, park
from tests.webapp.polled import opened, polled

pytestmark = pytest.mark.api


def metrics(client: FlaskClient) -> dict[str, float]:
    response = client.get("/metrics")
    assert (response.status_code, response.mimetype) == (200, "text/plain")
    families = text_string_to_metric_families(response.text)
    return {sample.name.removeprefix("hallofshame_"): sample.value for each in families for sample in each.samples}


def test_they_say_how_recent_the_data_are_and_what_waits(client: FlaskClient, engine: Engine, clock: StepClock) -> None:
    mail = {"message_id": "1", "thread_id": "1", "job": None, "host": "web-1", "subject": "FAIL", "queued_at": NOON}
    polled(engine, NOON - timedelta(minutes=10), opened(1), of=park(6))
    polled(engine, NOON, opened(2), of=park(7))
    with engines.begin(engine) as conn:
        parks.record(conn, [park(8)], NOON)
        data_version.step(conn, NOON)
        nobody: dict[str, object] = {"accepted_at": None, "accepted_by": None, "recipients": [], "tries": []}
        incidents.record_mails(conn, [mail | nobody])
    clock.sleep(90)
    assert metrics(client) == {
        "database_up": 1,
        "data_age_seconds": 90,
        "data_version": 1,
        "open_incidents": 0,
        "parks_listed": 3,
        "parks_polled": 2,
        "undelivered_mails": 1,
    }


def test_data_that_never_came_have_no_age(client: FlaskClient) -> None:
    found = metrics(client)
    assert "data_age_seconds" not in found
    assert (found["database_up"], found["data_version"], found["parks_listed"]) == (1, 0, 0)


def test_while_the_database_is_away_nothing_is_said_but_that(client_without_database: FlaskClient) -> None:
    assert metrics(client_without_database) == {"database_up": 0}


def test_nobody_keeps_them(client: FlaskClient) -> None:
    assert client.get("/metrics").headers["Cache-Control"] == "no-store"
