"""GET /api/v1/parks and /api/v1/parks/{id}: every park, and all about one."""

from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient

from hallofshame.rules.periods import Period
from hallofshame.store import classifications, parks
from hallofshame.store import engine as engines
from hallofshame.store.classifications import Classified
from hallofshame.store.engine import Engine
from tests.clocks import StepClock
from tests.factories import NOON, park
from tests.judged_days import enter_parks, store_day
from tests.webapp.polled import closed, opened, polled, stale
from tests.webapp.ranked import DAY, TODAY, ask, data, lost, rank

pytestmark = pytest.mark.api

ALPHA = park(1, name="Alpha")
TEN_MINUTES = timedelta(minutes=10)


def test_every_park_is_listed_by_name_with_its_facts_and_its_rides(client: FlaskClient, engine: Engine) -> None:
    polled(engine, NOON - TEN_MINUTES, opened(1), opened(2), of=park(6, name="Zoo"))
    polled(engine, NOON, opened(1), closed(3), opened(4, name="Single Rider"), of=park(6, name="Zoo"))
    with engines.begin(engine) as conn:
        parks.record(conn, [park(7, name="alton", latitude=None, longitude=None)], NOON)
    facts = {
        "operator": "Operator",
        "country": "United States",
        "timezone": "America/New_York",
        "continent": "North America",
        "coverage_30_days": None,
    }
    never_polled = {"latitude": None, "longitude": None, "rides_tracked": None, "polled_at": None}
    assert data(client, "parks") == [
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


def test_the_list_says_how_much_of_the_last_30_days_was_seen(client: FlaskClient, engine: Engine) -> None:
    with engines.begin(engine) as conn:
        enter_parks(conn, ALPHA)
        for back, observed_s in ((1, 28_800), (30, 14_400), (31, 0)):
            store_day(conn, 1, TODAY - back * DAY, lost(1, 0, 0, 0), observed_s=observed_s)
    rank(engine, ALPHA)
    [listed] = data(client, "parks")
    assert listed["coverage_30_days"] == 0.75


def test_a_park_that_is_listed_no_more_is_not_listed_and_keeps_its_page(client: FlaskClient, engine: Engine) -> None:
    with engines.begin(engine) as conn:
        parks.record(conn, [park(5, name="Gone")], NOON - 8 * DAY)
        parks.record(conn, [ALPHA], NOON)
    assert [each["name"] for each in data(client, "parks")] == ["Alpha"]
    assert data(client, "parks/5")["name"] == "Gone"


def test_a_park_nobody_knows_is_404(client: FlaskClient) -> None:
    response = client.get("/api/v1/parks/77")
    assert (response.status_code, response.mimetype) == (404, "application/problem+json")
    assert response.get_json(force=True)["detail"] == "There is no park 77."


@pytest.mark.parametrize("park_id", ["4294967296", "99999999999999999999", "-1", "x"])
def test_an_id_that_no_park_can_have_is_404(park_id: str, client: FlaskClient) -> None:
    assert client.get(f"/api/v1/parks/{park_id}").status_code == 404


def test_a_park_of_which_nothing_is_known_yet_says_so(client: FlaskClient, engine: Engine) -> None:
    with engines.begin(engine) as conn:
        parks.record(conn, [ALPHA], NOON)
    told = data(client, "parks/1")
    assert (told["now"], told["newest_day"]) == (None, None)
    assert (told["periods"], told["tiers"], told["rides"]) == ([], [], [])


@pytest.fixture
def month(engine: Engine) -> Engine:
    """A month of Alpha, today included."""
    with engines.begin(engine) as conn:
        enter_parks(conn, ALPHA, park(2, name="Beta"))
        for back in range(40):
            store_day(conn, 1, TODAY - back * DAY, lost(1, 60 * back, 600, 0), is_final=back > 0)
    rank(engine, ALPHA, park(2, name="Beta"))
    return engine


@pytest.mark.usefixtures("month")
def test_a_parks_page_and_the_ranking_tell_the_same_of_every_period(client: FlaskClient) -> None:
    """S9."""
    told = data(client, "parks/1")["periods"]
    assert [each.pop("period") for each in told] == [period.value for period in Period]
    for period, row in zip(Period, told, strict=True):
        assert row == next(each for each in data(client, "parks/rankings", period=period.value) if each["park_id"] == 1)


@pytest.mark.usefixtures("month")
def test_its_newest_day_is_told_with_its_window(client: FlaskClient) -> None:
    assert data(client, "parks/1")["newest_day"] == {
        "op_day": "2026-05-01",
        "is_final": False,
        "operated": True,
        "opened_at": "2026-05-01T14:00:00Z",
        "closed_at": "2026-05-01T22:00:00Z",
        "opening_edge_known": True,
        "closing_edge_known": True,
    }


def test_a_day_on_which_it_stayed_closed_has_no_window(client: FlaskClient, engine: Engine) -> None:
    nothing: dict[str, Any] = dict.fromkeys(("opened_at", "closed_at"))
    with engines.begin(engine) as conn:
        enter_parks(conn, ALPHA)
        store_day(conn, 1, TODAY - DAY, lost(1, 0, 0, 0))
        store_day(conn, 1, TODAY, {}, operated=False, open_edge_known=False, close_edge_known=False, **nothing)
    day = data(client, "parks/1")["newest_day"]
    assert (day["op_day"], day["operated"], day["opened_at"], day["closed_at"]) == ("2026-05-01", False, None, None)


def classify(engine: Engine, **tiers_and_kinds: tuple[int, str]) -> None:
    """ride_101=(1, "ride")."""
    said = {
        int(name.removeprefix("ride_")): Classified(tier, "by name", kind, "by default")
        for name, (tier, kind) in tiers_and_kinds.items()
    }
    with engines.begin(engine) as conn:
        classifications.record(conn, said)


@pytest.mark.usefixtures("month")
def test_its_tiers_are_those_of_its_rides_and_of_nothing_else(client: FlaskClient, engine: Engine) -> None:
    classify(engine, ride_101=(1, "ride"), ride_102=(3, "ride"), ride_103=(3, "ride"), ride_104=(2, "show"))
    assert data(client, "parks/1")["tiers"] == [{"tier": 1, "rides": 1}, {"tier": 3, "rides": 2}]


@pytest.mark.usefixtures("month")
def test_its_rides_stand_by_name_with_what_they_lost(client: FlaskClient, engine: Engine) -> None:
    """S9."""
    classify(engine, ride_101=(1, "ride"), ride_104=(2, "show"))
    rides = data(client, "parks/1")["rides"]
    assert [ride["name"] for ride in rides] == [f"Ride 10{number}" for number in range(1, 6)]
    assert [(ride["tier"], ride["kind"]) for ride in rides[:4]] == [(1, "ride"), *[(None, None)] * 2, (2, "show")]
    second, fourth = rides[1], rides[3]
    assert (second["down_seconds_today"], second["outages_today"]) == (600, 1)
    ranked = {row["ride_id"]: row for row in data(client, "rides/rankings", period="30days")}[102]
    assert (second["down_seconds_30_days"], second["uptime_percent_30_days"]) == (30 * 600, ranked["uptime_percent"])
    of_days = ("down_seconds_today", "outages_today", "down_seconds_30_days", "uptime_percent_30_days")
    assert [fourth[name] for name in of_days] == [None] * 4
    assert second["queue_times_url"] == "https://queue-times.com/parks/1/rides/102"


@pytest.mark.usefixtures("month")
def test_what_has_not_answered_recently_stands_no_way(client: FlaskClient) -> None:
    told = data(client, "parks/1")
    assert told["now"] is None
    names = ("standing", "wait_minutes", "closed_since_at")
    assert {ride[name] for ride in told["rides"] for name in names} == {None}


def test_a_page_says_how_recent_it_is(client: FlaskClient, engine: Engine, clock: StepClock) -> None:
    polled(engine, NOON, opened(1), of=ALPHA)
    clock.sleep(25 * 60)
    meta = ask(client, "parks/1")["meta"]
    assert (meta["as_of"], meta["stale"], meta["period"]) == ("2026-05-01T12:00:00Z", True, None)


@pytest.fixture
def noon(engine: Engine) -> Engine:
    """Alpha runs: Down was open and is closed, Missed was open and is not listed, Gone was listed yesterday."""
    busy = (opened(1, 40, name="Busy", land="Land"), opened(2, name="Also"), opened(3, name="Third"))
    others = (closed(5, name="Never"), stale(6, name="Stale"), opened(9, name="Busy Single Rider"))
    polled(engine, NOON - timedelta(days=1), opened(8, name="Gone"), of=ALPHA)
    polled(engine, NOON - TEN_MINUTES, *busy, opened(4, name="Down"), opened(7, name="Missed"), *others, of=ALPHA)
    polled(engine, NOON, *busy, closed(4, name="Down"), *others, of=ALPHA)
    return engine


@pytest.mark.usefixtures("noon")
def test_a_park_stands_on_its_page_as_in_the_list_of_those_that_run(client: FlaskClient) -> None:
    """S9."""
    [running] = data(client, "live")
    told = data(client, "parks/1")["now"]
    assert told == running
    assert (told["is_running"], told["rides_open"], told["rides_down"]) == (True, 3, 1)


@pytest.mark.usefixtures("noon")
def test_each_ride_of_today_stands_as_the_newest_poll_says(client: FlaskClient) -> None:
    rides = {ride["name"]: ride for ride in data(client, "parks/1")["rides"]}
    assert {name: ride["standing"] for name, ride in rides.items()} == {
        "Also": "open",
        "Busy": "open",
        "Down": "down",
        "Missed": "unknown",
        "Never": "not_opened_today",
        "Stale": "unknown",
        "Third": "open",
    }
    assert list(rides) == sorted(rides)
    assert (rides["Busy"]["wait_minutes"], rides["Busy"]["land"]) == (40, "Land")
    assert {name for name, ride in rides.items() if ride["wait_minutes"] is not None} == {"Also", "Busy", "Third"}
    assert rides["Down"]["closed_since_at"] == "2026-05-01T12:00:00Z"


@pytest.mark.usefixtures("noon")
def test_when_it_answers_no_more_its_rides_are_listed_without_how_they_stand(
    client: FlaskClient, clock: StepClock
) -> None:
    clock.sleep(21 * 60)
    told = data(client, "parks/1")
    assert told["now"] is None
    assert {ride["standing"] for ride in told["rides"]} == {None}
    assert "Busy" in {ride["name"] for ride in told["rides"]}


def test_a_park_that_is_closed_is_told_as_closed(client: FlaskClient, engine: Engine) -> None:
    polled(engine, NOON, closed(1), closed(2), of=ALPHA)
    told = data(client, "parks/1")
    assert (told["now"]["is_running"], told["now"]["shame_now"], told["now"]["down"]) == (False, None, [])
