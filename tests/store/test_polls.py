"""One poll per park and slot, with its readings, whoever writes."""

import threading
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from hallofshame.model import PollOutcome, RideState
from hallofshame.store import engine as engines
from hallofshame.store import parks, polls
from hallofshame.store.engine import Engine
from hallofshame.store.schema import polls as table
from hallofshame.store.schema import readings
from tests.factories import NOON, park, poll, reading

pytestmark = pytest.mark.integration

JUDGED = {reading(1): RideState.OPEN, reading(2, is_open=False, wait_minutes=None): RideState.CLOSED}
FAILED = poll(outcome=PollOutcome.TIMED_OUT, http_status=None, reason="timed out")


@pytest.fixture
def _park(engine: Engine) -> None:
    with engines.begin(engine) as conn:
        parks.record(conn, [park()], NOON)


@pytest.mark.usefixtures("_park")
def test_readings_come_back_as_they_were_judged(engine: Engine) -> None:
    with engines.begin(engine) as conn:
        assert polls.record(conn, poll(), JUDGED)
    with engines.read(engine) as conn:
        rows = conn.execute(select(readings).order_by(readings.c.ride_id)).all()
    assert [tuple(row) for row in rows] == [
        (6, NOON, 1, True, 20, NOON - timedelta(minutes=4), "open"),
        (6, NOON, 2, False, None, NOON - timedelta(minutes=4), "closed"),
    ]


@pytest.mark.usefixtures("_park")
def test_an_answer_takes_the_place_of_a_failure_and_never_the_other_way(engine: Engine) -> None:
    with engines.begin(engine) as conn:
        assert polls.record(conn, FAILED, {})
        assert polls.record(conn, poll(), JUDGED)
        assert not polls.record(conn, FAILED, {})
        assert not polls.record(conn, poll(duration_milliseconds=99), JUDGED)
    with engines.read(engine) as conn:
        assert conn.execute(select(table.c.outcome, table.c.duration_milliseconds)).all() == [("ok", 12)]
        assert conn.execute(select(func.count()).select_from(readings)).scalar() == len(JUDGED)


@pytest.mark.usefixtures("_park")
def test_of_two_writers_of_one_slot_one_is_entered(engine: Engine) -> None:
    """S24: the rows of the other are not."""
    start = threading.Barrier(4)
    entered = []

    def write() -> None:
        start.wait(10)
        entered.append(engines.write(engine, lambda conn: polls.record(conn, poll(), JUDGED)))

    threads = [threading.Thread(target=write) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert sorted(entered) == [False, False, False, True]
    with engines.read(engine) as conn:
        assert conn.execute(select(func.count()).select_from(readings)).scalar() == len(JUDGED)


@pytest.mark.usefixtures("_park")
def test_a_days_answers_come_in_order_of_when_they_came_and_failures_are_none(engine: Engine) -> None:
    minute = timedelta(minutes=1)
    with engines.begin(engine) as conn:
        late = poll(slot=NOON, polled_at=NOON + 30 * minute)
        for answer in (late, poll(slot=NOON + 10 * minute), poll(slot=NOON - minute), poll(slot=NOON + 40 * minute)):
            polls.record(conn, answer, JUDGED if answer is late else {})
        polls.record(conn, poll(slot=NOON + 20 * minute, outcome=PollOutcome.BAD_BODY, reason="not JSON"), {})
        found = polls.of_day(conn, 6, NOON, NOON + 40 * minute)
        assert polls.of_day(conn, 7, NOON, NOON + 40 * minute) == []
        assert polls.first_slots(conn) == {6: NOON - minute}
    assert found == [
        (NOON + 10 * minute, {}),
        (NOON + 30 * minute, {1: (RideState.OPEN, 20), 2: (RideState.CLOSED, None)}),
    ]


@pytest.mark.usefixtures("_park")
def test_answers_of_one_second_are_one(engine: Engine) -> None:
    with engines.begin(engine) as conn:
        for ride_id, milliseconds in ((1, 100), (2, 900)):
            slot = NOON + timedelta(milliseconds=milliseconds)
            polls.record(conn, poll(slot=slot), {reading(ride_id): RideState.OPEN})
        assert polls.of_day(conn, 6, NOON, NOON + timedelta(seconds=1)) == [
            (NOON, {1: (RideState.OPEN, 20), 2: (RideState.OPEN, 20)})
        ]
