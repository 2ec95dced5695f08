"""What is stored of one park, or of one ride, over a stretch of its operating days: a row for each that is stored.

A ride's rows lie within its park's, day by day: a list of days finds them by the whole primary key, where a stretch of
days would read every ride of the park. Reads only.
"""

from collections.abc import Collection
from datetime import date
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Connection, Integer, Select, Table, cast, func, select
from sqlalchemy import type_coerce as take_as

from hallofshame.store.periods import Row
from hallofshame.store.schema import (
    BUCKETS,
    outages,
    park_days,
    park_hours,
    park_periods,
    ride_days,
    ride_hours,
    ride_periods,
)

_PARK_DAY_SUMS = ("window_s", "observed_s", "stop_s", "rides_counted", "rides_closed_all_day", "outages")
_PARK_SUMS = ("up_s", "down_s", "weighted_down_s", "weighted_sched_s")
_RIDE_SUMS = ("counted_up_s", "counted_down_s", "counted_outages", "longest_outage_s")
_WAITS = ("wait_readings", "wait_minutes_sum", "longest_wait_minutes")


def newest_final_day(conn: Connection, park_id: int) -> date | None:
    """The park's newest day that is judged finally."""
    days = park_days.c
    query = select(days.op_day).where(days.park_id == park_id, days.is_final).order_by(days.op_day.desc()).limit(1)
    return conn.execute(query).scalar()


def operated_days(conn: Connection, park_id: int, first: date, last: date) -> list[Row]:
    """The park's days on which it operated: those of which its rides have rows. Each with its zone, and is it final."""
    query = select(*_columns(park_days, "op_day", "timezone", "is_final")).where(park_days.c.park_id == park_id)
    return _rows(conn, query.where(park_days.c.op_day.between(first, last), park_days.c.operated))


def of_park_days(conn: Connection, park_id: int, first: date, last: date) -> list[Row]:
    """The park's days with their figures, and whether each is final and operated."""
    operated = _integer(park_days.c.operated, "operated_days")
    facts = _columns(park_days, "op_day", "is_final", "operated")
    query = select(*facts, operated, *_columns(park_days, *_PARK_DAY_SUMS, *_PARK_SUMS))
    query = query.where(park_days.c.park_id == park_id, park_days.c.op_day.between(first, last))
    return _rows(conn, query.order_by(park_days.c.op_day))


def of_park_hours(conn: Connection, park_id: int, first: date, last: date) -> list[Row]:
    """The hours of the park's days."""
    query = select(*_columns(park_hours, "op_day", "hour", *_PARK_SUMS))
    query = query.where(park_hours.c.park_id == park_id, park_hours.c.op_day.between(first, last))
    return _rows(conn, query.order_by(park_hours.c.op_day, park_hours.c.hour))


def of_park_periods(conn: Connection, park_id: int, grain: str, first: date, last: date) -> list[Row]:
    """The park's weeks or months that begin on a day from the first to the last."""
    table = park_periods
    query = select(*_columns(table, "starts_on", "operated_days", *_PARK_DAY_SUMS, *_PARK_SUMS))
    are = (table.c.park_id == park_id, table.c.grain == grain, table.c.starts_on.between(first, last))
    return _rows(conn, query.where(*are).order_by(table.c.starts_on))


def of_ride_days(conn: Connection, park_id: int, ride_id: int, op_days: Collection[date]) -> list[Row]:
    """A ride's days."""
    counted = _integer(ride_days.c.is_counted, "days_counted")
    closed = _integer(ride_days.c.is_closed_all_day, "days_closed_all_day")
    query = select(ride_days.c.op_day, counted, closed, *_columns(ride_days, *BUCKETS, *_RIDE_SUMS, *_WAITS))
    return _rows(conn, _of_ride(query, ride_days, park_id, ride_id, op_days).order_by(ride_days.c.op_day))


def of_ride_hours(conn: Connection, park_id: int, ride_id: int, op_days: Collection[date]) -> list[Row]:
    """The hours of a ride's days; those on which it counted alone have any."""
    query = select(*_columns(ride_hours, "op_day", "hour", "up_s", "down_s", *_WAITS))
    query = _of_ride(query, ride_hours, park_id, ride_id, op_days)
    return _rows(conn, query.order_by(ride_hours.c.op_day, ride_hours.c.hour))


def of_ride_periods(conn: Connection, park_id: int, ride_id: int, grain: str, starts: Collection[date]) -> list[Row]:
    """A ride's weeks or months that begin on one of some days."""
    table = ride_periods
    figures = ("days_counted", "days_closed_all_day", *BUCKETS, *_RIDE_SUMS, *_WAITS)
    are = (table.c.park_id == park_id, table.c.grain == grain, table.c.starts_on.in_(starts))
    query = select(*_columns(table, "starts_on", *figures)).where(*are, table.c.ride_id == ride_id)
    return _rows(conn, query.order_by(table.c.starts_on))


def waits_of_park_hours(conn: Connection, park_id: int, first: date, last: date) -> list[Row]:
    """What the waits of all counted rides of a park come to in each hour of its days."""
    hour = (ride_hours.c.op_day, ride_hours.c.hour)
    sums = [cast(func.sum(ride_hours.c[name]), BigInteger).label(name) for name in _WAITS[:2]]
    query = select(*hour, *sums).where(ride_hours.c.park_id == park_id, ride_hours.c.op_day.between(first, last))
    return _rows(conn, query.group_by(*hour))


def outages_of_ride(
    conn: Connection, park_id: int, ride_id: int, op_days: Collection[date], *, limit: int, offset: int
) -> list[Row]:
    """A ride's outages, the newest first."""
    query = select(*_columns(outages, "op_day", "began_at", "ended_at", "down_s", "has_reopened"))
    query = _of_ride(query, outages, park_id, ride_id, op_days)
    return _rows(conn, query.order_by(outages.c.op_day.desc(), outages.c.began_at.desc()).limit(limit).offset(offset))


def count_outages_of_ride(conn: Connection, park_id: int, ride_id: int, op_days: Collection[date]) -> int:
    """How many outages a ride had."""
    count: int = conn.execute(_of_ride(select(func.count()), outages, park_id, ride_id, op_days)).scalar_one()
    return count


def _of_ride(query: Select[Any], table: Table, park_id: int, ride_id: int, op_days: Collection[date]) -> Select[Any]:
    key = table.c
    return query.where(key.park_id == park_id, key.op_day.in_(op_days), key.ride_id == ride_id)


def _columns(table: Table, *names: str) -> list[ColumnElement[Any]]:
    return [table.c[name] for name in names]


def _integer(truth: ColumnElement[bool], name: str) -> ColumnElement[int]:
    """A truth as the 1 or 0 that it adds to a count."""
    return take_as(truth, Integer).label(name)


def _rows(conn: Connection, query: Select[Any]) -> list[Row]:
    found = conn.execute(query)
    names = tuple(found.keys())
    return [dict(zip(names, row, strict=True)) for row in found]  # over hundreds of rows a third faster than mappings()
