"""How a park or a ride did over time: a row for each hour, day, week or month that is stored. A gap stays a gap."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Annotated, Any

from pydantic import BaseModel, Field

from hallofshame.clock import to_iso
from hallofshame.rules import calendar, periods
from hallofshame.rules.periods import Days, Grain
from hallofshame.store import histories
from hallofshame.store.engine import Connection

from . import day_range, figures, found
from .day_range import DayRange, Reach
from .envelope import Answer
from .figures import ParkFigures, RideFigures
from .questions import ListQuestion, OneOf

Rows = Sequence[Mapping[str, Any]]

_HOUR, _DAY = "hour", "day"
_REACH = {
    _HOUR: Reach(day_range.days_back(7), 31),
    _DAY: Reach(day_range.days_back(30), 731),
    Grain.WEEK.value: Reach(day_range.weeks_back(26), 3_653),
    Grain.MONTH.value: Reach(day_range.months_back(24), 3_653),
}


class HistoryQuestion(DayRange, ListQuestion):
    """Parameters of a history."""

    grain: Annotated[str, OneOf(tuple(_REACH))] = Field(
        _DAY,
        description="the last 7 days by hour, 30 days, 26 weeks or 24 months; with from and to at most 31 days by "
        "hour, 731 by day, 3653 by week or month, which come whole where they hold a day that was asked for",
    )


class Point(BaseModel):
    """What a row of a history is of."""

    starts_on: date = Field(description="its first operating day; of an hour the one it belongs to")
    key: str = Field(description="2026-W01, 2026-01 or 2026-01-01; of an hour the moment it began")
    hour: datetime | None = Field(description="when a local hour began; null: not by hour")
    op_day: date | None = Field(description="null: a week or a month")
    is_final: bool = Field(description="false: it has not ended, or is not judged finally: it may still change")


class ParkPoint(ParkFigures, Point):
    """A park's hour, day, week or month. Nothing but sums is kept by the hour: its other figures are null."""

    operated: bool = Field(description="false: it stayed closed, and has no score")


class RidePoint(RideFigures, Point):
    """A ride's hour, day, week or month, where its park operated; by hour where it counted.

    Nothing but sums is kept by the hour: its other figures are null.
    """


def get_park(conn: Connection, asked: HistoryQuestion, now: datetime, park_id: int) -> Answer[list[ParkPoint]]:
    """A park's history."""
    span = _span(asked, now, found.park(conn, park_id).timezone)
    if asked.grain == _HOUR:
        evidence = histories.of_park_days(conn, park_id, span.first, span.last)
        points = _park_hours(histories.of_park_hours(conn, park_id, span.first, span.last), _finality(evidence))
    elif asked.grain == _DAY:
        evidence = histories.of_park_days(conn, park_id, span.first, span.last)
        points = _park_days(evidence)
    else:
        evidence = histories.of_park_periods(conn, park_id, asked.grain, span.first, span.last)
        points = _park_periods(evidence, Grain(asked.grain), histories.newest_final_day(conn, park_id))
    return Answer(points, first=span.first, last=span.last, coverage=figures.coverage_of_park(evidence))


def get_ride(conn: Connection, asked: HistoryQuestion, now: datetime, ride_id: int) -> Answer[list[RidePoint]]:
    """A ride's history."""
    park = found.park_of_ride(conn, ride_id)
    span = _span(asked, now, park.timezone)
    if asked.grain in {_HOUR, _DAY}:
        finality = _finality(histories.operated_days(conn, park.park_id, span.first, span.last))
        evidence = histories.of_ride_days(conn, park.park_id, ride_id, finality)
        points = _ride_days(evidence, finality)
        if asked.grain == _HOUR:
            points = _ride_hours(histories.of_ride_hours(conn, park.park_id, ride_id, finality), finality)
    else:
        grain = Grain(asked.grain)
        starts = list(_starts(grain, span))
        evidence = histories.of_ride_periods(conn, park.park_id, ride_id, grain.value, starts)
        points = _ride_periods(evidence, grain, histories.newest_final_day(conn, park.park_id))
    return Answer(points, first=span.first, last=span.last, coverage=figures.coverage_of_ride(evidence))


def _span(asked: HistoryQuestion, now: datetime, timezone: str) -> Days:
    """The days asked for; by week or month, all days of the first one, and of the last one until today."""
    span = day_range.resolve(asked, _REACH[asked.grain], now, timezone)
    if asked.grain in {_HOUR, _DAY}:
        return span
    first, last = (periods.grain_days(Grain(asked.grain), day) for day in (span.first, span.last))
    return Days(first.first, min(last.last, max(span.last, calendar.op_day_of(now, timezone))))


def _starts(grain: Grain, span: Days) -> Iterator[date]:
    """The first day of each week or month of days that begin with one."""
    first = span.first
    while first <= span.last:
        yield first
        first = periods.grain_days(grain, first).last + timedelta(days=1)


def _finality(days: Rows) -> dict[date, bool]:
    """Whether each day is final."""
    return {row["op_day"]: row["is_final"] for row in days}


def _park_hours(hours: Rows, finality: Mapping[date, bool]) -> list[ParkPoint]:
    return [ParkPoint(**_hour(row, finality), **figures.of_park_hour(row), operated=True) for row in hours]


def _park_days(days: Rows) -> list[ParkPoint]:
    return [
        ParkPoint(**_day(row["op_day"], row["is_final"]), **figures.of_park(row), operated=row["operated"])
        for row in days
    ]


def _park_periods(rows: Rows, grain: Grain, newest_final: date | None) -> list[ParkPoint]:
    return [
        ParkPoint(**_period(row, grain, newest_final), **figures.of_park(row), operated=row["operated_days"] > 0)
        for row in rows
    ]


def _ride_hours(hours: Rows, finality: Mapping[date, bool]) -> list[RidePoint]:
    return [RidePoint(**_hour(row, finality), **figures.of_ride_hour(row)) for row in hours]


def _ride_days(days: Rows, finality: Mapping[date, bool]) -> list[RidePoint]:
    return [RidePoint(**_day(row["op_day"], finality[row["op_day"]]), **figures.of_ride(row)) for row in days]


def _ride_periods(rows: Rows, grain: Grain, newest_final: date | None) -> list[RidePoint]:
    return [RidePoint(**_period(row, grain, newest_final), **figures.of_ride(row)) for row in rows]


def _hour(row: Mapping[str, Any], finality: Mapping[date, bool]) -> dict[str, Any]:
    op_day, hour = row["op_day"], row["hour"]
    return _day(op_day, finality[op_day]) | {"key": to_iso(hour), "hour": hour}


def _day(op_day: date, is_final: bool) -> dict[str, Any]:
    return {"starts_on": op_day, "key": op_day.isoformat(), "hour": None, "op_day": op_day, "is_final": is_final}


def _period(row: Mapping[str, Any], grain: Grain, newest_final: date | None) -> dict[str, Any]:
    first = row["starts_on"]
    return {
        "starts_on": first,
        "key": periods.key(grain, first),
        "hour": None,
        "op_day": None,
        "is_final": newest_final is not None and periods.grain_days(grain, first).last <= newest_final,
    }
