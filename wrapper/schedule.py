"""Is a job due in this minute? For `--when`, because Debian's cron knows no time zone of a job's own.

Five fields against a zone's wall clock, and Debian cron's rules at clock changes: a job at fixed times runs once when
its hour is skipped (as soon as the gap is over) or comes twice (the first time); one with `*` follows the wall clock.
Loaded only where the line has `--when`.
"""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

MINUTE = timedelta(minutes=1)

_MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
_WEEKDAYS = ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT")
# Name, lowest and highest value, and the names that stand for values from the lowest on.
_FIELDS = (
    ("minute", 0, 59, ()),
    ("hour", 0, 23, ()),
    ("day of the month", 1, 31, ()),
    ("month", 1, 12, _MONTHS),
    ("day of the week", 0, 7, _WEEKDAYS),
)


class Schedule:
    """A cron expression of five fields in a time zone. Raises ValueError, naming the field that is wrong."""

    def __init__(self, expression: str, zone: str) -> None:
        fields = expression.upper().split()
        if len(fields) != len(_FIELDS):
            raise ValueError(f"{expression!r} has {len(fields)} fields, not five")
        values = [_values(text, *field) for text, field in zip(fields, _FIELDS, strict=True)]
        self._minutes, self._hours, self._days, self._months, self._weekdays = values
        self._both_days = fields[2].startswith("*") or fields[4].startswith("*")
        self._at_fixed_times = not fields[0].startswith("*") and not fields[1].startswith("*")
        try:
            self._zone = ZoneInfo(zone)
        except (OSError, ValueError, LookupError):
            raise ValueError(f"{zone!r} is no time zone known here") from None

    def is_due(self, epoch_seconds: float) -> bool:
        """Tell whether the job is due in the minute that the moment is in."""
        minute = datetime.fromtimestamp(epoch_seconds // 60 * 60, UTC)
        here = minute.astimezone(self._zone)
        if not self._at_fixed_times:
            return self._matches(here)
        return any(self._matches(time) for time in _skipped_before(minute, self._zone)) or (
            self._matches(here) and not here.fold
        )

    def _matches(self, time: datetime) -> bool:
        return (
            time.minute in self._minutes
            and time.hour in self._hours
            and time.month in self._months
            and self._matches_day(time)
        )

    def _matches_day(self, time: datetime) -> bool:
        of_month = time.day in self._days
        of_week = time.isoweekday() in self._weekdays or time.isoweekday() % 7 in self._weekdays
        return of_month and of_week if self._both_days else of_month or of_week


def _skipped_before(minute: datetime, zone: ZoneInfo) -> list[datetime]:
    """The wall-clock minutes that were skipped directly before this one; none but at a clock change."""
    here = minute.astimezone(zone).replace(tzinfo=None)
    before = (minute - MINUTE).astimezone(zone).replace(tzinfo=None)
    return [before + count * MINUTE for count in range(1, (here - before) // MINUTE)]


def _values(text: str, name: str, lowest: int, highest: int, names: tuple[str, ...]) -> set[int]:
    values: set[int] = set()
    for term in text.split(","):
        try:
            values.update(_term(term, lowest, highest, names))
        except ValueError:
            raise ValueError(f"{text!r} is no {name} of a cron expression") from None
    return values


def _term(term: str, lowest: int, highest: int, names: tuple[str, ...]) -> range:
    span, slash, step = term.partition("/")
    first, dash, last = span.partition("-")
    if span == "*":
        start, end = lowest, highest
    else:
        start = _value(first, lowest, names)
        end = _value(last, lowest, names) if dash else start
        if slash and not dash:
            raise ValueError(term)  # as Debian's cron: a step needs a range
    every = _value(step, 0, ()) if slash else 1
    if not lowest <= start <= end <= highest:
        raise ValueError(term)
    return range(start, end + 1, every)  # a step of zero is a ValueError, too


def _value(text: str, lowest: int, names: tuple[str, ...]) -> int:
    if text in names:
        return names.index(text) + lowest
    if not (text.isascii() and text.isdigit()):
        raise ValueError(text)
    return int(text)
