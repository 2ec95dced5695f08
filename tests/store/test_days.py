"""A park-day is replaced whole; what it leaves to the days after it is read without readings."""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import Table, event, func, select

from hallofshame.store import days
from hallofshame.store import engine as engines
from hallofshame.store.days import Standing
from hallofshame.store.engine import Connection, Engine
from hallofshame.store.schema import outages, park_days, park_hours, ride_days, ride_hours
from tests.factories import NOON, park
from tests.judged_days import enter_parks, store_day

pytestmark = pytest.mark.integration

MONDAY = date(2026, 5, 4)
DAY = timedelta(days=1)


def _counts(conn: Connection) -> list[int]:
    tables = (park_days, ride_days, outages, ride_hours, park_hours)
    return [conn.execute(select(func.count()).select_from(table)).scalar_one() for table in tables]


def test_a_day_takes_the_place_of_what_was_stored_of_it_and_of_nothing_else(engine: Engine) -> None:
    with engines.begin(engine) as conn:
        enter_parks(conn, park(1), park(2))
        for park_id, op_day in ((1, MONDAY), (1, MONDAY + DAY), (2, MONDAY)):
            store_day(conn, park_id, op_day, {100 * park_id + 1: 600, 100 * park_id + 2: 0})
        assert _counts(conn) == [3, 6, 3, 6, 3]
        store_day(conn, 1, MONDAY, {103: 1_200}, is_final=False)
        assert _counts(conn) == [3, 5, 3, 5, 3]
        day = conn.execute(select(park_days).where(park_days.c.park_id == 1, park_days.c.op_day == MONDAY)).one()
    assert (day.down_s, day.is_final, day.rides_seen) == (1_200, False, 1)


@pytest.fixture
def written(engine: Engine) -> Iterator[list[str]]:
    """The tables that rows are written to, or taken from."""
    statements: list[str] = []

    def note(_conn: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        if statement.startswith(("INSERT", "DELETE")):
            statements.append(statement.split()[2])

    event.listen(engine, "before_cursor_execute", note)
    yield statements
    event.remove(engine, "before_cursor_execute", note)


def test_a_day_that_is_what_it_was_is_not_written_again(engine: Engine, written: list[str]) -> None:
    with engines.begin(engine) as conn:
        enter_parks(conn, park(1))
        store_day(conn, 1, MONDAY, {101: 600, 102: 0})
        written.clear()
        store_day(conn, 1, MONDAY, {101: 600, 102: 0})
        assert written == ["park_days"]


def test_of_a_day_that_changed_the_new_rows_stand_and_the_old_ones_are_gone(engine: Engine) -> None:
    def rides_of(table: Table) -> list[Any]:
        query = select(table.c.ride_id, table.c.down_s).order_by(table.c.ride_id)
        return [tuple(row) for row in conn.execute(query)]

    with engines.begin(engine) as conn:
        enter_parks(conn, park(1))
        store_day(conn, 1, MONDAY, {101: 600, 102: 60, 103: 30})
        store_day(conn, 1, MONDAY, {101: 600, 102: 0, 104: 90})
        assert rides_of(outages) == [(101, 600), (104, 90)]
        assert rides_of(ride_days) == rides_of(ride_hours) == [(101, 600), (102, 0), (104, 90)]
        store_day(conn, 1, MONDAY, {})
        assert _counts(conn) == [1, 0, 0, 0, 1]


def test_the_facts_of_the_newest_operated_days_before_come_oldest_day_first(engine: Engine) -> None:
    with engines.begin(engine) as conn:
        enter_parks(conn, park(1), park(2))
        for number in range(4):
            store_day(conn, 1, MONDAY + number * DAY, {101 + number: 0}, operated=number != 2)
        store_day(conn, 2, MONDAY, {201: 0})
        facts = days.facts_before(conn, 1, MONDAY + 4 * DAY, limit=2)
        assert facts == [[(102, True, 21_600, 50_400)], [(104, True, 21_600, 50_400)]]
        assert days.facts_before(conn, 1, MONDAY, limit=14) == []
        assert days.operated_after(conn, 1, MONDAY, limit=14) == [MONDAY + DAY, MONDAY + 3 * DAY]
        assert days.operated_after(conn, 1, MONDAY, limit=1) == [MONDAY + DAY]


def test_a_day_remembers_that_its_readings_are_gone(engine: Engine) -> None:
    with engines.begin(engine) as conn:
        enter_parks(conn, park(1))
        assert days.standing(conn, 1, MONDAY) is None
        store_day(conn, 1, MONDAY, {101: 0})
        store_day(conn, 1, MONDAY + DAY, {101: 0}, is_final=False)
        days.mark_purged(conn, 1, MONDAY, NOON)
        store_day(conn, 1, MONDAY, {101: 60})
        assert days.standing(conn, 1, MONDAY) == Standing(is_final=True, readings_purged_at=NOON)
        assert days.standing(conn, 1, MONDAY + DAY) == Standing(is_final=False, readings_purged_at=None)
        assert days.final_since(conn, MONDAY) == {(1, MONDAY)}
        assert days.final_since(conn, MONDAY + DAY) == set()
