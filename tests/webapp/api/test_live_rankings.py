"""GET /api/v1/parks/rankings and /rides/rankings with period=live: what is down right now."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient

from hallofshame.model import Park
from hallofshame.store import classifications
from hallofshame.store import engine as engines
from hallofshame.store.classifications import Classified
from hallofshame.store.engine import Engine
from tests.clocks import StepClock
from tests.factories import NOON, park
from tests.judged_days import store_day
from tests.webapp.polled import closed, opened, polled
from tests.webapp.ranked import TODAY, ask, data, lost

pytestmark = pytest.mark.api

ALPHA, BETA = park(1, name="Alpha"), park(2, name="beta", country="Japan")
GAMMA, DELTA = park(3, name="Gamma"), park(4, name="Delta")
JUDGED_AT = NOON - timedelta(minutes=30)


def run(engine: Engine, here: Park, closed_minutes_ago: Sequence[int | None]) -> None:
    """Ten minutes of polls of a park whose rides have been closed so long; None: is open."""
    ids = [100 * here.park_id + number for number in range(1, len(closed_minutes_ago) + 1)]
    rides = dict(zip(ids, closed_minutes_ago, strict=True))
    for minutes in (30, 20, 10, 0):
        is_closed = {ride_id for ride_id, since in rides.items() if since is not None and since >= minutes}
        rows = [closed(ride_id) if ride_id in is_closed else opened(ride_id) for ride_id in ids]
        polled(engine, NOON - timedelta(minutes=minutes), *rows, of=here)
    window: dict[str, Any] = {"opened_at": NOON - timedelta(hours=1), "closed_at": JUDGED_AT}
    with engines.begin(engine) as conn:
        store_day(conn, here.park_id, TODAY, lost(here.park_id, *[0] * len(ids)), is_final=False, **window)
        classifications.record(conn, dict.fromkeys(ids, Classified(2, "", "ride", "")))


@pytest.fixture
def noon(engine: Engine) -> Engine:
    """Alpha has one of four rides down, beta two of six, Gamma none of three; Delta is closed."""
    run(engine, ALPHA, [20, None, None, None])
    run(engine, BETA, [10, 20, None, None, None, None])
    run(engine, GAMMA, [None, None, None])
    polled(engine, NOON, closed(401), closed(402), of=DELTA)
    return engine


def parks(client: FlaskClient, **parameters: Any) -> list[tuple[int | None, str, float | None]]:
    found = data(client, "parks/rankings", period="live", **parameters)
    return [(row["rank"], row["name"], row["shame"]) for row in found]


def rides(client: FlaskClient, **parameters: Any) -> list[tuple[int, int]]:
    found = data(client, "rides/rankings", period="live", **parameters)
    return [(row["rank"], row["ride_id"]) for row in found]


@pytest.mark.usefixtures("noon")
def test_running_parks_are_ranked_by_the_share_that_is_down(client: FlaskClient) -> None:
    assert parks(client) == [(1, "beta", 10 * 2 / 6), (2, "Alpha", 10 * 1 / 4), (3, "Gamma", 0.0)]


@pytest.mark.usefixtures("noon")
def test_what_weighs_more_counts_for_more(client: FlaskClient, engine: Engine) -> None:
    with engines.begin(engine) as conn:
        classifications.record(conn, {101: Classified(1, "", "ride", ""), 201: Classified(3, "", "ride", "")})
    assert parks(client)[:2] == [(1, "Alpha", 10 * 3 / 9), (2, "beta", 10 * 3 / 11)]


@pytest.mark.usefixtures("noon")
def test_a_park_has_its_counts_and_no_figures_of_days(client: FlaskClient) -> None:
    first = data(client, "parks/rankings", period="live")[0]
    assert (first["rides_down"], first["rides_open"], first["band"]) == (2, 4, "shame")
    assert (first["standing"], first["reason"], first["badges"]) == ("ranked", None, [])
    of_days = ("from_day", "to_day", "down_seconds", "coverage", "uptime_percent", "trend", "operated_days")
    assert [first[name] for name in of_days] == [None] * 7


@pytest.mark.usefixtures("noon")
def test_a_park_without_rides_that_count_runs_unranked(client: FlaskClient, engine: Engine) -> None:
    with engines.begin(engine) as conn:
        classifications.record(conn, dict.fromkeys((201, 202, 203, 204, 205, 206), Classified(2, "", "show", "")))
    assert parks(client)[-1] == (None, "beta", None)
    last = data(client, "parks/rankings", period="live")[-1]
    assert (last["standing"], last["reason"]) == ("no_score", "no ride that counts is open or down")


@pytest.mark.usefixtures("noon")
def test_rides_that_are_down_are_ranked_by_since_when_and_equals_by_name(client: FlaskClient) -> None:
    assert rides(client) == [(1, 101), (1, 202), (3, 201)]


@pytest.mark.usefixtures("noon")
def test_a_ride_that_is_down_says_since_when_and_no_figures_of_days(client: FlaskClient) -> None:
    first = data(client, "rides/rankings", period="live")[0]
    assert (first["name"], first["park_name"], first["tier"]) == ("Ride 101", "Alpha", 2)
    assert first["down_since_at"] == "2026-05-01T11:40:00Z"
    of_days = ("from_day", "shame", "down_seconds", "outages", "days_counted", "trend_points")
    assert [first[name] for name in of_days] == [None] * 6


@pytest.mark.parametrize(
    ("parameters", "names"),
    [
        ({"sort": "downtime"}, ["beta", "Alpha", "Gamma"]),
        ({"sort": "downtime", "order": "asc"}, ["Gamma", "Alpha", "beta"]),
        ({"sort": "score", "order": "asc"}, ["Gamma", "Alpha", "beta"]),
        ({"sort": "name"}, ["Alpha", "beta", "Gamma"]),
        ({"sort": "name", "order": "desc"}, ["Gamma", "beta", "Alpha"]),
        ({"filter": "Japan"}, ["beta"]),
        ({"limit": 1, "offset": 1}, ["Alpha"]),
    ],
)
@pytest.mark.usefixtures("noon")
def test_parks_are_sorted_filtered_and_paged(parameters: dict[str, Any], names: list[str], client: FlaskClient) -> None:
    assert [name for _, name, _ in parks(client, **parameters)] == names


@pytest.mark.parametrize(
    ("parameters", "ride_ids"),
    [
        ({"sort": "score", "order": "asc"}, [201, 101, 202]),
        ({"sort": "name"}, [101, 201, 202]),
        ({"filter": "Japan"}, [202, 201]),
        ({"park": 2}, [202, 201]),
        ({"park": 2, "filter": "United States"}, []),
        ({"tier": 1}, []),
        ({"tier": 2, "limit": 1, "offset": 2}, [201]),
    ],
)
@pytest.mark.usefixtures("noon")
def test_rides_are_sorted_filtered_and_paged(
    parameters: dict[str, Any], ride_ids: list[int], client: FlaskClient
) -> None:
    assert [ride_id for _, ride_id in rides(client, **parameters)] == ride_ids


@pytest.mark.usefixtures("noon")
def test_the_answer_says_how_many_of_the_parks_have_answered(client: FlaskClient, engine: Engine) -> None:
    polled(engine, NOON - timedelta(hours=2), opened(501), of=park(5))
    for path in ("parks", "rides"):
        meta = ask(client, f"{path}/rankings", period="live")["meta"]
        assert (meta["period"], meta["from"], meta["coverage"], meta["total"]) == ("live", None, 0.8, 3)


@pytest.mark.usefixtures("noon")
def test_after_20_minutes_nothing_is_down_right_now(client: FlaskClient, clock: StepClock) -> None:
    clock.sleep(21 * 60)
    assert (parks(client), rides(client)) == ([], [])
