"""Sums of park-days and ride-days over a stretch of days; weeks, months and years of them, stored.

Nothing but sums, and the largest of what is called longest. Which days a period holds is the caller's to say, and the
transaction is the caller's.
"""

from collections.abc import Collection
from datetime import date
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Connection, Table, cast, delete, func, insert, literal, select
from sqlalchemy import type_coerce as take_as

from hallofshame.store.schema import park_days, park_periods, ride_days, ride_periods

Row = dict[str, Any]

# What is called otherwise than the column of the day rows that it sums.
_SUMMED_AS = {
    "operated_days": "operated",
    "days_counted": "is_counted",
    "days_closed_all_day": "is_closed_all_day",
}
_ROWS = {"days", "days_seen"}  # a count of day rows
_KEY = ("park_id", "grain", "starts_on")

RIDE_FIGURES = tuple(column.name for column in ride_periods.c if column.name not in {*_KEY, "ride_id"})
PARK_FIGURES = tuple(column.name for column in park_periods.c if column.name not in {*_KEY, "rides_counted"})


def replace(conn: Connection, park_id: int, grain: str, first: date, last: date) -> None:
    """Sum a park's final days from the first to the last anew, as its week, month or year."""
    key = (literal(park_id), literal(grain), literal(first))
    period = {"park_id": park_id, "grain": grain, "starts_on": first}
    for table in (ride_periods, park_periods):
        conn.execute(delete(table).where(*_are(table, period)))
    days = (park_days.c.park_id == park_id, park_days.c.op_day.between(first, last), park_days.c.is_final)
    rides = select(*key, ride_days.c.ride_id, *_sums(ride_days, RIDE_FIGURES)).join_from(
        ride_days, park_days, _SAME_DAY
    )
    rides = rides.where(*days).group_by(ride_days.c.ride_id)
    conn.execute(insert(ride_periods).from_select([*_KEY, "ride_id", *RIDE_FIGURES], rides))
    counted = select(func.count()).where(*_are(ride_periods, period), ride_periods.c.days_counted > 0).scalar_subquery()
    park = select(*key, counted, *_sums(park_days, PARK_FIGURES)).where(*days).group_by(park_days.c.park_id)
    conn.execute(insert(park_periods).from_select([*_KEY, "rides_counted", *PARK_FIGURES], park))


def parks_between(
    conn: Connection,
    park_ids: Collection[int],
    first: date,
    last: date,
    figures: Collection[str] = PARK_FIGURES,
    *,
    is_final: bool,
) -> list[Row]:
    """Figures of each of some parks over days that are all final, or all provisional, with its `park_id`."""
    days = park_days.c.op_day.between(first, last), park_days.c.is_final == is_final
    query = select(park_days.c.park_id, *_sums(park_days, figures)).where(park_days.c.park_id.in_(park_ids), *days)
    return [dict(row) for row in conn.execute(query.group_by(park_days.c.park_id)).mappings()]


def rides_between(
    conn: Connection,
    park_ids: Collection[int],
    first: date,
    last: date,
    figures: Collection[str] = RIDE_FIGURES,
    *,
    is_final: bool,
) -> list[Row]:
    """Figures of each ride of some parks over days that are all final, or all provisional."""
    ride = (ride_days.c.park_id, ride_days.c.ride_id)
    query = (
        select(*ride, *_sums(ride_days, figures))
        .join_from(ride_days, park_days, _SAME_DAY)
        .where(park_days.c.park_id.in_(park_ids), park_days.c.op_day.between(first, last))
        .where(park_days.c.is_final == is_final)
        .group_by(*ride)
    )
    return [dict(row) for row in conn.execute(query).mappings()]


def parks_of(
    conn: Connection, park_ids: Collection[int], grain: str, starts_on: date, figures: Collection[str] = PARK_FIGURES
) -> list[Row]:
    """The same figures from a stored week, month or year."""
    return _stored(conn, park_periods, ("park_id", *figures), park_ids, grain, starts_on)


def rides_of(
    conn: Connection, park_ids: Collection[int], grain: str, starts_on: date, figures: Collection[str] = RIDE_FIGURES
) -> list[Row]:
    """The same figures from a stored week, month or year."""
    return _stored(conn, ride_periods, ("park_id", "ride_id", *figures), park_ids, grain, starts_on)


_SAME_DAY = (ride_days.c.park_id == park_days.c.park_id) & (ride_days.c.op_day == park_days.c.op_day)


def _stored(
    conn: Connection, table: Table, names: Collection[str], park_ids: Collection[int], grain: str, starts_on: date
) -> list[Row]:
    period = _are(table, {"grain": grain, "starts_on": starts_on})
    query = select(*(table.c[name] for name in names)).where(table.c.park_id.in_(park_ids), *period)
    return [dict(row) for row in conn.execute(query).mappings()]


def _are(table: Table, key: Row) -> list[ColumnElement[bool]]:
    return [table.c[name] == value for name, value in key.items()]


def _sums(table: Table, figures: Collection[str]) -> list[ColumnElement[Any]]:
    return [_sum(table, name).label(name) for name in figures]


def _sum(table: Table, name: str) -> ColumnElement[Any]:
    """One figure of day rows. MariaDB sums to a decimal, and no sum of truths is a truth: an integer it shall be."""
    if name in _ROWS:
        return func.count()
    column = table.c[_SUMMED_AS.get(name, name)]
    if name.startswith("longest_"):
        return func.max(column)
    return cast(func.sum(take_as(column, BigInteger)), BigInteger)
