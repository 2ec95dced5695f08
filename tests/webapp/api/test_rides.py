"""GET /api/v1/rides/{id}: all about one ride."""

from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import update

from hallofshame.rules.periods import Period
from hallofshame.store import classifications
from hallofshame.store import engine as engines
from hallofshame.store.classifications import Classified
from hallofshame.store.engine import Engine
from hallofshame.store.schema import ride_days
from tests.clocks import StepClock
from tests.factories import NOON, park
from tests.judged_days import enter_parks, store_day
from tests.webapp.polled import Judged, closed, opened, polled, stale
from tests.webapp.ranked import DAY, TODAY, data, lost, rank

pytestmark = pytest.mark.api

ALPHA = park(1, name="Alpha")
OTHERS = (opened(2), opened(3))


def test_a_ride_nobody_knows_is_404(client: FlaskClient) -> None:
    response = client.get("/api/v1/rides/77")
    assert (response.status_code, response.mimetype) == (404, "application/problem+json")
    assert response.get_json(force=True)["detail"] == "There is no ride 77."


def test_a_ride_is_told_with_what_it_is_and_since_when_it_is_known(client: FlaskClient, engine: Engine) -> None:
    polled(engine, NOON - timedelta(days=1), opened(1, name="Dumbo", land="Fantasyland"), of=ALPHA)
    polled(engine, NOON - timedelta(hours=1), opened(1, name="Dumbo", land="Fantasyland"), of=ALPHA)
    with engines.begin(engine) as conn:
        classifications.record(conn, {1: Classified(3, "a small one", "ride", "nothing says otherwise")})
    assert data(client, "rides/1") == {
        "ride_id": 1,
        "name": "Dumbo",
        "park_id": 1,
        "park_name": "Alpha",
        "queue_times_url": "https://queue-times.com/parks/1/rides/1",
        "land": "Fantasyland",
        "tier": 3,
        "tier_reason": "a small one",
        "kind": "ride",
        "kind_reason": "nothing says otherwise",
        "first_seen_at": "2026-04-30T12:00:00Z",
        "last_seen_at": "2026-05-01T11:00:00Z",
        "standing": None,
        "wait_minutes": None,
        "closed_since_at": None,
        "periods": [],
    }


def test_a_ride_that_no_classifier_has_seen_has_no_tier(client: FlaskClient, engine: Engine) -> None:
    polled(engine, NOON, opened(1), of=ALPHA)
    told = data(client, "rides/1")
    assert [told[name] for name in ("tier", "tier_reason", "kind", "kind_reason")] == [None] * 4


def test_a_rides_page_and_the_ranking_tell_the_same_of_every_period(client: FlaskClient, engine: Engine) -> None:
    """S9."""
    with engines.begin(engine) as conn:
        enter_parks(conn, ALPHA)
        for back in range(40):
            store_day(conn, 1, TODAY - back * DAY, lost(1, 60 * back, 600, 0), is_final=back > 0)
        classifications.record(conn, {101: Classified(1, "a large one", "ride", "nothing says otherwise")})
    rank(engine, ALPHA)
    told = data(client, "rides/101")["periods"]
    in_order = [period.value for period in Period]
    stored_as_sums = {"last_week", "last_month", "year"}  # which no job has summed here
    assert [row["period"] for row in told] == [period for period in in_order if period not in stored_as_sums]
    for row in told:
        rows = data(client, "rides/rankings", period=row.pop("period"))
        assert row == next(each for each in rows if each["ride_id"] == 101)
        assert row["tier"] == 1


def test_a_period_in_which_it_never_counted_is_left_out(client: FlaskClient, engine: Engine) -> None:
    with engines.begin(engine) as conn:
        enter_parks(conn, ALPHA)
        store_day(conn, 1, TODAY - 20 * DAY, lost(1, 0, 0, 0))
        store_day(conn, 1, TODAY - DAY, lost(1, 0, 0, 0))
        conn.execute(update(ride_days).where(ride_days.c.ride_id == 101).values(is_counted=False, up_s=0))
        conn.execute(
            update(ride_days)
            .where(ride_days.c.ride_id == 102, ride_days.c.op_day == TODAY - DAY)
            .values(is_counted=False, is_closed_all_day=True)
        )
    rank(engine, ALPHA)
    assert data(client, "rides/101")["periods"] == []
    found = {row["period"]: row["days_closed_all_day"] for row in data(client, "rides/102")["periods"]}
    assert found == {"yesterday": 1, "7days": 1, "30days": 1}


@pytest.mark.parametrize("ride_id", ["4294967296", "99999999999999999999", "-1", "x"])
def test_an_id_that_no_ride_can_have_is_404(ride_id: str, client: FlaskClient) -> None:
    assert client.get(f"/api/v1/rides/{ride_id}").status_code == 404


@pytest.mark.parametrize(
    ("before", "now", "standing", "wait_minutes", "closed_since_at"),
    [
        (closed(1), opened(1, 35), "open", 35, None),
        (opened(1, 35), closed(1), "down", None, "2026-05-01T12:00:00Z"),
        (closed(1), closed(1), "not_opened_today", None, "2026-05-01T11:50:00Z"),
        (opened(1), stale(1), "unknown", None, None),
    ],
)
def test_a_ride_stands_as_its_parks_newest_poll_says(
    before: Judged,
    now: Judged,
    standing: str,
    wait_minutes: int | None,
    closed_since_at: str | None,
    client: FlaskClient,
    engine: Engine,
) -> None:
    polled(engine, NOON - timedelta(minutes=10), before, *OTHERS, of=ALPHA)
    polled(engine, NOON, now, *OTHERS, of=ALPHA)
    told = data(client, "rides/1")
    assert (told["standing"], told["wait_minutes"], told["closed_since_at"]) == (
        standing,
        wait_minutes,
        closed_since_at,
    )


def test_a_ride_that_the_newest_poll_misses_is_unknown(client: FlaskClient, engine: Engine) -> None:
    polled(engine, NOON - timedelta(minutes=10), opened(1), *OTHERS, of=ALPHA)
    polled(engine, NOON, *OTHERS, of=ALPHA)
    assert data(client, "rides/1")["standing"] == "unknown"


def test_after_20_minutes_nothing_is_said_of_now(client: FlaskClient, engine: Engine, clock: StepClock) -> None:
    polled(engine, NOON, opened(1), *OTHERS, of=ALPHA)
    clock.sleep(21 * 60)
    told = data(client, "rides/1")
    assert (told["standing"], told["wait_minutes"], told["closed_since_at"]) == (None, None, None)
