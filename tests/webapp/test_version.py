"""GET /api/version."""

from pathlib import Path

import pytest
from flask.testing import FlaskClient

from hallofshame import settings
from hallofshame.rules.constants import RULES_VERSION
from hallofshame.store.engine import Engine
from hallofshame.store.schema import REVISION
from tests.clocks import StepClock
from webapp.app import create_app

pytestmark = pytest.mark.api


def test_it_says_what_serves(engine: Engine, clock: StepClock) -> None:
    released = settings.load({"HOS_RELEASE": "1.4.2"}, Path("no-env-file"))
    response = create_app(released, clock, engine).test_client().get("/api/version")
    assert response.get_json() == {
        "release": "1.4.2",
        "rules_version": RULES_VERSION,
        "schema_revision": REVISION,
        "attribution": {"text": "Powered by Queue-Times.com", "url": "https://queue-times.com"},
    }
    assert response.headers["Cache-Control"] == "no-store"


def test_what_runs_from_no_release_has_none(client: FlaskClient) -> None:
    assert client.get("/api/version").get_json()["release"] is None


def test_a_database_that_is_away_hides_nothing_of_it(client_without_database: FlaskClient) -> None:
    response = client_without_database.get("/api/version")
    assert (response.status_code, response.get_json()["schema_revision"]) == (200, REVISION)
