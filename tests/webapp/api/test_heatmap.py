"""GET /api/v1/heatmap: a cell for each hour of each day, on the park's own clocks."""

import csv
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import delete, insert

from hallofshame.store import engine as engines
from hallofshame.store.engine import Connection, Engine
from hallofshame.store.schema import park_hours, ride_hours
from tests.factories import park
from tests.judged_days import enter_parks, store_day

pytestmark = pytest.mark.api

DAY = timedelta(days=1)
TODAY = date(2026, 5, 1)
HOUR = timedelta(hours=1)


def get(client: FlaskClient, **asked: object) -> dict[str, Any]:
    response = client.get("/api/v1/heatmap", query_string=asked)
    assert response.status_code == 200, response.get_json()
    answer: dict[str, Any] = response.get_json()
    return answer


def refusal(client: FlaskClient, **asked: object) -> str:
    response = client.get("/api/v1/heatmap", query_string=asked)
    assert response.status_code == 400
    detail: str = response.get_json()["detail"]
    return detail


def replace_hours(conn: Connection, hours: dict[datetime, dict[int, dict[str, int]]]) -> None:
    """Hours of rides by moment and ride, all of one day of park 1 and of weight 2."""
    for table in (ride_hours, park_hours):
        conn.execute(delete(table))
    for hour, of_rides in hours.items():
        key = {"park_id": 1, "op_day": TODAY - DAY, "hour": hour}
        waits = {"wait_readings": 0, "wait_minutes_sum": 0}
        conn.execute(insert(ride_hours), [key | waits | {"ride_id": i} | facts for i, facts in of_rides.items()])
        up_s, down_s = (sum(facts[name] for facts in of_rides.values()) for name in ("up_s", "down_s"))
        sums = {"up_s": up_s, "down_s": down_s, "weighted_down_s": 2 * down_s, "weighted_sched_s": 2 * (up_s + down_s)}
        conn.execute(insert(park_hours).values(**key, **sums))


@pytest.fixture
def _two_hours(engine: Engine) -> None:
    """10 and 11 o'clock in New York; ride 102 stood still in the second, and nobody's wait was read then."""
    ten = datetime(2026, 4, 30, 14, tzinfo=UTC)
    with engines.begin(engine) as conn:
        enter_parks(conn, park(1))
        store_day(conn, 1, TODAY - DAY, {101: 0, 102: 3_600})
        first = {
            101: {"up_s": 3_600, "down_s": 0, "wait_readings": 6, "wait_minutes_sum": 60},
            102: {"up_s": 3_600, "down_s": 0, "wait_readings": 2, "wait_minutes_sum": 80},
        }
        second = {101: {"up_s": 3_600, "down_s": 0}, 102: {"up_s": 900, "down_s": 2_700}}
        replace_hours(conn, {ten: first, ten + HOUR: second})


@pytest.mark.usefixtures("_two_hours")
def test_a_cell_of_a_park_is_of_all_its_rides(client: FlaskClient) -> None:
    answer = get(client, kind="park", id=1)
    assert answer["data"] == [
        {
            "op_day": "2026-04-30",
            "hour": "2026-04-30T14:00:00Z",
            "local_hour": 10,
            "value": 0.0,
            "down_seconds": 0,
            "operating_seconds": 7_200,
            "lost_share_percent": 0.0,
            "average_wait_minutes": 17.5,
        },
        {
            "op_day": "2026-04-30",
            "hour": "2026-04-30T15:00:00Z",
            "local_hour": 11,
            "value": 37.5,
            "down_seconds": 2_700,
            "operating_seconds": 7_200,
            "lost_share_percent": 37.5,
            "average_wait_minutes": None,
        },
    ]
    meta = {name: answer["meta"][name] for name in ("from", "to", "coverage")}
    assert meta == {"from": "2026-04-18", "to": "2026-05-01", "coverage": 1.0}


@pytest.mark.usefixtures("_two_hours")
def test_a_cell_of_a_ride_is_of_that_ride_alone(client: FlaskClient) -> None:
    cells = get(client, kind="ride", id=102)["data"]
    assert [(cell["local_hour"], cell["value"], cell["average_wait_minutes"]) for cell in cells] == [
        (10, 0.0, 40.0),
        (11, 75.0, None),
    ]


@pytest.mark.usefixtures("_two_hours")
def test_the_measure_says_what_the_value_is_and_changes_nothing_else(client: FlaskClient) -> None:
    for kind, subject, waits in (("park", 1, [17.5, None]), ("ride", 102, [40.0, None])):
        by_downtime = get(client, kind=kind, id=subject, measure="downtime")["data"]
        by_wait = get(client, kind=kind, id=subject, measure="wait")["data"]
        assert [cell["value"] for cell in by_wait] == waits
        for one, other in zip(by_downtime, by_wait, strict=True):
            assert one | {"value": None} == other | {"value": None}


def test_hours_are_those_of_the_zone_the_day_was_cut_by(client: FlaskClient, engine: Engine) -> None:
    """S22: the park's zone was corrected since."""
    with engines.begin(engine) as conn:
        enter_parks(conn, park(1, timezone="Asia/Kolkata"))
        store_day(conn, 1, TODAY - DAY, {101: 0}, timezone="Asia/Kolkata")
        store_day(conn, 1, TODAY - 2 * DAY, {101: 0}, timezone="Europe/Rome")
    for kind, subject in (("park", 1), ("ride", 101)):
        cells = get(client, kind=kind, id=subject)["data"]
        assert [(cell["hour"], cell["local_hour"]) for cell in cells] == [
            ("2026-04-29T14:00:00Z", 16),
            ("2026-04-30T14:00:00Z", 19),
        ]


def test_the_hour_that_comes_twice_stays_two_cells(client: FlaskClient, engine: Engine) -> None:
    """C23: clocks go back from 3 to 2."""
    midnight = datetime(2025, 10, 26, 0, tzinfo=UTC)
    with engines.begin(engine) as conn:
        enter_parks(conn, park(1, timezone="Europe/Rome"))
        store_day(conn, 1, TODAY - DAY, {101: 0}, timezone="Europe/Rome")
        both = {midnight + number * HOUR: {101: {"up_s": 1_800, "down_s": 1_800}} for number in range(2)}
        replace_hours(conn, both)
    cells = get(client, kind="park", id=1)["data"]
    assert [(cell["hour"], cell["local_hour"], cell["value"]) for cell in cells] == [
        ("2025-10-26T00:00:00Z", 2, 50.0),
        ("2025-10-26T01:00:00Z", 2, 50.0),
    ]


@pytest.mark.usefixtures("_two_hours")
def test_a_heatmap_can_be_had_as_a_table(client: FlaskClient) -> None:
    response = client.get("/api/v1/heatmap?kind=park&id=1&format=csv")
    assert response.mimetype == "text/csv"
    table = list(csv.DictReader(response.text.splitlines()))
    assert [(line["local_hour"], line["value"]) for line in table] == [("10", "0.0"), ("11", "37.5")]


@pytest.mark.parametrize("kind", ["park", "ride"])
def test_what_nobody_has_seen_is_not_found(client: FlaskClient, kind: str) -> None:
    """S12: nothing is made up for an empty database."""
    response = client.get(f"/api/v1/heatmap?kind={kind}&id=12")
    assert (response.status_code, response.get_json()["detail"]) == (404, f"There is no {kind} 12.")


@pytest.mark.usefixtures("_two_hours")
def test_what_cannot_be_asked_for_is_refused_with_what_is_allowed(client: FlaskClient) -> None:
    assert refusal(client) == "kind: field required; id: field required"
    assert "'park' or 'ride'" in refusal(client, kind="land", id=1)
    assert "'downtime' or 'wait'" in refusal(client, kind="park", id=1, measure="score")
    assert refusal(client, kind="park", id=0).startswith("id: ")
    assert refusal(client, kind="park", id=2**32).startswith("id: ")
    too_many = refusal(client, kind="park", id=1, **{"from": TODAY - 31 * DAY})
    assert too_many == "from, to: 32 days are too many (allowed: at most 31)"
