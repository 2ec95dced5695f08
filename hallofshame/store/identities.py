"""Whether what is stored adds up: one query an identity, over a stretch of days. Reads only.

Outages and hours make ride-days, ride-days park-days, and final park-days weeks, months and years.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Connection, Integer, Table, and_, func, literal, or_, select, type_coerce

from hallofshame.model import Issue
from hallofshame.store import periods
from hallofshame.store.periods import Row
from hallofshame.store.schema import BUCKETS, outages, park_days, park_hours, ride_days, ride_hours

KIND = "sums_disagree"
NAMED = 20  # one break makes many; the first show where

_PARK_DAY = ("park_id", "op_day")
_RIDE_DAY = (*_PARK_DAY, "ride_id")


@dataclass(frozen=True, slots=True)
class _Identity:
    """Each figure of the whole is that sum over its parts, the rows that share its key."""

    whole: Table
    key: tuple[str, ...]
    parts: Table
    figures: Mapping[str, ColumnElement[Any]]


def _sum(column: ColumnElement[Any]) -> ColumnElement[Any]:
    return func.sum(type_coerce(column, Integer))


_IDENTITIES = (
    _Identity(ride_days, _RIDE_DAY, outages, {"down_s": _sum(outages.c.down_s), "outages": func.count()}),
    _Identity(
        ride_days,
        _RIDE_DAY,
        ride_hours,
        {
            "counted_up_s": _sum(ride_hours.c.up_s),
            "counted_down_s": _sum(ride_hours.c.down_s),
            "wait_readings": _sum(ride_hours.c.wait_readings),
            "wait_minutes_sum": _sum(ride_hours.c.wait_minutes_sum),
        },
    ),
    _Identity(
        park_hours,
        (*_PARK_DAY, "hour"),
        ride_hours,
        {name: _sum(ride_hours.c[name]) for name in ("up_s", "down_s")},
    ),
    _Identity(
        park_days,
        _PARK_DAY,
        park_hours,
        {name: _sum(park_hours.c[name]) for name in ("up_s", "down_s", "weighted_down_s", "weighted_sched_s")},
    ),
    _Identity(
        park_days,
        _PARK_DAY,
        ride_days,
        {
            "up_s": _sum(ride_days.c.counted_up_s),
            "down_s": _sum(ride_days.c.counted_down_s),
            "weighted_down_s": _sum(ride_days.c.weighted_down_s),
            "weighted_sched_s": _sum(ride_days.c.weighted_sched_s),
            "outages": _sum(ride_days.c.counted_outages),
            "rides_seen": func.count(),
            "rides_counted": _sum(ride_days.c.is_counted),
            "rides_closed_all_day": _sum(ride_days.c.is_closed_all_day),
        },
    ),
)


def broken_days(conn: Connection, park_ids: Collection[int], first: date, last: date) -> list[Issue]:
    """What does not add up within some parks' days, and rides whose buckets are not their park's window."""
    found = [
        _issue(f"{identity.parts.name} are not {identity.whole.name}", row)
        for identity in _IDENTITIES
        for row in _unequal(conn, identity, park_ids, first, last)
    ]
    return found + [_issue("the buckets are not the window", row) for row in _windows(conn, park_ids, first, last)]


def broken_periods(conn: Connection, park_ids: Collection[int], grain: str, first: date, last: date) -> list[Issue]:
    """Which parks, or rides of theirs, have a week, month or year that is not the sum of its final days."""
    parks = periods.parks_between(conn, park_ids, first, last, is_final=True)
    rides = periods.rides_between(conn, park_ids, first, last, is_final=True)
    stored_parks = [
        {name: row[name] for name in ("park_id", *periods.PARK_FIGURES)}
        for row in periods.parks_of(conn, park_ids, grain, first)
    ]
    differing = _differing(parks, stored_parks) + _differing(rides, periods.rides_of(conn, park_ids, grain, first))
    return [_issue(f"the {grain} is not the sum of its days", row | {"op_day": first}) for row in differing[:NAMED]]


def _unequal(
    conn: Connection, identity: _Identity, park_ids: Collection[int], first: date, last: date
) -> Sequence[Any]:
    whole, parts = identity.whole, identity.parts
    sums = (
        select(*(parts.c[name] for name in identity.key), *(s.label(name) for name, s in identity.figures.items()))
        .where(*_asked(parts, park_ids, first, last))
        .group_by(*(parts.c[name] for name in identity.key))
        .subquery("sums")
    )
    is_same_key = and_(*(whole.c[name] == sums.c[name] for name in identity.key))
    query = (
        select(*(whole.c[name] for name in identity.key))
        .outerjoin_from(whole, sums, is_same_key)
        .where(*_asked(whole, park_ids, first, last))
        .where(or_(*(whole.c[name] != func.coalesce(sums.c[name], 0) for name in identity.figures)))
    )
    return conn.execute(query.limit(NAMED)).mappings().all()


def _windows(conn: Connection, park_ids: Collection[int], first: date, last: date) -> Sequence[Any]:
    is_same_day = (ride_days.c.park_id == park_days.c.park_id) & (ride_days.c.op_day == park_days.c.op_day)
    buckets = sum((ride_days.c[name] for name in BUCKETS), start=literal(0))
    query = (
        select(*(ride_days.c[name] for name in _RIDE_DAY))
        .join_from(ride_days, park_days, is_same_day)
        .where(*_asked(park_days, park_ids, first, last), buckets != park_days.c.window_s)
    )
    return conn.execute(query.limit(NAMED)).mappings().all()


def _asked(table: Table, park_ids: Collection[int], first: date, last: date) -> tuple[ColumnElement[bool], ...]:
    return table.c.park_id.in_(park_ids), table.c.op_day.between(first, last)


def _differing(one: Iterable[Row], other: Iterable[Row]) -> list[Row]:
    """The rows that stand on one side only."""
    one_side, other_side = ({tuple(sorted(row.items())): row for row in rows} for rows in (one, other))
    return [(one_side | other_side)[key] for key in one_side.keys() ^ other_side.keys()]


def _issue(what: str, row: Mapping[str, Any]) -> Issue:
    where = " ".join(str(row[name]) for name in ("op_day", "hour", "ride_id") if name in row)
    return Issue(KIND, f"park:{row['park_id']}", f"{what}: {where}")
