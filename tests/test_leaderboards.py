"""Rankings as they are stored: who is ranked, who is not and why, each in its park's own days."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from hallofshame import leaderboards
from hallofshame.rules import periods as rules
from hallofshame.rules.periods import Grain, Period
from hallofshame.store import data_version, periods
from hallofshame.store import engine as engines
from hallofshame.store.engine import Connection, Engine
from hallofshame.store.schema import park_leaderboard, ride_days, ride_leaderboard
from tests.factories import park
from tests.judged_days import WINDOW_S, enter_parks, store_day

pytestmark = pytest.mark.integration

NOW = datetime(2026, 5, 5, 16, 0, tzinfo=UTC)  # a Tuesday, noon in New York
TODAY = date(2026, 5, 5)
DAY = timedelta(days=1)
PARKS = [park(1, name="Alpha"), park(2, name="Beta"), park(3, name="Gamma")]


def ranked(conn: Connection, table: Any, period: Period) -> list[tuple[Any, ...]]:
    key = table.c.park_id if table is park_leaderboard else table.c.ride_id
    query = select(key, table.c.rank, table.c.standing).where(table.c.period == period.value).order_by(table.c.place)
    return [tuple(row) for row in conn.execute(query)]


def rides(park_id: int, *down_s: int) -> dict[int, int]:
    return {100 * park_id + number: seconds for number, seconds in enumerate(down_s, start=1)}


def test_parks_and_rides_are_ranked_exactly_and_the_others_told_why(engine: Engine) -> None:
    with engines.begin(engine) as conn:
        enter_parks(conn, *PARKS, park(4, name="Delta"))
        store_day(conn, 1, TODAY - DAY, rides(1, 0, 0, 600))
        store_day(conn, 2, TODAY - DAY, rides(2, 600, 0, 0))
        store_day(conn, 3, TODAY - DAY, rides(3, 3_600, 3_600))
        leaderboards.refresh(conn, [*PARKS, park(4, name="Delta")], [Period.YESTERDAY], NOW)
        assert ranked(conn, park_leaderboard, Period.YESTERDAY) == [
            (1, 1, "ranked"),
            (2, 1, "ranked"),
            (4, None, "not_operated"),
            (3, None, "few_rides"),
        ]
        order = ranked(conn, ride_leaderboard, Period.YESTERDAY)
    assert order[:5] == [(r, rank, "ranked") for r, rank in ((301, 1), (302, 1), (103, 3), (201, 3), (101, 5))]
    assert len(order) == 8


def test_a_park_that_never_reported_a_wait_is_shown_unranked(engine: Engine) -> None:
    """Q19."""
    with engines.begin(engine) as conn:
        enter_parks(conn, *PARKS)
        for park_id in (1, 2):
            for number in (1, 2):
                store_day(conn, park_id, TODAY - number * DAY, rides(park_id, 0, 0, 600))
        conn.execute(update(ride_days).where(ride_days.c.park_id == 1).values(waits_seen=False))
        one_wait = (ride_days.c.ride_id == 201) & (ride_days.c.op_day == TODAY - 2 * DAY)
        conn.execute(update(ride_days).where(ride_days.c.park_id == 2, ~one_wait).values(waits_seen=False))
        leaderboards.refresh(conn, PARKS, [Period.YESTERDAY], NOW)
        told = {park_id: standing for park_id, _, standing in ranked(conn, park_leaderboard, Period.YESTERDAY)}
    assert told == {1: "status_only", 2: "ranked", 3: "not_operated"}


def test_a_row_carries_its_figures_and_the_days_they_are_of(engine: Engine) -> None:
    with engines.begin(engine) as conn:
        enter_parks(conn, *PARKS)
        for number in range(1, 9):
            store_day(conn, 1, TODAY - number * DAY, rides(1, 0, 60, 600))
        leaderboards.refresh(conn, PARKS, [Period.LAST_7_DAYS], NOW)
        first = conn.execute(select(park_leaderboard).where(park_leaderboard.c.place == 1)).one()
        worst = conn.execute(select(ride_leaderboard).where(ride_leaderboard.c.place == 1)).one()
    assert (first.from_day, first.to_day) == (TODAY - 7 * DAY, TODAY - DAY)
    assert (first.operated_days, first.rides_counted, first.window_s) == (7, 3, 7 * WINDOW_S)
    assert (first.down_s, first.weighted_down_s) == (7 * 660, 14 * 660)
    assert (worst.ride_id, worst.park_id, worst.counted_down_s, worst.longest_outage_s) == (103, 1, 4_200, 600)


def test_each_park_answers_with_its_own_yesterday(engine: Engine) -> None:
    """S7."""
    tokyo, angeles = park(1, timezone="Asia/Tokyo"), park(2, timezone="America/Los_Angeles")
    with engines.begin(engine) as conn:
        enter_parks(conn, tokyo, angeles)
        for park_id in (1, 2):
            for day in (16, 17, 18):
                store_day(conn, park_id, date(2025, 12, day), rides(park_id, day, 0, 0))
        leaderboards.refresh(conn, [tokyo, angeles], [Period.YESTERDAY], datetime(2025, 12, 18, 7, 30, tzinfo=UTC))
        found = {row.park_id: (row.to_day.day, row.down_s) for row in conn.execute(select(park_leaderboard))}
    assert found == {1: (17, 17), 2: (16, 16)}


def test_today_is_of_unfinished_days_and_all_else_of_finished_ones(engine: Engine) -> None:
    with engines.begin(engine) as conn:
        enter_parks(conn, *PARKS)
        store_day(conn, 1, TODAY, rides(1, 60, 0, 0), is_final=False)
        store_day(conn, 1, TODAY - DAY, rides(1, 600, 0, 0))
        store_day(conn, 1, TODAY - 2 * DAY, rides(1, 6_000, 0, 0), is_final=False)
        leaderboards.refresh(conn, PARKS, [Period.TODAY, Period.YESTERDAY, Period.LAST_7_DAYS], NOW)
        rows = conn.execute(select(park_leaderboard).where(park_leaderboard.c.park_id == 1))
        assert {row.period: row.down_s for row in rows} == {"today": 60, "yesterday": 600, "7days": 600}


def test_whole_weeks_months_and_the_year_are_read_where_they_are_stored(engine: Engine) -> None:
    """What is ranked of them is what the days add up to."""
    with engines.begin(engine) as conn:
        enter_parks(conn, *PARKS)
        for number in range(1, 60):
            store_day(conn, 1, TODAY - number * DAY, rides(1, number, 0, 0))
        for grain in Grain:
            for number in range(1, 60):
                span = rules.grain_days(grain, TODAY - number * DAY)
                periods.replace(conn, 1, grain.value, span.first, span.last)
        leaderboards.refresh(conn, PARKS, leaderboards.FINISHED, NOW)
        rows = conn.execute(select(park_leaderboard).where(park_leaderboard.c.park_id == 1))
        found = {row.period: (row.down_s, row.operated_days, row.rides_counted) for row in rows}
    assert found == {
        "yesterday": (1, 1, 3),
        "7days": (sum(range(1, 8)), 7, 3),
        "30days": (sum(range(1, 31)), 30, 3),
        "last_week": (sum(range(2, 9)), 7, 3),
        "last_month": (sum(range(5, 35)), 30, 3),
        "year": (sum(range(1, 60)), 59, 3),
    }


def test_a_ranking_takes_the_place_of_the_one_before_and_steps_the_version(engine: Engine) -> None:
    with engines.begin(engine) as conn:
        enter_parks(conn, *PARKS)
        assert data_version.current(conn) is None
        for down_s in (600, 0):
            store_day(conn, 1, TODAY, rides(1, down_s, 0, 0), is_final=False)
            leaderboards.refresh(conn, PARKS, [Period.TODAY], NOW)
        rows = conn.execute(select(park_leaderboard).order_by(park_leaderboard.c.place)).all()
        assert [(row.park_id, row.down_s) for row in rows] == [(1, 0), (2, 0), (3, 0)]
        assert data_version.current(conn) == (2, NOW)


def before_of(conn: Connection, table: Any, period: Period, **which: int) -> tuple[Any, ...]:
    """What stands beside a row of the period before it: all `before_*` columns, in the order of their table."""
    [(name, wanted)] = which.items()
    columns = [column for column in table.c if column.name.startswith("before_")]
    row = conn.execute(select(*columns).where(table.c.period == period.value, table.c[name] == wanted)).one()
    return tuple(row)


# On the Tuesday of these tests: how many days before today the period before each begins and ends, both included.
BEFORE_DAYS = {
    Period.YESTERDAY: (2, 2),
    Period.LAST_7_DAYS: (8, 14),
    Period.LAST_30_DAYS: (31, 60),
    Period.LAST_WEEK: (9, 15),
    Period.LAST_MONTH: (35, 65),
    Period.YEAR: (125, 489),
}


@pytest.mark.parametrize(("period", "back"), BEFORE_DAYS.items(), ids=str)
def test_beside_each_row_stands_what_the_period_before_came_to(
    period: Period, back: tuple[int, int], engine: Engine
) -> None:
    """S18."""
    newest, oldest = back
    inside = {newest: 600, oldest: 60}  # the first and the last day of it; beyond both lies one that is not of it
    lost = {1: 5} | {newest - 1: 7, oldest + 1: 11} | inside
    with engines.begin(engine) as conn:
        enter_parks(conn, *PARKS)
        for number, seconds in lost.items():
            store_day(conn, 1, TODAY - number * DAY, rides(1, seconds, 0))
        for number in lost:
            for grain in Grain:
                span = rules.grain_days(grain, TODAY - number * DAY)
                periods.replace(conn, 1, grain.value, span.first, span.last)
        leaderboards.refresh(conn, PARKS, [period], NOW)
        days_of = len(inside)
        down_s = sum(inside.values())
        up_s = days_of * WINDOW_S - down_s
        assert before_of(conn, park_leaderboard, period, park_id=1) == (days_of * WINDOW_S + up_s, down_s)
        assert before_of(conn, ride_leaderboard, period, ride_id=101) == (up_s, down_s, 10 * days_of, 200 * days_of)


def test_where_nothing_is_known_of_the_period_before_nothing_stands(engine: Engine) -> None:
    """S18."""
    with engines.begin(engine) as conn:
        enter_parks(conn, *PARKS)
        store_day(conn, 1, TODAY - DAY, rides(1, 60, 0, 0))
        store_day(conn, 2, TODAY - DAY, rides(2, 60, 0, 0))
        store_day(conn, 2, TODAY - 2 * DAY, rides(2, 60, 0), is_final=False)
        leaderboards.refresh(conn, PARKS, leaderboards.FINISHED, NOW)
        for park_id in (1, 2, 3):
            assert before_of(conn, park_leaderboard, Period.YESTERDAY, park_id=park_id) == (None, None)
        assert before_of(conn, ride_leaderboard, Period.YESTERDAY, ride_id=101) == (None, None, None, None)


def test_a_ride_that_is_new_stands_without_a_period_before_though_its_park_has_one(engine: Engine) -> None:
    with engines.begin(engine) as conn:
        enter_parks(conn, *PARKS)
        store_day(conn, 1, TODAY - DAY, rides(1, 0, 0, 60))
        store_day(conn, 1, TODAY - 2 * DAY, rides(1, 0, 0))
        leaderboards.refresh(conn, PARKS, [Period.YESTERDAY], NOW)
        assert before_of(conn, park_leaderboard, Period.YESTERDAY, park_id=1) == (2 * WINDOW_S, 0)
        assert before_of(conn, ride_leaderboard, Period.YESTERDAY, ride_id=103) == (None, None, None, None)


def test_today_is_compared_with_nothing(engine: Engine) -> None:
    with engines.begin(engine) as conn:
        enter_parks(conn, *PARKS)
        store_day(conn, 1, TODAY, rides(1, 60, 0, 0), is_final=False)
        store_day(conn, 1, TODAY - DAY, rides(1, 60, 0, 0))
        leaderboards.refresh(conn, PARKS, [Period.TODAY], NOW)
        assert before_of(conn, park_leaderboard, Period.TODAY, park_id=1) == (None, None)
        assert before_of(conn, ride_leaderboard, Period.TODAY, ride_id=101) == (None, None, None, None)
