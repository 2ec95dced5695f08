"""GET /api/v1/live: which parks run, what is down there and since when, and nothing that is not known."""

from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient

from hallofshame.store.engine import Engine
from tests.clocks import StepClock
from tests.factories import NOON, park
from tests.webapp.polled import Judged, closed, opened, polled, stale

pytestmark = pytest.mark.api

TEN_MINUTES = timedelta(minutes=10)
DAY = timedelta(days=1)
BUSY = (opened(91), opened(92), opened(93))


def get(client: FlaskClient) -> dict[str, Any]:
    response = client.get("/api/v1/live")
    assert (response.status_code, response.mimetype) == (200, "application/json")
    answer: dict[str, Any] = response.get_json()
    return answer


def counts(client: FlaskClient) -> dict[str, int]:
    [now] = get(client)["data"]
    names = ("open", "down", "closed", "unknown")
    return {name: now[f"rides_{name}"] for name in names}


def test_the_whole_answer(client: FlaskClient, engine: Engine) -> None:
    here = park(6, name="Disney Magic Kingdom", operator="Walt Disney Attractions")
    rides = {1: "Big Thunder", 2: "Jungle Cruise", 3: "Dumbo", 4: "Peter Pan", 5: "Astro Orbiter"}
    before = [opened(i, 10 * i, name=name, land="Land") for i, name in rides.items()]
    polled(engine, NOON - TEN_MINUTES, *before, closed(6, name="Never"), of=here)
    polled(engine, NOON, closed(1, name="Big Thunder", land="Land"), *before[1:], closed(6, name="Never"), of=here)
    page, in_park = "https://queue-times.com/parks/6", {"park_id": 6, "park_name": "Disney Magic Kingdom"}
    answer = get(client)
    assert answer["meta"]["data_version"] == 0
    assert {name: answer["meta"][name] for name in ("period", "as_of", "stale", "reason", "coverage", "total")} == {
        "period": "live",
        "as_of": "2026-05-01T12:00:00Z",
        "stale": False,
        "reason": None,
        "coverage": 1.0,
        "total": 1,
    }
    assert answer["attribution"] == {"text": "Powered by Queue-Times.com", "url": "https://queue-times.com"}
    assert answer["data"] == [
        {
            "park_id": 6,
            "name": "Disney Magic Kingdom",
            "operator": "Walt Disney Attractions",
            "country": "United States",
            "timezone": "America/New_York",
            "queue_times_url": page,
            "polled_at": "2026-05-01T12:00:00Z",
            "is_running": True,
            "shame_now": None,
            "rides_open": 4,
            "rides_down": 1,
            "rides_closed": 1,
            "rides_unknown": 0,
            "down": [
                {
                    "ride_id": 1,
                    "name": "Big Thunder",
                    **in_park,
                    "land": "Land",
                    "queue_times_url": f"{page}/rides/1",
                    "closed_since_at": "2026-05-01T12:00:00Z",
                }
            ],
            "longest_waits": [
                {
                    "ride_id": i,
                    "name": rides[i],
                    **in_park,
                    "land": "Land",
                    "queue_times_url": f"{page}/rides/{i}",
                    "wait_minutes": 10 * i,
                }
                for i in (5, 4, 3)
            ],
        }
    ]


@pytest.mark.parametrize(
    ("before", "now", "expected"),
    [
        (opened(1), closed(1), "down"),
        (closed(1), closed(1), "closed"),
        (opened(1), opened(1, 0), "open"),
        (opened(1), stale(1), "unknown"),
        (opened(1), None, "unknown"),
        (closed(1), None, None),
        (opened(1, name="Dive Single Rider"), closed(1, name="Dive Single Rider"), None),
    ],
)
def test_a_ride_stands_as_the_latest_poll_says(
    before: Judged, now: Judged | None, expected: str | None, client: FlaskClient, engine: Engine
) -> None:
    polled(engine, NOON - TEN_MINUTES, before, *BUSY)
    polled(engine, NOON, *([now] if now else []), *BUSY)
    found = counts(client)
    assert found.pop("open") - len(BUSY) == (expected == "open")
    assert {name for name, count in found.items() if count} == {expected} - {"open", None}


def test_a_ride_that_was_open_only_yesterday_is_not_down(client: FlaskClient, engine: Engine) -> None:
    polled(engine, NOON - DAY, opened(1), *BUSY)
    polled(engine, NOON, closed(1), *BUSY)
    assert counts(client) == {"open": 3, "down": 0, "closed": 1, "unknown": 0}


def test_the_longest_closed_ride_and_its_park_come_first(client: FlaskClient, engine: Engine) -> None:
    quiet, first, second = park(5, name="A"), park(6, name="C"), park(7, name="B")
    for minutes, closed_by_then in ((20, set()), (10, {2}), (0, {1, 2, 3})):
        at = NOON - timedelta(minutes=minutes)
        one, two, three = (closed(i) if i in closed_by_then else opened(i) for i in (1, 2, 3))
        polled(engine, at, one, two, *BUSY, of=first)
        polled(engine, at, three, opened(4), opened(5), opened(6), of=second)
        polled(engine, at, opened(7), opened(8), opened(9), of=quiet)
    found = {now["name"]: [ride["ride_id"] for ride in now["down"]] for now in get(client)["data"]}
    assert list(found.items()) == [("C", [2, 1]), ("B", [3]), ("A", [])]


@pytest.mark.parametrize(("waiting", "parks"), [(2, 0), (3, 1)])
def test_a_park_without_waits_is_not_open_whatever_its_rides_say(
    waiting: int, parks: int, client: FlaskClient, engine: Engine
) -> None:
    rides = range(1, 11)
    polled(engine, NOON - TEN_MINUTES, *(opened(i) for i in rides))
    polled(engine, NOON, *(opened(i, 20 if i <= waiting else 0) for i in rides))
    assert len(get(client)["data"]) == parks


def test_a_ride_that_is_listed_no_more_was_open_today_all_the_same(client: FlaskClient, engine: Engine) -> None:
    """Of ten rides three need a wait, of nine two."""
    polled(engine, NOON - TEN_MINUTES, *(opened(i) for i in range(1, 11)))
    polled(engine, NOON, *(opened(i, 20 if i <= 2 else 0) for i in range(1, 10)))
    assert get(client)["data"] == []


def test_a_single_rider_line_does_not_open_a_park(client: FlaskClient, engine: Engine) -> None:
    polled(engine, NOON, opened(1, 0), opened(2, 70, name="Coaster single-rider"))
    assert get(client)["data"] == []


def test_parks_that_do_not_answer_are_left_out_and_counted(client: FlaskClient, engine: Engine) -> None:
    """S11: nobody is called closed for a lost poll."""
    polled(engine, NOON - timedelta(minutes=21), *BUSY, of=park(6))
    polled(engine, NOON - timedelta(minutes=20), opened(1), opened(2), opened(3), of=park(7))
    answer = get(client)
    assert [now["park_id"] for now in answer["data"]] == [7]
    assert answer["meta"]["coverage"] == 0.5
    assert (answer["meta"]["as_of"], answer["meta"]["stale"]) == ("2026-05-01T11:40:00Z", False)


@pytest.mark.parametrize(
    ("age_minutes", "reason"), [(21, "no park has answered for more than 20 minutes"), (61, "more than an hour")]
)
def test_old_data_say_nothing_of_now(
    age_minutes: int, reason: str, client: FlaskClient, clock: StepClock, engine: Engine
) -> None:
    polled(engine, NOON, *BUSY)
    clock.sleep(60 * age_minutes)
    answer = get(client)
    assert (answer["data"], answer["meta"]["stale"]) == ([], True)
    assert reason in answer["meta"]["reason"]
    assert answer["meta"]["as_of"] == "2026-05-01T12:00:00Z"


def test_an_empty_database_invents_nothing(client: FlaskClient) -> None:
    """S12."""
    answer = get(client)
    assert answer["data"] == []
    assert [answer["meta"][name] for name in ("coverage", "as_of", "stale")] == [None, None, None]
    assert answer["meta"]["reason"] == "no park has answered yet"
