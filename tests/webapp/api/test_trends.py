"""GET /api/v1/trends: who is better or worse than in the period before, by points that mean something."""

from typing import Any

import pytest
from flask.testing import FlaskClient

from hallofshame.store import engine as engines
from hallofshame.store.engine import Engine
from tests.factories import park
from tests.judged_days import enter_parks, store_day
from tests.webapp.ranked import DAY, TODAY, ask, data, lost, rank, refusal

pytestmark = pytest.mark.api

ALPHA, BETA, GAMMA = park(1, name="Alpha"), park(2, name="beta", country="Japan"), park(3, name="Gamma")
THIS_WEEK, WEEK_BEFORE = range(1, 8), range(8, 15)
POINT_S = 288  # of a day of eight hours


def store_weeks(engine: Engine, park_id: int, before: dict[int, int] | None, now: dict[int, int]) -> None:
    """Two weeks of days like these; None: the park is new."""
    with engines.begin(engine) as conn:
        for back in (*THIS_WEEK, *WEEK_BEFORE):
            on_the_day = now if back in THIS_WEEK else before
            if on_the_day is not None:
                store_day(conn, park_id, TODAY - back * DAY, on_the_day)


@pytest.fixture
def weeks(engine: Engine) -> Engine:
    """Rides 101 and 201 have improved, 102 and 202 declined, by ever more points; Gamma is new."""
    with engines.begin(engine) as conn:
        enter_parks(conn, ALPHA, BETA, GAMMA)
    store_weeks(engine, 1, lost(1, 10 * POINT_S, 0, 0), lost(1, 4 * POINT_S, 12 * POINT_S, 0))
    store_weeks(engine, 2, lost(2, 7 * POINT_S, 0, 0), lost(2, 0, 5 * POINT_S, 0))
    store_weeks(engine, 3, None, lost(3, 0, 0, 0))
    rank(engine, ALPHA, BETA, GAMMA)
    return engine


def changes(client: FlaskClient, **parameters: Any) -> list[tuple[str, str, float]]:
    return [(row["name"], row["direction"], row["points"]) for row in data(client, "trends", **parameters)]


def test_uptime_of_90_and_then_of_96_per_cent_is_6_points_better(client: FlaskClient, engine: Engine) -> None:
    """S18."""
    with engines.begin(engine) as conn:
        enter_parks(conn, ALPHA)
    store_weeks(engine, 1, lost(1, 10 * POINT_S, 0, 0), lost(1, 4 * POINT_S, 0, 0))
    rank(engine, ALPHA)
    [told] = data(client, "trends")
    assert told == {
        "direction": "improving",
        "points": 6.0,
        "uptime_percent": 96.0,
        "uptime_percent_before": 90.0,
        "down_seconds": 7 * 4 * POINT_S,
        "ride_id": 101,
        "name": "Ride 101",
        "park_id": 1,
        "park_name": "Alpha",
        "queue_times_url": "https://queue-times.com/parks/1/rides/101",
    }


@pytest.mark.usefixtures("weeks")
def test_the_most_improved_come_first_and_then_the_most_declined(client: FlaskClient) -> None:
    assert changes(client) == [
        ("Ride 201", "improving", 7.0),
        ("Ride 101", "improving", 6.0),
        ("Ride 102", "declining", -12.0),
        ("Ride 202", "declining", -5.0),
    ]


@pytest.mark.usefixtures("weeks")
def test_there_are_so_many_rows_of_each_direction_as_were_asked_for(client: FlaskClient) -> None:
    assert [name for name, *_ in changes(client, limit=1)] == ["Ride 201", "Ride 102"]


@pytest.mark.usefixtures("weeks")
def test_a_filter_chooses_the_parks(client: FlaskClient) -> None:
    assert [name for name, *_ in changes(client, filter="Japan")] == ["Ride 201", "Ride 202"]
    assert refusal(client, "trends", filter="Atlantis").startswith("filter: nothing is called 'Atlantis'")


@pytest.mark.usefixtures("weeks")
def test_the_answer_says_which_days_it_is_of(client: FlaskClient) -> None:
    meta = ask(client, "trends")["meta"]
    assert (meta["period"], meta["from"], meta["to"]) == ("7days", "2026-04-24", "2026-04-30")
    assert (meta["total"], meta["next"]) == (4, None)


@pytest.mark.parametrize(
    ("kind", "before_s", "now_s", "told"),
    [
        ("ride", 5 * POINT_S, 0, ("improving", 5.0)),
        ("ride", 5 * POINT_S - 1, 0, None),
        ("ride", 0, 5 * POINT_S, ("declining", -5.0)),
        ("ride", 0, 5 * POINT_S - 1, None),
        ("park", POINT_S, 0, ("improving", 1.0)),
        ("park", POINT_S - 1, 0, None),
        ("park", 0, POINT_S, ("declining", -1.0)),
        ("park", 0, POINT_S - 1, None),
        ("park", 700, 700, None),
    ],
)
def test_a_ride_needs_5_points_and_a_park_1_and_steady_ones_are_not_listed(
    kind: str, before_s: int, now_s: int, told: tuple[str, float] | None, client: FlaskClient, engine: Engine
) -> None:
    with engines.begin(engine) as conn:
        enter_parks(conn, ALPHA)
    store_weeks(engine, 1, lost(1, before_s, before_s, before_s), lost(1, now_s, now_s, now_s))
    rank(engine, ALPHA)
    found = {(direction, points) for _, direction, points in changes(client, kind=kind)}
    assert found == ({told} if told else set())


def test_a_parks_change_is_told_as_a_parks(client: FlaskClient, engine: Engine) -> None:
    with engines.begin(engine) as conn:
        enter_parks(conn, ALPHA)
    store_weeks(engine, 1, lost(1, 0, 0, 0), lost(1, 10 * POINT_S, 4 * POINT_S, POINT_S))
    rank(engine, ALPHA)
    [told] = data(client, "trends", kind="park")
    assert (told["ride_id"], told["name"], told["park_name"]) == (None, "Alpha", "Alpha")
    assert (told["uptime_percent_before"], told["uptime_percent"], told["points"]) == (100.0, 95.0, -5.0)
    assert (told["down_seconds"], told["queue_times_url"]) == (7 * 15 * POINT_S, "https://queue-times.com/parks/1")


@pytest.mark.parametrize("kind", ["ride", "park"])
def test_without_a_period_before_there_is_no_trend(kind: str, client: FlaskClient, engine: Engine) -> None:
    """S18."""
    with engines.begin(engine) as conn:
        enter_parks(conn, GAMMA)
    store_weeks(engine, 3, None, lost(3, 9_000, 9_000, 9_000))
    rank(engine, GAMMA)
    assert changes(client, kind=kind) == []


def test_a_ride_that_ran_too_little_in_the_period_before_has_no_trend(client: FlaskClient, engine: Engine) -> None:
    with engines.begin(engine) as conn:
        enter_parks(conn, ALPHA)
        store_day(conn, 1, TODAY - 8 * DAY, lost(1, 9_000, 0, 0))
    store_weeks(engine, 1, None, lost(1, 0, 0, 0))
    rank(engine, ALPHA)
    assert changes(client) == []


def test_what_is_not_ranked_has_no_trend(client: FlaskClient, engine: Engine) -> None:
    with engines.begin(engine) as conn:
        enter_parks(conn, ALPHA)
    store_weeks(engine, 1, lost(1, 9_000, 9_000), lost(1, 0, 0))
    rank(engine, ALPHA)
    assert changes(client, kind="park") == []


@pytest.mark.parametrize("period", ["today", "live"])
def test_a_day_that_lasts_has_no_trend_to_ask_for(period: str, client: FlaskClient) -> None:
    assert refusal(client, "trends", period=period).startswith("period: input should be 'yesterday', '7days'")


@pytest.mark.usefixtures("weeks")
def test_a_trend_is_the_one_that_the_ranking_tells(client: FlaskClient) -> None:
    """S9."""
    ranked = {row["ride_id"]: row for row in data(client, "rides/rankings")}
    told = data(client, "trends")
    assert len(told) == 4
    for row in told:
        beside = ranked[row["ride_id"]]
        assert (row["direction"], row["points"]) == (beside["trend"], beside["trend_points"])
        assert (row["uptime_percent"], row["down_seconds"]) == (beside["uptime_percent"], beside["down_seconds"])
