"""GET /api/v1/parks."""

from datetime import timedelta

import pytest
from flask.testing import FlaskClient

from hallofshame.store import engine as engines
from hallofshame.store import parks
from hallofshame.store.engine import Engine
from tests.factories import NOON, park
from tests.webapp.polled import closed, opened, polled

pytestmark = pytest.mark.api


def test_every_park_is_listed_with_its_facts_and_its_rides(client: FlaskClient, engine: Engine) -> None:
    polled(engine, NOON - timedelta(minutes=10), opened(1), opened(2), of=park(6, name="Zoo"))
    polled(engine, NOON, opened(1), closed(3), opened(4, name="Single Rider"), of=park(6, name="Zoo"))
    with engines.begin(engine) as conn:
        parks.record(conn, [park(7, name="alton", latitude=None, longitude=None)], NOON)
    answer = client.get("/api/v1/parks").get_json()
    assert answer["meta"] == {"as_of": "2026-05-01T12:00:00Z", "stale": False, "reason": None}
    assert answer["attribution"]["text"] == "Powered by Queue-Times.com"
    facts = {
        "operator": "Operator",
        "country": "United States",
        "timezone": "America/New_York",
        "continent": "North America",
    }
    never_polled = {"latitude": None, "longitude": None, "rides_tracked": None, "polled_at": None}
    assert answer["data"] == [
        {"park_id": 7, "name": "alton", "queue_times_url": "https://queue-times.com/parks/7", **facts, **never_polled},
        {
            "park_id": 6,
            "name": "Zoo",
            "queue_times_url": "https://queue-times.com/parks/6",
            **facts,
            "latitude": 28.417663,
            "longitude": -81.581212,
            "rides_tracked": 2,
            "polled_at": "2026-05-01T12:00:00Z",
        },
    ]


def test_an_empty_database_lists_no_park(client: FlaskClient) -> None:
    answer = client.get("/api/v1/parks").get_json()
    assert (answer["data"], answer["meta"]["reason"]) == ([], "no park has answered yet")
