"""Park-local days, and nothing else: the only place that knows when an operating day starts in a park's own zone.

Moments come and go as aware UTC; inside a day the rules count whole epoch seconds.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cache, lru_cache
from zoneinfo import ZoneInfo

from hallofshame.errors import Permanent
from hallofshame.rules.constants import DAY_STARTS_AT, FINAL_AFTER_SECONDS, POLL_INTERVAL_SECONDS

_DAY_SECONDS = 86_400
_HOUR_SECONDS = 3_600
_QUARTER_SECONDS = 900  # zones change their offset on a quarter of an hour
_START_CLOCK_SECONDS = DAY_STARTS_AT.hour * _HOUR_SECONDS


@dataclass(frozen=True, slots=True)
class OperatingDay:
    """[D 04:00, D+1 04:00) in a park's zone (domain page, 4.2), as epoch seconds: 23, 24 or 25 hours.

    `offsets` holds (from this second on, seconds east of UTC): one, or two on a day the clocks change.
    """

    op_day: date
    timezone: str
    starts_at_s: int
    ends_at_s: int
    offsets: tuple[tuple[int, int], ...]

    @property
    def starts_at(self) -> datetime:
        return utc(self.starts_at_s)

    @property
    def ends_at(self) -> datetime:
        return utc(self.ends_at_s)

    @property
    def expected_polls(self) -> int:
        return (self.ends_at_s - self.starts_at_s) // POLL_INTERVAL_SECONDS

    def clock_s(self, epoch_s: int) -> int:
        """Seconds the wall clock has gone on from 04:00, so that 01:10 comes after 23:50."""
        return (epoch_s + self._offset_s(epoch_s) - _START_CLOCK_SECONDS) % _DAY_SECONDS

    def hours(self, start_s: int, length_s: int) -> Iterator[tuple[int, int]]:
        """Split a stretch at the local hours: (epoch second the local hour began, seconds inside it)."""
        end_s = start_s + length_s
        while start_s < end_s:
            hour_s = start_s - (start_s + self._offset_s(start_s)) % _HOUR_SECONDS
            until_s = min(end_s, hour_s + _HOUR_SECONDS)
            yield hour_s, until_s - start_s
            start_s = until_s

    def _offset_s(self, epoch_s: int) -> int:
        return next(offset_s for from_s, offset_s in reversed(self.offsets) if epoch_s >= from_s)


@cache  # the library keeps eight, the parks of the world stand in more than twenty
def zone(name: str) -> ZoneInfo:
    """The zone of an IANA name. Raises Permanent when there is none of that name."""
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError) as error:  # a name that is a folder of zones is an OSError
        raise Permanent(f"{name!r} is no IANA time zone, such as Europe/Rome") from error


def op_day_of(moment: datetime, timezone: str) -> date:
    """The operating day an aware moment belongs to: until 03:59 it is still the day before."""
    local = moment.astimezone(zone(timezone))
    return (local.replace(tzinfo=None) - timedelta(seconds=_START_CLOCK_SECONDS)).date()


def operating_day(op_day: date, timezone: str) -> OperatingDay:
    """An operating day with its edges."""
    here = zone(timezone)
    starts_at_s, ends_at_s = (
        int(datetime.combine(day, DAY_STARTS_AT, here).timestamp()) for day in (op_day, op_day + timedelta(days=1))
    )
    offsets: list[tuple[int, int]] = []
    for epoch_s in range(starts_at_s, ends_at_s, _QUARTER_SECONDS):
        offset_s = _offset_s(epoch_s, here)
        if not offsets or offsets[-1][1] != offset_s:
            offsets.append((epoch_s, offset_s))
    return OperatingDay(op_day, timezone, starts_at_s, ends_at_s, tuple(offsets))


def last_final_day(now: datetime, timezone: str) -> date:
    """The newest operating day that can be judged finally: from half an hour after its end on (domain page, 4.4)."""
    return op_day_of(now - timedelta(seconds=FINAL_AFTER_SECONDS), timezone) - timedelta(days=1)


@lru_cache(maxsize=4_096)  # a day's hours are the same for each of its rides
def utc(epoch_s: int) -> datetime:
    """An epoch second as aware UTC."""
    return datetime.fromtimestamp(epoch_s, UTC)


def _offset_s(epoch_s: int, here: ZoneInfo) -> int:
    offset = datetime.fromtimestamp(epoch_s, here).utcoffset()
    return int(offset.total_seconds()) if offset is not None else 0
