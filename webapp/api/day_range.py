"""Which operating days a reader asks for with `from` and `to`, both included, in the park's own zone."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Annotated

from pydantic import BeforeValidator, ConfigDict, Field
from werkzeug.exceptions import BadRequest

from hallofshame.rules import calendar
from hallofshame.rules.periods import Days

from .questions import Question

_FIRST, _LAST = date(2000, 1, 1), date(2099, 12, 31)  # no park was asked before; far from where calendars end
_WRITTEN = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_DAY = timedelta(days=1)


def _day(given: object) -> date:
    """Read strictly: a number or a moment is no day. Raises ValueError."""
    try:
        day = date.fromisoformat(given) if isinstance(given, str) and _WRITTEN.fullmatch(given) else None
    except ValueError:
        day = None
    if day is None or not _FIRST <= day <= _LAST:
        raise ValueError(f"Input should be a day from {_FIRST} to {_LAST}, written so")
    return day


Day = Annotated[date, BeforeValidator(_day)]


class DayRange(Question):
    """From when to when."""

    model_config = ConfigDict(serialize_by_alias=True)

    first: Day | None = Field(None, alias="from", description="first operating day, such as 2026-05-01")
    last: Day | None = Field(None, alias="to", description="last operating day; default: the one that the park is in")


@dataclass(frozen=True, slots=True)
class Reach:
    """Where a range begins when nobody says so, by the day it ends on; and how many days it may have."""

    usual_first: Callable[[date], date]
    most_days: int


def days_back(days: int) -> Callable[[date], date]:
    """A range of so many days."""
    return lambda last: last - (days - 1) * _DAY


def weeks_back(weeks: int) -> Callable[[date], date]:
    """A range that holds days of so many ISO weeks, the last one included."""
    return days_back(7 * (weeks - 1) + 1)


def months_back(months: int) -> Callable[[date], date]:
    """A range of so many calendar months, the last one included."""

    def first(last: date) -> date:
        year, month = divmod(12 * last.year + last.month - months, 12)
        return date(year, month + 1, 1)

    return first


def resolve(asked: DayRange, reach: Reach, now: datetime, timezone: str) -> Days:
    """The days asked for. Raises BadRequest, with what is allowed, where they end before they begin or are too many."""
    last = asked.last or calendar.op_day_of(now, timezone)
    first = asked.first or reach.usual_first(last)
    if first > last:
        raise BadRequest(f"from: {first} is after {last} (allowed: up to the day of `to`, by default the park's today)")
    days = (last - first).days + 1
    if days > reach.most_days:
        raise BadRequest(f"from, to: {days} days are too many (allowed: at most {reach.most_days})")
    return Days(first, last)
