"""Years of every park in MariaDB within minutes: the database repeats a few drawn days, in the order of their keys."""

# ruff: noqa: S608 - statements made of names of the schema

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

from sqlalchemy import Column, Table, func, select, text

from hallofshame import leaderboards
from hallofshame.rules import calendar
from hallofshame.rules.periods import Period
from hallofshame.store import engine as engines
from hallofshame.store import parks as stored_parks
from hallofshame.store.columns import UtcDateTime
from hallofshame.store.engine import Connection, Engine
from hallofshame.store.periods import PARK_FIGURES, RIDE_FIGURES
from hallofshame.store.schema import (
    metadata,
    outages,
    park_leaderboard,
    park_periods,
    polls,
    ride_hours,
    ride_leaderboard,
    ride_periods,
)

from . import drawing, parks
from .parks import PlacedPark

_SUMMED = (park_periods, ride_periods, park_leaderboard, ride_leaderboard)
_ASSIGNED = "assigned_days"
_CLOSED_EVERY_DAYS = 71
_AT_ONCE = 2  # parks that are written at the same time

_STARTS_ON = {
    "week": "op_day - INTERVAL WEEKDAY(op_day) DAY",
    "month": "op_day - INTERVAL DAYOFMONTH(op_day) - 1 DAY",
    "year": "MAKEDATE(YEAR(op_day), 1)",
}
# As `store.periods` sums them; who loads has that checked by `store.identities`.
_SUMMED_AS = {
    "days": "COUNT(*)",
    "days_seen": "COUNT(*)",
    "operated_days": "SUM(operated)",
    "days_counted": "SUM(is_counted)",
    "days_closed_all_day": "SUM(is_closed_all_day)",
}


@dataclass(frozen=True, slots=True)
class Size:
    """How much: rides' hours and outages are those of the newest days alone.

    What is drawn should share no divisor with a week, a month or a year: so those that follow each other differ.
    """

    parks: int = 140
    days: int = 3_652
    drawn_days: int = 11
    detailed_days: int = 60
    polled_days: int = 2

    def days_of(self, table: Table) -> int:
        """How many days a table holds."""
        return self.detailed_days if table in {ride_hours, outages} else self.days


def load(engine: Engine, size: Size, now: datetime) -> Mapping[str, int]:
    """Fill an empty database up to this moment. Returns how many rows each of the large tables has."""
    placed = parks.place(size.parks)
    with engines.begin(engine) as conn:
        parks.enter(conn, placed, now)
        drawing.draw(conn, placed, size.drawn_days)
        _assign(conn, placed, size, now)
    without_gaps = engine.execution_options(isolation_level="READ COMMITTED")  # else parks lock each other's ends
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        for _ in pool.map(partial(_load_park, without_gaps, size), placed):
            pass
    with engines.begin(engine) as conn:
        _poll(conn, size, now)
        parks.poll(conn, now)
        drawing.forget(conn)
        conn.execute(text(f"DROP TABLE {_ASSIGNED}"))
    with engines.begin(engine) as conn:
        leaderboards.refresh(conn, stored_parks.active(conn), Period, now)
    with engines.begin(engine) as conn:
        # The server does so by itself, some seconds later: a plan made before would be one for empty tables.
        conn.execute(text("ANALYZE TABLE " + ", ".join(table.name for table in metadata.sorted_tables)))
    return {table.name: _count(engine, table) for table in (*drawing.TABLES, *_SUMMED, polls)}


def _assign(conn: Connection, placed: Sequence[PlacedPark], size: Size, now: datetime) -> None:
    """Which drawn day each day of each park repeats."""
    columns = "park_id INT UNSIGNED, op_day DATE, drawn_day DATE, is_final BOOLEAN, PRIMARY KEY (park_id, op_day)"
    conn.execute(text(f"CREATE TABLE {_ASSIGNED} ({columns})"))
    statement = text(f"""
        INSERT INTO {_ASSIGNED}
        SELECT :park_id, op_day,
            :first_drawn + INTERVAL IF((:park_id + number) MOD {_CLOSED_EVERY_DAYS} = 0, {size.drawn_days},
                (:park_id + number) MOD {size.drawn_days}) DAY,
            op_day <= :newest_final
        FROM (
            SELECT :today - INTERVAL seq DAY AS op_day, TO_DAYS(:today) - seq AS number
            FROM seq_0_to_{size.days - 1}
        ) AS days
    """)
    for each in placed:
        timezone = each.park.timezone
        span = {
            "today": calendar.op_day_of(now, timezone),
            "newest_final": calendar.last_final_day(now, timezone),
        }
        conn.execute(statement, {"park_id": each.park.park_id, "first_drawn": drawing.FIRST} | span)


def _load_park(engine: Engine, size: Size, placed: PlacedPark) -> None:
    park_id = {"park_id": placed.park.park_id}
    with engines.begin(engine) as conn:
        conn.execute(text("SET SESSION unique_checks = 0, foreign_key_checks = 0"))
        for table in drawing.TABLES:
            conn.execute(text(_repeated(table, size)), park_id)
        for grain, starts_on in _STARTS_ON.items():
            conn.execute(text(_summed_rides(grain, starts_on)), park_id)
            conn.execute(text(_summed_parks(grain, starts_on)), park_id)


def _repeated(table: Table, size: Size) -> str:
    """The drawn rows once for each day, which comes first in every key: so they are written in order."""
    columns = ", ".join(column.name for column in table.c)
    left_out = max(0, size.days - size.days_of(table))
    return f"""
        INSERT INTO {table.name} ({columns}) SELECT {", ".join(_moved(column) for column in table.c)}
        FROM (
            SELECT * FROM {_ASSIGNED} WHERE park_id = :park_id ORDER BY op_day LIMIT {size.days} OFFSET {left_out}
        ) AS day
        STRAIGHT_JOIN {drawing.drawn(table)} AS drawn ON drawn.park_id = day.park_id AND drawn.op_day = day.drawn_day
    """


def _moved(column: Column[Any]) -> str:
    if column.name in {"op_day", "is_final"}:
        return f"day.{column.name}"
    if isinstance(column.type, UtcDateTime):
        return f"drawn.{column.name} + INTERVAL DATEDIFF(day.op_day, drawn.op_day) DAY"
    return f"drawn.{column.name}"


def _summed_rides(grain: str, starts_on: str) -> str:
    return f"""
        INSERT INTO ride_periods (park_id, grain, starts_on, ride_id, {", ".join(RIDE_FIGURES)})
        SELECT park_id, '{grain}', {starts_on} AS starts_on, ride_id, {", ".join(map(_sum, RIDE_FIGURES))}
        FROM ride_days JOIN {_ASSIGNED} USING (park_id, op_day)
        WHERE park_id = :park_id AND is_final GROUP BY starts_on, ride_id
    """


def _summed_parks(grain: str, starts_on: str) -> str:
    return f"""
        INSERT INTO park_periods (park_id, grain, starts_on, rides_counted, {", ".join(PARK_FIGURES)})
        SELECT park_id, '{grain}', starts_on, (
            SELECT COUNT(*) FROM ride_periods AS ride WHERE ride.park_id = day.park_id AND ride.grain = '{grain}'
            AND ride.starts_on = day.starts_on AND ride.days_counted > 0
        ), {", ".join(map(_sum, PARK_FIGURES))}
        FROM (SELECT *, {starts_on} AS starts_on FROM park_days WHERE park_id = :park_id AND is_final) AS day
        GROUP BY starts_on
    """


def _sum(figure: str) -> str:
    longest = f"MAX({figure})" if figure.startswith("longest_") else f"SUM({figure})"
    return _SUMMED_AS.get(figure, longest)


def _poll(conn: Connection, size: Size, now: datetime) -> None:
    """Every park asked every ten minutes before now."""
    conn.execute(
        text(f"""
            INSERT INTO polls (park_id, slot, polled_at, outcome, duration_milliseconds)
            SELECT park_id, :now - INTERVAL 10 * seq MINUTE, :now - INTERVAL 10 * seq MINUTE, 'ok', 200
            FROM parks, seq_1_to_{144 * size.polled_days}
        """),
        {"now": now.replace(tzinfo=None)},
    )


def _count(engine: Engine, table: Table) -> int:
    with engines.read(engine) as conn:
        return conn.execute(select(func.count()).select_from(table)).scalar_one()
