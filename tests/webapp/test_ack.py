"""The links of alert mails: GET shows, POST asks, and only what we signed is obeyed."""

from datetime import timedelta
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from hallofshame import settings
from hallofshame.alerts import ack_links
from hallofshame.store import engine as engines
from hallofshame.store import incidents
from hallofshame.store.engine import Engine
from tests.clocks import StepClock
from tests.factories import NOON
from webapp.app import create_app

pytestmark = pytest.mark.api

KEY = "k" * 32
INCIDENT_ID = "0192f3a4-7c1e-7000-8000-000000000001"
LATER = NOON + timedelta(days=7)


@pytest.fixture
def client(engine: Engine, clock: StepClock) -> FlaskClient:
    loaded = settings.load({"HOS_SIGNING_KEY": KEY}, Path("no-env-file"))
    with engines.begin(engine) as conn:
        incidents.record_incidents(conn, [incident()])
    return create_app(loaded, clock, engine).test_client()


def incident() -> dict[str, object]:
    return {
        "incident_id": INCIDENT_ID,
        "job": "collect",
        "kind": "timed_out",
        "host": "web-1",
        "opened_at": NOON,
        "changed_at": NOON,
        "failures": 3,
        "told": 1,
        "detail": "<script>",
        "is_flapping": False,
        **dict.fromkeys(("ended_at", "acknowledged_at", "snoozed_until", "run_id", "storm_id")),
    }


def link(action: str = "acknowledge", incident_id: str = INCIDENT_ID) -> str:
    return f"/ack/{ack_links.make(KEY, action, incident_id, LATER)}"


def asked(engine: Engine) -> list[str]:
    with engines.read(engine) as conn:
        return [request["action"] for request in incidents.asked(conn)]


def test_a_link_shows_what_it_is_for_and_does_nothing(client: FlaskClient, engine: Engine) -> None:
    response = client.get(link())
    assert response.status_code == 200
    assert "collect: timed out" in response.text
    assert "3 times" in response.text
    assert "&lt;script&gt;" in response.text
    assert (response.headers["Cache-Control"], response.headers["Referrer-Policy"]) == ("no-store", "no-referrer")
    assert asked(engine) == []


@pytest.mark.parametrize(("action", "said"), [("acknowledge", "acknowledged"), ("snooze", "snoozed for an hour")])
def test_its_button_asks_for_it(action: str, said: str, client: FlaskClient, engine: Engine) -> None:
    response = client.post(link(action))
    assert response.status_code == 200
    assert f"collect: {said}" in response.text
    assert asked(engine) == [action]


def test_what_we_did_not_sign_is_refused(client: FlaskClient, engine: Engine) -> None:
    forged = client.post(link()[:-1] + "x")
    assert forged.status_code == 403
    assert asked(engine) == []


def test_a_link_expires(client: FlaskClient, clock: StepClock) -> None:
    clock.sleep(timedelta(days=7).total_seconds())
    assert client.get(link()).status_code == 403


def test_an_incident_that_nobody_knows_is_not_found(client: FlaskClient) -> None:
    assert client.get(link(incident_id="another")).status_code == 404


def test_without_a_key_there_are_no_links(engine: Engine, clock: StepClock) -> None:
    client = create_app(settings.load({}, Path("no-env-file")), clock, engine).test_client()
    assert client.get(link()).status_code == 404
