"""When a zone's clock is changed, and from what to what."""

from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

_MINUTE, _DAY = timedelta(minutes=1), timedelta(days=1)


@dataclass(frozen=True, slots=True)
class ClockChange:
    """At `moment` (aware UTC) the clock would show `before`, and shows `after`; both without a zone."""

    moment: datetime
    before: datetime
    after: datetime


def within_a_year(zone: ZoneInfo, start: datetime) -> Iterator[ClockChange]:
    """Each change after the start of that hour (aware UTC), in order."""
    hour = start.replace(minute=0, second=0, microsecond=0)
    for low, high in pairwise(hour + count * _DAY for count in range(367)):
        old, new = offset(low, zone), offset(high, zone)
        if old != new:
            moment = low + _first_minute_of_another(low, zone) * _MINUTE
            naive = moment.replace(tzinfo=None)
            yield ClockChange(moment, naive + old, naive + new)


def _first_minute_of_another(low: datetime, zone: ZoneInfo) -> int:
    old = offset(low, zone)
    return bisect_left(range(_DAY // _MINUTE), x=True, key=lambda count: offset(low + count * _MINUTE, zone) != old)


def offset(moment: datetime, zone: ZoneInfo) -> timedelta:
    """How far the zone's clock is ahead of UTC at an aware moment."""
    return moment.astimezone(zone).utcoffset() or timedelta()
