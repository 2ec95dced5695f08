"""Whether a job started when it was due, and whether a run has outlived its limits. Pure.

A due time has a slot, which lasts until the next one: the runs that were scheduled in it belong to it.
"""

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum
from itertools import pairwise

OVERDUE_MARGIN = timedelta(seconds=60)  # beyond the limits of a run: its wrapper ends it, and has its own to do

TICKS_WITHIN = timedelta(seconds=90)  # one a minute, and no timer is exact; a tick that is left out makes 120


class Punctuality(Enum):
    """What became of one due time."""

    MET = "a run started in time"
    LATE = "a run started after its grace, or still waits then"
    MISSED = "no run started"
    PENDING = "its grace is not over"
    UNKNOWN = "no run is known, but nobody saw all of it"


@dataclass(frozen=True, slots=True)
class Start:
    """A run, and when its job started; None while it waits for its turn."""

    run_id: str
    scheduled_at: datetime
    started_at: datetime | None


@dataclass(frozen=True, slots=True)
class Blindness:
    """A time in which the watcher, its host or the database was away."""

    since: datetime
    until: datetime

    @property
    def length(self) -> timedelta:
        return self.until - self.since

    def touches(self, due: "DueTime") -> bool:
        return due.due_at < self.until and due.deadline > self.since


@dataclass(frozen=True, slots=True)
class DueTime:
    """One due time. `deadline`: the end of its grace; `start`: the first run that belongs to it."""

    due_at: datetime
    deadline: datetime
    start: Start | None


def judge(
    due_times: Sequence[datetime],
    starts: Iterable[Start],
    grace: timedelta,
    expected_since: datetime,
    blind: Sequence[Blindness],
    now: datetime,
) -> list[tuple[DueTime, Punctuality]]:
    """What became of each of a job's due times, which are in order and none left out; the last slot has no end."""
    # Rule: a job is expected from the moment on at which it was first seen; nothing before that is missed.
    due_times = [due_at for due_at in due_times if due_at >= expected_since]
    first: dict[datetime, Start] = {}
    for start in sorted(starts, key=lambda each: each.started_at or now):
        slot = bisect_right(due_times, start.scheduled_at)
        if slot:
            first.setdefault(due_times[slot - 1], start)
    judged = (DueTime(due_at, due_at + grace, first.get(due_at)) for due_at in due_times)
    return [(due, _judge(due, blind, now)) for due in judged]


def _judge(due: DueTime, blind: Sequence[Blindness], now: datetime) -> Punctuality:
    # Rule: a run that is known settles it, whoever was blind: also one that did not do what it should.
    if due.start is not None and due.start.started_at is not None:
        return Punctuality.MET if due.start.started_at <= due.deadline else Punctuality.LATE
    # Rule: splay and the wait for a lock are no excuse.
    if due.start is not None:
        return Punctuality.LATE if now >= due.deadline else Punctuality.PENDING
    # Rule: what nobody watched from the beginning to the end of its grace is unknown, never missed.
    if any(each.touches(due) for each in blind):
        return Punctuality.UNKNOWN
    return Punctuality.MISSED if now >= due.deadline else Punctuality.PENDING


def blindness(ticks: Sequence[datetime]) -> list[Blindness]:
    """The times between ticks that are too far apart for one a minute."""
    return [Blindness(*pair) for pair in pairwise(ticks) if pair[1] - pair[0] > TICKS_WITHIN]


def is_overdue(started_at: datetime, timeout_seconds: float, kill_after_seconds: float, now: datetime) -> bool:
    """Tell whether a run that still goes on should have been ended by its own wrapper long ago."""
    return now > started_at + timedelta(seconds=timeout_seconds + kill_after_seconds) + OVERDUE_MARGIN
