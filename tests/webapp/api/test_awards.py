"""GET /api/v1/awards: who holds the records of a period, and what nobody has earned."""

from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import update

from hallofshame.store import engine as engines
from hallofshame.store.engine import Engine
from hallofshame.store.schema import ride_days
from hallofshame.store.schema import rides as rides_table
from tests.factories import park
from tests.judged_days import enter_parks, store_day
from tests.webapp.ranked import DAY, TODAY, ask, data, lost, rank, refusal

pytestmark = pytest.mark.api

ALPHA, BETA = park(1, name="Alpha"), park(2, name="beta")


def store_week(engine: Engine, park_id: int, down_s: dict[int, int]) -> None:
    with engines.begin(engine) as conn:
        for back in range(1, 8):
            store_day(conn, park_id, TODAY - back * DAY, down_s)


def set_longest_wait(engine: Engine, ride_id: int | None, minutes: int | None) -> None:
    """Of one ride, or of all."""
    whose = ride_days.c.ride_id == ride_id if ride_id else ride_days.c.ride_id > 0
    with engines.begin(engine) as conn:
        conn.execute(update(ride_days).where(whose).values(longest_wait_minutes=minutes))


@pytest.fixture
def week(engine: Engine) -> Engine:
    """beta lost the largest share of its time, with three rides; Alpha has five."""
    with engines.begin(engine) as conn:
        enter_parks(conn, ALPHA, BETA)
        store_day(conn, 1, TODAY - DAY, lost(1, 600, 60, 60, 60, 1_200))
        for back in range(2, 8):
            store_day(conn, 1, TODAY - back * DAY, lost(1, 600, 60, 60, 60, 60))
            store_day(conn, 2, TODAY - back * DAY, lost(2, 1_000, 900, 30))
    set_longest_wait(engine, 104, 95)
    rank(engine, ALPHA, BETA)
    return engine


def winners(client: FlaskClient, **parameters: Any) -> dict[str, tuple[int | None, str]]:
    return {row["award"]: (row["ride_id"], row["name"]) for row in data(client, "awards", **parameters)}


@pytest.mark.usefixtures("week")
def test_each_award_goes_to_who_earned_it(client: FlaskClient) -> None:
    assert winners(client) == {
        "longest wait": (104, "Ride 104"),
        "longest single outage": (105, "Ride 105"),
        "least reliable": (201, "Ride 201"),
        "most reliable": (203, "Ride 203"),
        "worst park": (None, "Alpha"),
    }


@pytest.mark.usefixtures("week")
def test_an_award_says_to_what_in_which_park_and_over_which_days(client: FlaskClient) -> None:
    given = {row["award"]: row for row in data(client, "awards")}
    outage, worst = given["longest single outage"], given["worst park"]
    days = {"from_day": "2026-04-24", "to_day": "2026-04-30"}
    assert outage == days | {
        "award": "longest single outage",
        "ride_id": 105,
        "name": "Ride 105",
        "park_id": 1,
        "park_name": "Alpha",
        "queue_times_url": "https://queue-times.com/parks/1/rides/105",
        "shame": 10 * 1_560 / (7 * 28_800),
        "uptime_percent": 100 * (7 * 28_800 - 1_560) / (7 * 28_800),
        "down_seconds": 1_560,
        "longest_outage_seconds": 1_200,
        "longest_wait_minutes": 30,
    }
    assert (worst["queue_times_url"], worst["down_seconds"]) == ("https://queue-times.com/parks/1", 7_020)
    assert (worst["longest_outage_seconds"], worst["longest_wait_minutes"]) == (None, None)


@pytest.mark.usefixtures("week")
def test_an_awards_figures_are_those_of_the_ranking(client: FlaskClient) -> None:
    """S9."""
    rides = {row["ride_id"]: row for row in data(client, "rides/rankings")}
    parks = {row["park_id"]: row for row in data(client, "parks/rankings")}
    for given in data(client, "awards"):
        ranked = rides[given["ride_id"]] if given["ride_id"] else parks[given["park_id"]]
        same = ("name", "queue_times_url", "shame", "uptime_percent", "down_seconds", "from_day", "to_day")
        assert {name: given[name] for name in same} == {name: ranked[name] for name in same}


@pytest.mark.usefixtures("week")
def test_the_answer_says_which_days_it_is_of(client: FlaskClient) -> None:
    meta = ask(client, "awards")["meta"]
    assert (meta["period"], meta["from"], meta["to"], meta["total"]) == ("7days", "2026-04-24", "2026-04-30", 5)
    assert winners(client, period="yesterday")["least reliable"] == (105, "Ride 105")


def test_what_nobody_earned_is_not_given(client: FlaskClient, engine: Engine) -> None:
    with engines.begin(engine) as conn:
        enter_parks(conn, ALPHA)
    store_week(engine, 1, lost(1, 0, 0, 0, 0, 0))
    set_longest_wait(engine, None, None)
    rank(engine, ALPHA)
    assert winners(client) == {"most reliable": (101, "Ride 101")}


def test_no_park_is_the_worst_for_one_bad_ride_of_three(client: FlaskClient, engine: Engine) -> None:
    with engines.begin(engine) as conn:
        enter_parks(conn, BETA)
    store_week(engine, 2, lost(2, 9_000, 0, 0))
    rank(engine, BETA)
    assert "worst park" not in winners(client)


def test_a_record_stands_for_itself_and_reliability_needs_a_sample(client: FlaskClient, engine: Engine) -> None:
    with engines.begin(engine) as conn:
        enter_parks(conn, ALPHA, BETA)
        store_day(conn, 2, TODAY - DAY, lost(2, 9_000, 0, 0))  # a day is too little of a week
    store_week(engine, 1, lost(1, 600, 60, 60))
    set_longest_wait(engine, 203, 120)
    rank(engine, ALPHA, BETA)
    assert winners(client) == {
        "longest wait": (203, "Ride 203"),
        "longest single outage": (201, "Ride 201"),
        "least reliable": (101, "Ride 101"),
        "most reliable": (102, "Ride 102"),
    }


def test_of_many_equals_the_first_by_name_wins(client: FlaskClient, engine: Engine) -> None:
    """In a good week a whole park has been up for the same hours."""
    named_backwards = {100 + number: f"Ride {99 - number}" for number in range(1, 31)}
    with engines.begin(engine) as conn:
        enter_parks(conn, ALPHA, rides_each=31)
        for ride_id, name in named_backwards.items():
            conn.execute(update(rides_table).where(rides_table.c.ride_id == ride_id).values(name=name))
    store_week(engine, 1, lost(1, *[0] * 30, 600))
    set_longest_wait(engine, None, None)
    rank(engine, ALPHA)
    assert winners(client)["most reliable"] == (130, "Ride 69")


def test_right_now_has_no_awards(client: FlaskClient) -> None:
    assert refusal(client, "awards", period="live").startswith("period: input should be 'today', 'yesterday'")
