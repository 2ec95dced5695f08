"""The newest polls, read the same from both databases."""

from datetime import timedelta

import pytest

from hallofshame.model import PollOutcome, Reading, RideState
from hallofshame.store import engine as engines
from hallofshame.store import live, parks, polls, rides
from hallofshame.store.engine import Connection, Engine
from hallofshame.store.live import RideNow
from tests.factories import NOON, park, poll, reading

pytestmark = pytest.mark.integration

TEN_MINUTES = timedelta(minutes=10)


def _poll(conn: Connection, number: int, judged: dict[Reading, RideState], park_id: int = 6) -> None:
    at = NOON + number * TEN_MINUTES
    polls.record(conn, poll(park_id, at, polled_at=at + timedelta(seconds=7)), judged)
    rides.record(conn, park_id, judged, at + timedelta(seconds=7), rides.known(conn))


def _fail(conn: Connection, number: int) -> None:
    polls.record(conn, poll(slot=NOON + number * TEN_MINUTES, outcome=PollOutcome.TIMED_OUT, http_status=None), {})


def test_a_park_answered_last_when_its_newest_poll_succeeded(engine: Engine) -> None:
    with engines.begin(engine) as conn:
        parks.record(conn, [park(6), park(7), park(8)], NOON)
        for number in range(3):
            _poll(conn, number, {})
        _fail(conn, 3)
        _poll(conn, 1, {}, park_id=7)
        latest = live.latest_polls(conn)
    seven_seconds = timedelta(seconds=7)
    assert latest == {6: NOON + 2 * TEN_MINUTES + seven_seconds, 7: NOON + TEN_MINUTES + seven_seconds}


def test_a_ride_is_read_with_how_it_stands(engine: Engine) -> None:
    falls = reading(1, name="Fälle 山", land="Old Town", wait_minutes=None)
    with engines.begin(engine) as conn:
        parks.record(conn, [park()], NOON)
        _poll(conn, 0, {falls: RideState.OPEN})
        _poll(conn, 1, {falls: RideState.CLOSED})
        [ride] = live.rides_of(conn, {6: NOON})
    closed_since_at = NOON + TEN_MINUTES + timedelta(seconds=7)
    assert ride == RideNow(
        RideState.CLOSED, 1, 6, "Fälle 山", "Old Town", None, closed_since_at, is_listed=True, has_opened=True
    )


def test_a_ride_that_the_latest_poll_lacks_is_not_listed(engine: Engine) -> None:
    with engines.begin(engine) as conn:
        parks.record(conn, [park()], NOON)
        _poll(conn, 0, {reading(1): RideState.OPEN, reading(2): RideState.OPEN})
        _poll(conn, 1, {reading(2): RideState.OPEN})
        assert {ride.ride_id: ride.is_listed for ride in live.rides_of(conn, {6: NOON})} == {1: False, 2: True}
        _poll(conn, 2, {})
        assert [ride.is_listed for ride in live.rides_of(conn, {6: NOON})] == [False, False]


def test_a_ride_has_opened_if_that_was_since_the_moment_of_its_park(engine: Engine) -> None:
    never = reading(3)
    with engines.begin(engine) as conn:
        parks.record(conn, [park(6), park(7), park(8)], NOON)
        _poll(conn, 0, {reading(1): RideState.OPEN, never: RideState.CLOSED})
        _poll(conn, 0, {reading(2): RideState.OPEN}, park_id=7)
        _poll(conn, 0, {reading(4): RideState.OPEN}, park_id=8)
        opened_at = NOON + timedelta(seconds=7)
        found = live.rides_of(conn, {6: opened_at, 7: opened_at + timedelta(seconds=1)})
    assert {ride.ride_id: ride.has_opened for ride in found} == {1: True, 2: False, 3: False}


def test_of_no_parks_there_are_no_rides(engine: Engine) -> None:
    with engines.read(engine) as conn:
        assert live.latest_polls(conn) == {}
        assert live.rides_of(conn, {}) == []
