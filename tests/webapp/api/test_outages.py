"""GET /api/v1/rides/…/outages: each outage with start and end, the newest first, and whether it counts."""

import csv
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import update

from hallofshame.store import engine as engines
from hallofshame.store.engine import Engine
from hallofshame.store.schema import outages, ride_days
from tests.factories import park
from tests.judged_days import enter_parks, store_day

pytestmark = pytest.mark.api

DAY = timedelta(days=1)
TODAY = date(2026, 5, 1)


def get(client: FlaskClient, **asked: object) -> dict[str, Any]:
    response = client.get("/api/v1/rides/101/outages", query_string=asked)
    assert response.status_code == 200, response.get_json()
    answer: dict[str, Any] = response.get_json()
    return answer


def op_days(client: FlaskClient, **asked: object) -> list[str]:
    return [row["op_day"] for row in get(client, **asked)["data"]]


@pytest.fixture
def _five_days(engine: Engine) -> None:
    """Rides 101 and 102 were down on every second day, the former not today."""
    with engines.begin(engine) as conn:
        enter_parks(conn, park(1))
        store_day(conn, 1, TODAY, {101: 0, 102: 600}, is_final=False)
        for number in range(2, 11, 2):
            store_day(conn, 1, TODAY - number * DAY, {101: 60 * number, 102: 600})


def test_an_outage_is_told_with_what_it_cost(client: FlaskClient, engine: Engine) -> None:
    with engines.begin(engine) as conn:
        enter_parks(conn, park(1))
        store_day(conn, 1, TODAY, {101: 3_600, 102: 600}, is_final=False)
        conn.execute(update(outages).values(down_s=1_800, has_reopened=False))
    answer = get(client)
    assert answer["data"] == [
        {
            "op_day": "2026-05-01",
            "began_at": "2026-05-01T14:00:00Z",
            "ended_at": "2026-05-01T15:00:00Z",
            "down_seconds": 1_800,
            "has_reopened": False,
            "is_final": False,
            "is_counted": True,
        }
    ]
    meta = {name: answer["meta"][name] for name in ("from", "to", "coverage", "total", "next")}
    assert meta == {"from": "2026-04-02", "to": "2026-05-01", "coverage": 1.0, "total": 1, "next": None}


@pytest.mark.usefixtures("_five_days")
def test_outages_come_in_pages_the_newest_first(client: FlaskClient) -> None:
    first = get(client, limit=2, **{"from": "2026-04-01"})
    assert [row["op_day"] for row in first["data"]] == ["2026-04-29", "2026-04-27"]
    assert first["meta"]["total"] == 5
    following = client.get(first["meta"]["next"]).get_json()
    assert [row["op_day"] for row in following["data"]] == ["2026-04-25", "2026-04-23"]
    last = client.get(following["meta"]["next"]).get_json()
    assert ([row["op_day"] for row in last["data"]], last["meta"]["next"]) == (["2026-04-21"], None)


@pytest.mark.usefixtures("_five_days")
def test_a_range_holds_both_of_its_ends(client: FlaskClient) -> None:
    assert op_days(client, **{"from": "2026-04-25", "to": "2026-04-27"}) == ["2026-04-27", "2026-04-25"]
    assert op_days(client, to="2026-04-22") == ["2026-04-21"]


def test_two_outages_of_a_day_are_told_the_later_first(client: FlaskClient, engine: Engine) -> None:
    began_at = datetime(2026, 4, 30, 14, tzinfo=UTC)
    with engines.begin(engine) as conn:
        enter_parks(conn, park(1))
        store_day(conn, 1, TODAY - DAY, {101: 600})
        later = began_at + timedelta(hours=2)
        facts = {"park_id": 1, "op_day": TODAY - DAY, "ride_id": 101, "down_s": 60, "has_reopened": True}
        conn.execute(outages.insert().values(began_at=later, ended_at=later + timedelta(minutes=1), **facts))
    assert [row["began_at"][11:16] for row in get(client)["data"]] == ["16:00", "14:00"]


def test_an_outage_of_a_day_on_which_the_ride_does_not_count_says_so(client: FlaskClient, engine: Engine) -> None:
    with engines.begin(engine) as conn:
        enter_parks(conn, park(1))
        for number in (1, 2):
            store_day(conn, 1, TODAY - number * DAY, {101: 600})
        conn.execute(update(ride_days).where(ride_days.c.op_day == TODAY - DAY).values(is_counted=False))
    assert [(row["is_counted"], row["is_final"]) for row in get(client)["data"]] == [(False, True), (True, True)]


@pytest.mark.usefixtures("_five_days")
def test_outages_can_be_had_as_a_table(client: FlaskClient) -> None:
    response = client.get("/api/v1/rides/101/outages?limit=2", headers={"Accept": "text/csv"})
    assert response.mimetype == "text/csv"
    table = list(csv.DictReader(response.text.splitlines()))
    assert [(line["op_day"], line["down_seconds"], line["is_final"]) for line in table] == [
        ("2026-04-29", "120", "true"),
        ("2026-04-27", "240", "true"),
    ]


def test_a_ride_that_nobody_has_seen_is_not_found(client: FlaskClient) -> None:
    response = client.get("/api/v1/rides/101/outages")
    assert (response.status_code, response.get_json()["detail"]) == (404, "There is no ride 101.")


def test_a_range_that_is_too_long_is_refused_with_what_is_allowed(client: FlaskClient, engine: Engine) -> None:
    with engines.begin(engine) as conn:
        enter_parks(conn, park(1))
    first = TODAY - 730 * DAY
    assert get(client, **{"from": first})["data"] == []
    response = client.get("/api/v1/rides/101/outages", query_string={"from": first - DAY})
    assert response.status_code == 400
    assert response.get_json()["detail"] == "from, to: 732 days are too many (allowed: at most 731)"
