"""Weeks, months and years are the sums of their final days; what does not add up is found."""

import random
from collections import Counter
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from hallofshame.rules import periods as rules
from hallofshame.rules.periods import Grain
from hallofshame.store import engine as engines
from hallofshame.store import identities, periods
from hallofshame.store.engine import Connection, Engine
from hallofshame.store.schema import (
    outages,
    park_days,
    park_hours,
    park_periods,
    ride_days,
    ride_hours,
    ride_periods,
)
from tests.factories import park
from tests.judged_days import WINDOW_S, enter_parks, store_day

pytestmark = pytest.mark.integration

MONDAY = date(2025, 12, 29)  # the week belongs to 2026, two of its months do not
DAYS = [MONDAY + timedelta(days=number) for number in range(-40, 40)]


def _sum_all(conn: Connection, park_ids: tuple[int, ...] = (1, 2)) -> None:
    for grain in Grain:
        for span in {rules.grain_days(grain, day) for day in DAYS}:
            for park_id in park_ids:
                periods.replace(conn, park_id, grain.value, span.first, span.last)


def _random_days(conn: Connection, seed: int) -> dict[tuple[int, date], dict[int, int]]:
    draw = random.Random(seed)  # noqa: S311 - a test's figures, not a secret
    enter_parks(conn, park(1), park(2))
    stored = {}
    for park_id in (1, 2):
        for op_day in draw.sample(DAYS, 30):
            rides = draw.sample(range(100 * park_id + 1, 100 * park_id + 6), draw.randint(1, 5))
            stored[park_id, op_day] = {ride_id: draw.choice([0, 600, 3_600]) for ride_id in rides}
            store_day(conn, park_id, op_day, stored[park_id, op_day])
    return stored


def test_weeks_months_and_years_are_the_sums_of_their_days(engine: Engine) -> None:
    """S3, S6: added up here by other means, over the turn of a year."""
    with engines.begin(engine) as conn:
        stored = _random_days(conn, seed=1)
        _sum_all(conn)
        _sum_all(conn)
        expected: Counter[Any] = Counter()
        for (park_id, op_day), down_s in stored.items():
            for grain in Grain:
                start = rules.grain_days(grain, op_day).first
                expected[park_id, grain.value, start] += sum(down_s.values())
                for ride_id, seconds in down_s.items():
                    expected[park_id, grain.value, start, ride_id] += seconds
        found: dict[Any, Any] = {
            (row.park_id, row.grain, row.starts_on): row.down_s for row in conn.execute(select(park_periods))
        }
        for row in conn.execute(select(ride_periods)):
            found[row.park_id, row.grain, row.starts_on, row.ride_id] = row.down_s
            assert row.up_s + row.down_s == row.days_seen * WINDOW_S
        assert found == expected


def test_a_month_counts_a_ride_once_though_it_counted_on_many_days(engine: Engine) -> None:
    with engines.begin(engine) as conn:
        enter_parks(conn, park(1))
        store_day(conn, 1, date(2026, 5, 4), {101: 60, 102: 0})
        store_day(conn, 1, date(2026, 5, 5), {101: 600, 103: 0})
        store_day(conn, 1, date(2026, 5, 6), {104: 900}, is_final=False)
        periods.replace(conn, 1, "month", date(2026, 5, 1), date(2026, 5, 31))
        month = conn.execute(select(park_periods)).one()
        ride = conn.execute(select(ride_periods).where(ride_periods.c.ride_id == 101)).one()
    assert (month.days, month.operated_days, month.rides_counted, month.down_s, month.outages) == (2, 2, 3, 660, 2)
    assert (ride.days_counted, ride.counted_down_s, ride.longest_outage_s, ride.longest_wait_minutes) == (
        2,
        660,
        600,
        30,
    )


def test_a_period_whose_days_are_gone_is_gone(engine: Engine) -> None:
    with engines.begin(engine) as conn:
        enter_parks(conn, park(1))
        store_day(conn, 1, MONDAY, {101: 60})
        _sum_all(conn, (1,))
        conn.execute(park_days.delete())
        _sum_all(conn, (1,))
        assert conn.execute(select(park_periods)).all() == conn.execute(select(ride_periods)).all() == []


def _broken(conn: Connection) -> set[tuple[str, str]]:
    found = identities.broken_days(conn, [1, 2], DAYS[0], DAYS[-1])
    for grain in Grain:
        for span in {rules.grain_days(grain, day) for day in DAYS}:
            found += identities.broken_periods(conn, [1, 2], grain.value, span.first, span.last)
    return {(issue.subject, issue.detail) for issue in found}


BREAKS = [
    (ride_days, {"pre_s": 1}, {"the buckets are not the window"}),
    (ride_days, {"counted_down_s": 1}, {"ride_hours are not ride_days", "ride_days are not park_days"}),
    (ride_days, {"wait_readings": 1}, {"ride_hours are not ride_days"}),
    (ride_days, {"is_closed_all_day": True}, {"ride_days are not park_days"}),
    (outages, {"down_s": 1}, {"outages are not ride_days"}),
    (ride_hours, {"up_s": 1}, {"ride_hours are not ride_days", "ride_hours are not park_hours"}),
    (park_hours, {"weighted_down_s": 1}, {"park_hours are not park_days"}),
    (park_days, {"observed_s": 1}, {"the week is not", "the month is not", "the year is not"}),
    (ride_periods, {"early_s": 1}, {"the week is not", "the month is not", "the year is not"}),
]


@pytest.mark.parametrize(("table", "change", "told"), BREAKS)
def test_what_does_not_add_up_is_told(table: Any, change: dict[str, Any], told: set[str], engine: Engine) -> None:
    with engines.begin(engine) as conn:
        enter_parks(conn, park(1), park(2))
        for park_id in (1, 2):
            store_day(conn, park_id, MONDAY, {100 * park_id + 1: 600, 100 * park_id + 2: 0})
        _sum_all(conn)
        assert _broken(conn) == set()
        conn.execute(update(table).where(table.c.park_id == 2).values(change))
        broken = _broken(conn)
    assert {subject for subject, _ in broken} == {"park:2"}
    assert all(any(detail.startswith(what) for _, detail in broken) for what in told)
