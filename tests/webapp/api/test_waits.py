"""GET /api/v1/waits: the longest waits, on average and at their longest, and how the average has moved."""

from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import update

from hallofshame.store import engine as engines
from hallofshame.store.engine import Engine
from hallofshame.store.schema import ride_days
from tests.clocks import StepClock
from tests.factories import NOON, park
from tests.judged_days import enter_parks, store_day
from tests.webapp.polled import closed, opened, polled, stale
from tests.webapp.ranked import DAY, TODAY, ask, data, lost, rank, refusal

pytestmark = pytest.mark.api

TEN_MINUTES = timedelta(minutes=10)
ALPHA, BETA = park(1, name="Alpha"), park(2, name="beta", country="Japan")


def set_waits(engine: Engine, ride_id: int, back: int, minutes: list[int]) -> None:
    """What was read of a ride's queue on a day."""
    day = (ride_days.c.ride_id == ride_id) & (ride_days.c.op_day == TODAY - back * DAY)
    read = {"wait_readings": len(minutes), "wait_minutes_sum": sum(minutes), "longest_wait_minutes": max(minutes)}
    with engines.begin(engine) as conn:
        conn.execute(update(ride_days).where(day).values(**read))


@pytest.fixture
def week(engine: Engine) -> Engine:
    """Ride 101 has the longest average, 201 the longest wait; 102 has none at all, 103 and 203 the usual 20 to 30."""
    with engines.begin(engine) as conn:
        enter_parks(conn, ALPHA, BETA, rides_each=3)
        store_day(conn, 1, TODAY - DAY, lost(1, 0, 0, 0))
        store_day(conn, 2, TODAY - DAY, lost(2, 0, 0, 0))
        store_day(conn, 1, TODAY - 8 * DAY, lost(1, 0))
    set_waits(engine, 101, 1, [50, 60, 70])
    set_waits(engine, 101, 8, [90, 30])
    set_waits(engine, 102, 1, [0, 0])
    set_waits(engine, 201, 1, [10, 100])
    set_waits(engine, 202, 1, [15, 30])
    rank(engine, ALPHA, BETA)
    return engine


def order(client: FlaskClient, **parameters: Any) -> list[int]:
    return [row["ride_id"] for row in data(client, "waits", **parameters)]


@pytest.mark.parametrize(
    ("period", "ride_ids"), [("7days", [101, 201, 202, 103, 203]), ("peak", [201, 101, 103, 202, 203])]
)
@pytest.mark.usefixtures("week")
def test_the_longest_comes_first_on_average_or_at_its_longest_and_equals_by_name(
    period: str, ride_ids: list[int], client: FlaskClient
) -> None:
    assert order(client, period=period) == ride_ids


@pytest.mark.usefixtures("week")
def test_a_row_tells_the_wait_now_the_usual_one_and_how_that_has_moved(client: FlaskClient) -> None:
    first = data(client, "waits", period="7days")[0]
    assert first == {
        "ride_id": 101,
        "name": "Ride 101",
        "park_id": 1,
        "park_name": "Alpha",
        "queue_times_url": "https://queue-times.com/parks/1/rides/101",
        "land": None,
        "wait_minutes": 20,
        "average_wait_minutes": 60.0,
        "longest_wait_minutes": 70,
        "trend_minutes": 0.0,
    }


@pytest.mark.usefixtures("week")
def test_a_wait_without_a_week_before_has_no_trend(client: FlaskClient) -> None:
    trends = {row["ride_id"]: row["trend_minutes"] for row in data(client, "waits", period="peak")}
    assert trends == {101: 0.0, 201: None, 202: None, 103: None, 203: None}


def test_a_trend_is_the_average_of_all_readings_minus_that_of_the_week_before(
    client: FlaskClient, engine: Engine
) -> None:
    with engines.begin(engine) as conn:
        enter_parks(conn, ALPHA)
        for back in (1, 2, 8):
            store_day(conn, 1, TODAY - back * DAY, lost(1, 0))
    set_waits(engine, 101, 1, [10])
    set_waits(engine, 101, 2, [40, 40, 30])
    set_waits(engine, 101, 8, [70])
    rank(engine, ALPHA)
    [told] = data(client, "waits", period="7days")
    assert (told["average_wait_minutes"], told["trend_minutes"]) == (30.0, -40.0)


@pytest.mark.usefixtures("week")
def test_the_averages_of_the_ranking_are_the_same(client: FlaskClient) -> None:
    """S9."""
    ranked = {row["ride_id"]: row for row in data(client, "rides/rankings")}
    for row in data(client, "waits", period="7days"):
        for name in ("average_wait_minutes", "longest_wait_minutes"):
            assert row[name] == ranked[row["ride_id"]][name]


@pytest.mark.usefixtures("week")
def test_what_is_too_old_is_no_wait_of_now(client: FlaskClient, clock: StepClock) -> None:
    clock.sleep(21 * 60)
    assert {row["wait_minutes"] for row in data(client, "waits", period="7days")} == {None}


@pytest.mark.usefixtures("week")
def test_a_filter_chooses_the_parks_and_pages_hold_each_row_once(client: FlaskClient) -> None:
    assert order(client, period="7days", filter="japan") == [201, 202, 203]
    assert refusal(client, "waits", filter="Atlantis").startswith("filter: nothing is called 'Atlantis'")
    first = ask(client, "waits", period="7days", limit=3)
    assert first["meta"]["total"] == 5
    rest = client.get(first["meta"]["next"]).get_json()
    assert [row["ride_id"] for row in first["data"] + rest["data"]] == order(client, period="7days")
    assert rest["meta"]["next"] is None


@pytest.mark.usefixtures("week")
def test_the_answer_says_which_days_it_is_of(client: FlaskClient) -> None:
    meta = ask(client, "waits", period="peak")["meta"]
    assert (meta["period"], meta["from"], meta["to"]) == ("peak", "2026-04-24", "2026-04-30")


def test_only_the_periods_of_waits_can_be_asked_for(client: FlaskClient) -> None:
    assert refusal(client, "waits", period="30days") == "period: input should be 'live', '7days' or 'peak'"


@pytest.fixture
def noon(engine: Engine) -> Engine:
    """Two parks that run; in Alpha there are rides that have no wait to tell."""
    of_alpha = (opened(101, 15), opened(102, 60), opened(103, 0), opened(104, None), closed(105), stale(106))
    single_rider = opened(107, 90, name="Dive Single Rider")
    polled(engine, NOON - TEN_MINUTES, *of_alpha, single_rider, opened(108, 80), of=ALPHA)
    polled(engine, NOON, *of_alpha, single_rider, of=ALPHA)
    polled(engine, NOON, opened(201, 60, name="A ride"), opened(202, 5, land="Land"), of=BETA)
    return engine


@pytest.mark.usefixtures("noon")
def test_right_now_the_longest_wait_of_an_open_ride_comes_first_and_equals_by_name(client: FlaskClient) -> None:
    found = [(row["ride_id"], row["wait_minutes"]) for row in data(client, "waits")]
    assert found == [(201, 60), (102, 60), (101, 15), (202, 5)]


@pytest.mark.usefixtures("noon")
def test_a_wait_of_now_that_was_never_judged_has_no_average(client: FlaskClient) -> None:
    assert data(client, "waits", period="live")[3] == {
        "ride_id": 202,
        "name": "Ride 202",
        "park_id": 2,
        "park_name": "beta",
        "queue_times_url": "https://queue-times.com/parks/2/rides/202",
        "land": "Land",
        "wait_minutes": 5,
        "average_wait_minutes": None,
        "longest_wait_minutes": None,
        "trend_minutes": None,
    }


@pytest.mark.usefixtures("week")
def test_a_wait_of_now_stands_beside_the_usual_one(client: FlaskClient, engine: Engine, clock: StepClock) -> None:
    clock.sleep(TEN_MINUTES.total_seconds())
    polled(engine, NOON + TEN_MINUTES, opened(101, 45), of=ALPHA)
    [told] = data(client, "waits")
    assert (told["wait_minutes"], told["average_wait_minutes"], told["trend_minutes"]) == (45, 60.0, 0.0)


@pytest.mark.usefixtures("noon")
def test_waits_of_now_come_in_pages_and_by_filter(client: FlaskClient) -> None:
    first = ask(client, "waits", limit=3)
    assert (first["meta"]["period"], first["meta"]["total"]) == ("live", 4)
    rest = client.get(first["meta"]["next"]).get_json()
    assert [row["ride_id"] for row in first["data"] + rest["data"]] == [201, 102, 101, 202]
    assert rest["meta"]["next"] is None
    assert order(client, filter="Japan") == [201, 202]


@pytest.mark.usefixtures("noon")
def test_what_is_older_than_20_minutes_is_not_now(client: FlaskClient, clock: StepClock) -> None:
    clock.sleep(21 * 60)
    answer = ask(client, "waits")
    assert (answer["data"], answer["meta"]["total"], answer["meta"]["stale"]) == ([], 0, True)


def test_a_park_that_does_not_run_has_no_waits_though_a_ride_tells_one(client: FlaskClient, engine: Engine) -> None:
    """Q4."""
    polled(engine, NOON, opened(1, 20), *(opened(number, 0) for number in range(2, 8)))
    assert data(client, "waits") == []
