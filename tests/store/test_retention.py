"""What is held of a day is found by when it was polled, named as it was then, and leaves by its own slots alone."""

from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import select

from hallofshame.model import PollOutcome, RideState
from hallofshame.store import engine as engines
from hallofshame.store import parks, polls, retention, rides
from hallofshame.store.engine import Connection, Engine
from hallofshame.store.schema import park_days, readings
from tests.factories import NOON, park, poll, reading

pytestmark = pytest.mark.integration

HOUR = timedelta(hours=1)


def enter(
    conn: Connection, slot: datetime, name: str = "Ride", park_id: int = 6, late: timedelta = timedelta()
) -> None:
    said = {reading(park_id, name=name, land="A land"): RideState.OPEN}
    polls.record(conn, poll(park_id, slot, polled_at=slot + late), said)
    rides.record(conn, park_id, said, slot + late, rides.known(conn))


def test_a_poll_belongs_to_when_it_came_not_to_when_it_was_due(engine: Engine) -> None:
    with engines.begin(engine) as conn:
        parks.record(conn, [park()], NOON)
        enter(conn, NOON - HOUR, late=HOUR)
        enter(conn, NOON + HOUR, late=HOUR)
        found = retention.polls_between(conn, 6, NOON, NOON + 2 * HOUR)
    assert found.slots == (NOON - HOUR,)
    assert found.readings == {NOON: [reading(6, name="Ride")]}


def test_failed_polls_hold_nothing_and_polls_without_rides_are_polls(engine: Engine) -> None:
    with engines.begin(engine) as conn:
        parks.record(conn, [park()], NOON)
        polls.record(conn, poll(slot=NOON), {})
        polls.record(conn, poll(slot=NOON + HOUR, outcome=PollOutcome.BAD_BODY), {})
        assert retention.polls_between(conn, 6, NOON, NOON + 2 * HOUR).readings == {NOON: []}


def test_rides_bear_the_name_of_their_time(engine: Engine) -> None:
    with engines.begin(engine) as conn:
        parks.record(conn, [park()], NOON)
        for hours, name in enumerate(("First", "First", "Second", "Third")):
            enter(conn, NOON + hours * HOUR, name)
        found = retention.polls_between(conn, 6, NOON, NOON + 3 * HOUR)
    assert [said[0].name for said in found.readings.values()] == ["First", "First", "Second"]


def test_only_the_slots_given_of_the_park_given_leave(engine: Engine) -> None:
    with engines.begin(engine) as conn:
        parks.record(conn, [park(6), park(7)], NOON)
        for park_id in (6, 7):
            for hours in range(3):
                enter(conn, NOON + hours * HOUR, park_id=park_id)
        assert retention.purge(conn, 6, [NOON, NOON + 2 * HOUR]) == 2
        left = conn.execute(select(readings.c.park_id, readings.c.slot).order_by(*readings.primary_key)).all()
    assert [tuple(row) for row in left] == [(6, NOON + HOUR), *((7, NOON + hours * HOUR) for hours in range(3))]


def test_purged_days_are_looked_at_again_only_where_older_readings_may_be_theirs(engine: Engine) -> None:
    def final(op_day: date, purged_at: datetime | None) -> dict[str, object]:
        figures = {column.name: 0 for column in park_days.c if not column.nullable}
        facts = {"park_id": 6, "op_day": op_day, "timezone": "America/New_York", "is_final": True, "computed_at": NOON}
        return figures | facts | {"readings_purged_at": purged_at}

    days = [date(2026, 4, 1), date(2026, 4, 2), date(2026, 4, 30), date(2026, 5, 1)]
    with engines.begin(engine) as conn:
        parks.record(conn, [park()], NOON)
        conn.execute(park_days.insert(), [final(day, None if day.day == 2 else NOON) for day in days])
        assert [day.op_day for day in retention.final_days(conn)] == days[1:2]
        enter(conn, datetime(2026, 5, 1, 3, tzinfo=UTC))
        assert [(day.op_day, day.is_purged) for day in retention.final_days(conn)] == [
            (days[1], False),
            (days[2], True),
            (days[3], True),
        ]
