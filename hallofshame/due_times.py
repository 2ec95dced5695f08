"""When a schedule is due in a time zone, as Debian's cron has it through every clock change.

cronsim does the calendar, on the wall clock alone: given a zone it loops for ever where a clock is changed by half an
hour, or at a quarter to. What hos-cron's `--when` says is held equal by a test.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from cronsim import CronSim

_MINUTE = timedelta(minutes=1)
_LONGEST_CHANGE = timedelta(hours=3)  # no clock is put forward or back by more


def due_times(schedule: str, zone: ZoneInfo, after: datetime) -> Iterator[datetime]:
    """Every moment (aware UTC) later than `after` at which it is due, in order."""
    follows_clock = any(field.startswith("*") for field in schedule.split()[:2])
    again: list[datetime] = []  # those of an hour that comes twice, the second time
    last = after
    for time in CronSim(schedule, after.astimezone(zone).replace(tzinfo=None) - _LONGEST_CHANGE):
        first, second = _moment(time, zone, fold=0), _moment(time, zone, fold=1)
        if follows_clock and second > first:
            again.append(second)
        if not _is_skipped(time, zone):
            again, before = [each for each in again if each >= first], [each for each in again if each < first]
            ready = [*before, first]
        else:
            ready = [] if follows_clock else [_end_of_gap(time, zone)]
        for moment in ready:
            if moment > last:
                last = moment
                yield moment


def _moment(time: datetime, zone: ZoneInfo, fold: int) -> datetime:
    return time.replace(tzinfo=zone, fold=fold).astimezone(UTC)


def _is_skipped(time: datetime, zone: ZoneInfo) -> bool:
    return _moment(time, zone, fold=0).astimezone(zone).replace(tzinfo=None) != time


def _end_of_gap(time: datetime, zone: ZoneInfo) -> datetime:
    while _is_skipped(time, zone):
        time += _MINUTE
    return _moment(time, zone, fold=0)
