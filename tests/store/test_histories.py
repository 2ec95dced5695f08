"""What is stored over a stretch of days is read the same from both databases, and by the whole primary key."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import update

from hallofshame.rules import periods as rules
from hallofshame.rules.periods import Grain
from hallofshame.store import engine as engines
from hallofshame.store import histories, periods
from hallofshame.store.engine import Connection, Engine
from hallofshame.store.periods import Row
from hallofshame.store.schema import ride_days
from tests.factories import park
from tests.judged_days import WINDOW_S, enter_parks, store_day

pytestmark = pytest.mark.integration

DAY = timedelta(days=1)
MONDAY = date(2026, 4, 27)
DAYS = [MONDAY + number * DAY for number in range(4)]


def _store(conn: Connection) -> None:
    """Two parks on four days: the second of them closed, the last not final."""
    enter_parks(conn, park(1), park(2))
    for park_id in (1, 2):
        rides = {100 * park_id + number: 60 * number for number in range(1, 4)}
        store_day(conn, park_id, DAYS[0], rides)
        store_day(conn, park_id, DAYS[1], {}, operated=False, window_s=0, observed_s=0)
        store_day(conn, park_id, DAYS[2], {ride_id: 2 * down_s for ride_id, down_s in rides.items()})
        store_day(conn, park_id, DAYS[3], rides, is_final=False)
        for grain in Grain:
            span = rules.grain_days(grain, MONDAY)
            periods.replace(conn, park_id, grain.value, span.first, span.last)


def test_a_parks_days_are_its_own_and_in_order(engine: Engine) -> None:
    with engines.begin(engine) as conn:
        _store(conn)
        days = histories.of_park_days(conn, 1, DAYS[1], DAYS[3])
        operated = histories.operated_days(conn, 1, DAYS[0], DAYS[2])
        assert histories.newest_final_day(conn, 1) == DAYS[2]
        assert histories.newest_final_day(conn, 3) is None
    assert [(day["op_day"], day["operated"], day["operated_days"], day["is_final"], day["down_s"]) for day in days] == [
        (DAYS[1], False, 0, True, 0),
        (DAYS[2], True, 1, True, 720),
        (DAYS[3], True, 1, False, 360),
    ]
    assert operated == [{"op_day": day, "timezone": "America/New_York", "is_final": True} for day in (DAYS[0], DAYS[2])]


def test_a_rides_days_are_those_that_are_asked_for(engine: Engine) -> None:
    with engines.begin(engine) as conn:
        _store(conn)
        conn.execute(update(ride_days).where(ride_days.c.op_day == DAYS[2]).values(is_counted=False))
        days = histories.of_ride_days(conn, 1, 102, [DAYS[2], DAYS[1], DAYS[0]])
        assert histories.of_ride_days(conn, 1, 102, []) == []
        assert histories.of_ride_days(conn, 2, 102, DAYS) == []
    told = [(day["op_day"], day["days_counted"], day["days_closed_all_day"], day["down_s"]) for day in days]
    assert told == [(DAYS[0], 1, 0, 120), (DAYS[2], 0, 0, 240)]


def test_a_weeks_row_is_what_its_days_add_up_to(engine: Engine) -> None:
    """S9 by week: one function makes the figures of both."""
    with engines.begin(engine) as conn:
        _store(conn)
        [week] = histories.of_park_periods(conn, 1, "week", MONDAY, MONDAY)
        [ride_week] = histories.of_ride_periods(conn, 1, 103, "week", [MONDAY - 7 * DAY, MONDAY])
        assert histories.of_park_periods(conn, 1, "week", MONDAY + DAY, MONDAY + 7 * DAY) == []
        assert histories.of_ride_periods(conn, 1, 103, "month", [MONDAY]) == []
        final = histories.of_park_days(conn, 1, DAYS[0], DAYS[2])
        final_of_ride = histories.of_ride_days(conn, 1, 103, DAYS[:3])
    sums = set(week) - {"starts_on", "rides_counted"}
    assert {name: week[name] for name in sums} == {name: sum(day[name] for day in final) for name in sums}
    ride_sums = {name for name in ride_week if name != "starts_on" and not name.startswith("longest_")}
    assert {name: ride_week[name] for name in ride_sums} == {
        name: sum(day[name] for day in final_of_ride) for name in ride_sums
    }
    assert all(type(row[name]) is int for row, names in ((week, sums), (ride_week, ride_sums)) for name in names)


def test_hours_are_read_with_the_waits_of_all_rides(engine: Engine) -> None:
    with engines.begin(engine) as conn:
        _store(conn)
        [hour] = histories.of_park_hours(conn, 1, DAYS[0], DAYS[0])
        [of_ride] = histories.of_ride_hours(conn, 1, 103, DAYS[:1])
        [waits] = histories.waits_of_park_hours(conn, 1, DAYS[0], DAYS[0])
    moment = datetime(2026, 4, 27, 14, tzinfo=UTC)
    assert hour["hour"] == of_ride["hour"] == waits["hour"] == moment
    assert (hour["down_s"], of_ride["down_s"], of_ride["up_s"]) == (360, 180, WINDOW_S - 180)
    assert (waits["op_day"], waits["wait_readings"], waits["wait_minutes_sum"]) == (DAYS[0], 30, 600)
    assert type(waits["wait_minutes_sum"]) is int


def test_outages_are_counted_and_read_in_pages_the_newest_first(engine: Engine) -> None:
    with engines.begin(engine) as conn:
        _store(conn)
        assert histories.count_outages_of_ride(conn, 1, 101, DAYS) == 3
        newest = histories.outages_of_ride(conn, 1, 101, DAYS, limit=2, offset=0)
        last = histories.outages_of_ride(conn, 1, 101, DAYS, limit=2, offset=2)
    assert [(row["op_day"], row["down_s"]) for row in (*newest, *last)] == [
        (DAYS[3], 60),
        (DAYS[2], 120),
        (DAYS[0], 60),
    ]


@pytest.mark.parametrize("engine", ["mysqldb"], indirect=True)
def test_a_rides_rows_are_read_without_those_of_the_other_rides(engine: Engine) -> None:
    """Ten years hold 18 million ride-days, and a stretch of days those of every ride of the park."""
    op_days = [MONDAY - number * DAY for number in range(60)]
    mondays = [MONDAY - number * 7 * DAY for number in range(8)]
    with engines.begin(engine) as conn:
        enter_parks(conn, park(1), rides_each=20)
        for op_day in op_days:
            store_day(conn, 1, op_day, {100 + number: 60 for number in range(1, 21)})
        for monday in mondays:
            periods.replace(conn, 1, "week", monday, monday + 6 * DAY)
    with engines.read(engine) as conn:
        asked: tuple[Callable[[], list[Row]], ...] = (
            lambda: histories.of_ride_days(conn, 1, 101, op_days),
            lambda: histories.of_ride_hours(conn, 1, 101, op_days),
            lambda: histories.outages_of_ride(conn, 1, 101, op_days, limit=100, offset=0),
            lambda: histories.of_ride_periods(conn, 1, 101, "week", mondays),
        )
        for rows in asked:
            before = _rows_read(conn)
            found = len(rows())
            assert found in {60, 8}
            assert _rows_read(conn) - before <= 3 * found  # the row, and where the next range begins


def _rows_read(conn: Connection) -> int:
    """How many rows this session has had from its tables."""
    return sum(int(value) for _, value in conn.exec_driver_sql("SHOW SESSION STATUS LIKE 'Handler_read_%%'"))
