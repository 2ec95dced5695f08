"""Which operating days a period holds, each park's own (domain page, 4.8): what readers ask for, and what is stored."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from hallofshame.rules import calendar
from hallofshame.rules.ranking import Span

_DAY = timedelta(days=1)


class Grain(StrEnum):
    """What park-days are summed up to."""

    WEEK = "week"
    MONTH = "month"
    YEAR = "year"


class Period(StrEnum):
    """What a reader can ask for. All but `today` hold finished operating days alone; `year`: this calendar year's."""

    TODAY = "today"
    YESTERDAY = "yesterday"
    LAST_7_DAYS = "7days"
    LAST_30_DAYS = "30days"
    LAST_WEEK = "last_week"
    LAST_MONTH = "last_month"
    YEAR = "year"

    @property
    def span(self) -> Span:
        """How much of a sample it needs to be ranked."""
        return _SPAN[self]


@dataclass(frozen=True, slots=True)
class Days:
    """Operating days from the first to the last, both included."""

    first: date
    last: date


_SPAN = {
    Period.TODAY: Span.TODAY,
    Period.YESTERDAY: Span.DAY,
    Period.LAST_7_DAYS: Span.WEEK,
    Period.LAST_30_DAYS: Span.MONTH,
    Period.LAST_WEEK: Span.WEEK,
    Period.LAST_MONTH: Span.MONTH,
    Period.YEAR: Span.YEAR,
}


def grain_days(grain: Grain, op_day: date) -> Days:
    """The ISO week, calendar month or year that a day belongs to."""
    if grain is Grain.WEEK:
        monday = op_day - op_day.weekday() * _DAY
        return Days(monday, monday + 6 * _DAY)
    if grain is Grain.MONTH:
        first = op_day.replace(day=1)
        return Days(first, (first + 31 * _DAY).replace(day=1) - _DAY)
    return Days(date(op_day.year, 1, 1), date(op_day.year, 12, 31))


def key(grain: Grain, op_day: date) -> str:
    """How the week, month or year of a day is written: 2026-W01, 2026-01, 2026."""
    if grain is Grain.WEEK:
        year, week, _ = op_day.isocalendar()
        return f"{year}-W{week:02}"
    return f"{op_day:%Y-%m}" if grain is Grain.MONTH else f"{op_day:%Y}"


def resolve(period: Period, now: datetime, timezone: str) -> Days:
    """The days of a period as it is asked for at a moment, in the park's zone.

    The last week or month is the newest one whose days are all finished.
    """
    if period is Period.TODAY:
        today = calendar.op_day_of(now, timezone)
        return Days(today, today)
    newest = calendar.last_final_day(now, timezone)
    if period is Period.LAST_WEEK:
        return _newest_whole(Grain.WEEK, newest)
    if period is Period.LAST_MONTH:
        return _newest_whole(Grain.MONTH, newest)
    if period is Period.YEAR:
        return Days(grain_days(Grain.YEAR, newest).first, newest)
    return Days(newest - (_LENGTH[period] - 1) * _DAY, newest)


def before(period: Period, span: Days) -> Days | None:
    """The days that a period is compared with: as many before it, or the week, month or year before.

    None for a day that still lasts: half a day is no match for a whole one.
    """
    if period is Period.TODAY:
        return None
    if period in GRAIN:
        return grain_days(GRAIN[period], span.first - _DAY)
    length = span.last - span.first + _DAY
    return Days(span.first - length, span.first - _DAY)


def days(first: date, last: date) -> Iterator[date]:
    """Each day from the first to the last, both included."""
    return (first + number * _DAY for number in range((last - first).days + 1))


# These are stored as sums; the others are summed from their days.
GRAIN = {Period.LAST_WEEK: Grain.WEEK, Period.LAST_MONTH: Grain.MONTH, Period.YEAR: Grain.YEAR}
_LENGTH = {Period.YESTERDAY: 1, Period.LAST_7_DAYS: 7, Period.LAST_30_DAYS: 30}


def _newest_whole(grain: Grain, newest: date) -> Days:
    running = grain_days(grain, newest)
    return running if running.last == newest else grain_days(grain, running.first - _DAY)
