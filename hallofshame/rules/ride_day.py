"""Judge one ride on one operated day: where each second of the park's window went (domain page, 4.4)."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from itertools import groupby
from math import inf
from typing import Self

from hallofshame.model import RideState
from hallofshame.rules.calendar import utc
from hallofshame.rules.constants import USUAL_HOURS_SLACK_SECONDS
from hallofshame.rules.history import RideFacts, Usual
from hallofshame.rules.hold import Hold
from hallofshame.rules.score import Sums
from hallofshame.rules.snapshot import StateAndWait

MISSING: StateAndWait = (RideState.UNKNOWN, None)  # what a poll says about a ride it does not hold


class Bucket(StrEnum):
    """Where a second can go; the seven of them add up to the window."""

    UP = "up"
    DOWN = "down"
    PRE = "pre"
    EARLY = "early"
    STOP = "stop"
    CLOSED = "closed"
    UNOBSERVED = "unobs"


# Bound once: in Python 3.11 looking up a member of an enum costs more than the rest of a loop over readings.
_OPEN, _CLOSED, _UNKNOWN = RideState.OPEN, RideState.CLOSED, RideState.UNKNOWN
_UP, _DOWN, _UNOBSERVED = Bucket.UP, Bucket.DOWN, Bucket.UNOBSERVED


@dataclass(frozen=True, slots=True)
class Outage:
    """A run of down seconds with no OPEN reading in between.

    It ends with its last down second. `down_s` may be less than the time between: unknown readings, holes in the polls
    and stops neither end nor lengthen it. `has_reopened`: an OPEN reading followed inside the window.
    """

    began_at: datetime
    ended_at: datetime
    down_s: int
    has_reopened: bool


@dataclass(frozen=True, slots=True)
class RideHour:
    """A counted ride in one local hour, by the UTC moment it began.

    The waits are those reported in OPEN readings that credit seconds, 0 included.
    """

    hour: datetime
    up_s: int
    down_s: int
    wait_readings: int
    wait_minutes_sum: int
    longest_wait_minutes: int | None

    @classmethod
    def of(cls, hour: datetime, up_s: int, down_s: int, waits_minutes: Sequence[int]) -> Self:
        return cls(hour, up_s, down_s, len(waits_minutes), sum(waits_minutes), max(waits_minutes, default=None))


@dataclass(frozen=True, slots=True)
class Segment:
    """A stretch of one bucket."""

    began_at: datetime
    length_s: int
    bucket: Bucket


@dataclass(frozen=True, slots=True)
class RideDay:
    """A ride's seconds by bucket, and what follows from them.

    `hours` and `sums` hold something for a counted ride only; `hours` add up to `up_s` and `down_s`. A queue ride that
    is usually open may be closed all day: out of the score, but said beside it. `usual_closing_clock_s`: of `Usual`.
    """

    ride_id: int
    weight: int
    is_counted: bool
    is_queue_ride: bool
    is_usually_open: bool
    is_closed_all_day: bool
    up_s: int
    down_s: int
    pre_s: int
    early_s: int
    stop_s: int
    closed_s: int
    unobserved_s: int
    outages: tuple[Outage, ...]
    hours: tuple[RideHour, ...]
    facts: RideFacts
    usual_closing_clock_s: int | None
    segments: tuple[Segment, ...]

    @property
    def longest_outage_s(self) -> int:
        return max((outage.down_s for outage in self.outages), default=0)

    @property
    def sums(self) -> Sums:
        return Sums.of(self.up_s, self.down_s, self.weight) if self.is_counted else Sums()


def judge(
    ride_id: int,
    readings: Sequence[StateAndWait],
    holds: Sequence[Hold],
    usual: Usual,
    *,
    weight: int,
    may_count: bool,
    is_over: bool,
    with_segments: bool,
) -> RideDay:
    """Judge a ride's readings (state and wait), one for each hold. `may_count` is false for shows and the like."""
    opened = [index for index, (state, _) in enumerate(readings) if state is _OPEN]
    buckets = _buckets(readings, holds, opened, usual, is_over=is_over)
    seconds = _seconds(buckets, holds)
    facts = _facts(ride_id, readings, holds, opened)
    is_queue_ride = facts.waits_seen or usual.waits_seen
    counts_when_open = may_count and is_queue_ride
    is_counted = counts_when_open and seconds[_UP] > 0
    return RideDay(
        ride_id=ride_id,
        weight=weight,
        is_counted=is_counted,
        is_queue_ride=is_queue_ride,
        is_usually_open=usual.is_usually_open,
        is_closed_all_day=counts_when_open and usual.is_usually_open and seconds[Bucket.CLOSED] > 0,
        up_s=seconds[_UP],
        down_s=seconds[_DOWN],
        pre_s=seconds[Bucket.PRE],
        early_s=seconds[Bucket.EARLY],
        stop_s=seconds[Bucket.STOP],
        closed_s=seconds[Bucket.CLOSED],
        unobserved_s=seconds[_UNOBSERVED],
        outages=tuple(_outages(buckets, holds)) if seconds[_DOWN] else (),
        hours=_hours(readings, buckets, holds) if is_counted else (),
        facts=facts,
        usual_closing_clock_s=usual.closing_clock_s,
        segments=tuple(_segments(buckets, holds)) if with_segments else (),
    )


def _buckets(
    readings: Sequence[StateAndWait], holds: Sequence[Hold], opened: Sequence[int], usual: Usual, *, is_over: bool
) -> list[Bucket]:
    """The first bucket of the list in 4.4 that fits each reading. `opened`: where the OPEN readings are."""
    if not opened:
        return [Bucket.CLOSED if state is _CLOSED else _UNOBSERVED for state, _ in readings]
    first, last = opened[0], opened[-1]
    pre_before, early_from = _usual_hours(usual, is_over=is_over)
    buckets = []
    for index, ((state, _), hold) in enumerate(zip(readings, holds, strict=True)):
        if state is _OPEN:
            bucket = _UP
        elif state is _UNKNOWN:
            bucket = _UNOBSERVED
        elif index < first and hold.clock_s < pre_before:
            bucket = Bucket.PRE
        elif hold.is_stop:
            bucket = Bucket.STOP
        elif index > last and hold.clock_s >= early_from:
            bucket = Bucket.EARLY
        else:
            bucket = _DOWN
        buckets.append(bucket)
    return buckets


def _usual_hours(usual: Usual, *, is_over: bool) -> tuple[float, float]:
    """The clock until which a ride that has not opened is `pre`, and the one from which one that is gone is `early`."""
    pre_before = inf
    if usual.opening_clock_s is not None:
        pre_before = usual.opening_clock_s + USUAL_HOURS_SLACK_SECONDS
    return pre_before, early_from_clock_s(usual.closing_clock_s, is_over=is_over)


def early_from_clock_s(usual_closing_clock_s: int | None, *, is_over: bool) -> float:
    """The clock from which a ride that has not come back is `early`, in seconds of the wall clock from 04:00.

    Where the usual closing is unknown it is `early` always; but while the day lasts it may come back, and is `down`.
    """
    if usual_closing_clock_s is not None:
        return usual_closing_clock_s - USUAL_HOURS_SLACK_SECONDS
    return -inf if is_over else inf


def _seconds(buckets: Sequence[Bucket], holds: Sequence[Hold]) -> dict[Bucket, int]:
    seconds = dict.fromkeys(Bucket, 0)
    for bucket, hold in zip(buckets, holds, strict=True):
        seconds[bucket] += hold.held_s
        seconds[_UNOBSERVED] += hold.beyond_s
    return seconds


def _facts(ride_id: int, readings: Sequence[StateAndWait], holds: Sequence[Hold], opened: Sequence[int]) -> RideFacts:
    if not opened:
        return RideFacts(ride_id, waits_seen=False, first_open_clock_s=None, last_open_clock_s=None)
    waits_seen = any(readings[index][1] for index in opened)
    return RideFacts(ride_id, waits_seen, holds[opened[0]].clock_s, holds[opened[-1]].clock_s)


def _outages(buckets: Sequence[Bucket], holds: Sequence[Hold]) -> Iterator[Outage]:
    """Runs of down seconds, parted by OPEN readings alone."""
    began_s = ended_s = down_s = 0
    for bucket, hold in zip(buckets, holds, strict=True):
        if bucket is _UP and down_s:
            yield Outage(utc(began_s), utc(ended_s), down_s, has_reopened=True)
            down_s = 0
        elif bucket is _DOWN and hold.held_s:
            began_s = began_s if down_s else hold.polled_at_s
            ended_s = hold.polled_at_s + hold.held_s
            down_s += hold.held_s
    if down_s:
        yield Outage(utc(began_s), utc(ended_s), down_s, has_reopened=False)


def _hours(readings: Sequence[StateAndWait], buckets: Sequence[Bucket], holds: Sequence[Hold]) -> tuple[RideHour, ...]:
    """Up and down seconds and the waits, by local hour. A wait belongs to the hour of its poll."""
    up_s, down_s, waits = defaultdict[int, int](int), defaultdict[int, int](int), defaultdict[int, list[int]](list)
    for (_, wait_minutes), bucket, hold in zip(readings, buckets, holds, strict=True):
        if bucket is _UP:
            for hour_s, seconds in hold.hours:
                up_s[hour_s] += seconds
            if wait_minutes is not None and hold.hours:
                waits[hold.hours[0][0]].append(wait_minutes)
        elif bucket is _DOWN:
            for hour_s, seconds in hold.hours:
                down_s[hour_s] += seconds
    return tuple(
        RideHour.of(utc(hour_s), up_s[hour_s], down_s[hour_s], waits[hour_s])
        for hour_s in sorted(up_s.keys() | down_s.keys())
    )


def _segments(buckets: Sequence[Bucket], holds: Sequence[Hold]) -> Iterator[Segment]:
    """Consecutive stretches of one bucket, merged; beyond the cap of a gap nothing was observed."""
    stretches: list[tuple[Bucket, int, int]] = []
    for bucket, hold in zip(buckets, holds, strict=True):
        stretches.append((bucket, hold.polled_at_s, hold.held_s))
        stretches.append((_UNOBSERVED, hold.polled_at_s + hold.held_s, hold.beyond_s))
    credited = [stretch for stretch in stretches if stretch[2]]
    for bucket, run in groupby(credited, key=lambda stretch: stretch[0]):
        parts = list(run)
        yield Segment(utc(parts[0][1]), sum(length_s for _, _, length_s in parts), bucket)
