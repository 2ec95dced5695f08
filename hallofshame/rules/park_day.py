"""Judge one operating day of one park as a whole: the one function behind jobs, imports, `hos judge` and the audit.

Whatever is known of a day is recomputed from all its polls, so that judging twice, or with more polls, is always right.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from hallofshame.rules import history, hold, ride_day, window
from hallofshame.rules.calendar import OperatingDay, utc
from hallofshame.rules.constants import DEFAULT_WEIGHT, EDGE_WITHIN_SECONDS
from hallofshame.rules.history import Usual
from hallofshame.rules.hold import Hold
from hallofshame.rules.ride_day import RideDay, RideHour
from hallofshame.rules.score import Sums
from hallofshame.rules.snapshot import Snapshot


@dataclass(frozen=True, slots=True)
class ParkHour:
    """The counted rides of a park in one local hour, by the UTC moment it began; only where they have seconds."""

    hour: datetime
    sums: Sums


@dataclass(frozen=True, slots=True)
class Operation:
    """What a park did on a day it operated.

    `observed_s`: seconds of the window some poll stands for. `stop_s`: those of its stop polls. An edge is known when a
    poll shortly outside the window shows that it ends there. `last_active_at`: an unfinished window may reach beyond
    it. `peak_rides_open`: the most rides open at a poll with enough waits. `rides` holds every ride present in a
    payload inside the window, by id; `hours` add up to `sums`.
    """

    opened_at: datetime
    closed_at: datetime
    window_s: int
    snapshots: int
    observed_s: int
    stop_s: int
    open_edge_known: bool
    close_edge_known: bool
    last_active_at: datetime
    peak_rides_open: int
    rides: tuple[RideDay, ...]
    hours: tuple[ParkHour, ...]
    sums: Sums

    @property
    def rides_opened(self) -> int:
        return sum(ride.up_s > 0 for ride in self.rides)

    @property
    def rides_counted(self) -> int:
        return sum(ride.is_counted for ride in self.rides)

    @property
    def rides_closed_all_day(self) -> int:
        return sum(ride.is_closed_all_day for ride in self.rides)


@dataclass(frozen=True, slots=True)
class ParkDay:
    """A park's operating day. `operation` is None when it did not operate: no scores, shown as closed.

    `snapshots` and `rides_open_any` (rides open at least once) are of the whole operating day.
    """

    op_day: date
    snapshots: int
    rides_open_any: int
    operation: Operation | None


def judge(
    day: OperatingDay,
    snapshots: Sequence[Snapshot],
    usual: Mapping[int, Usual],
    weights: Mapping[int, int],
    *,
    uncounted: Collection[int] = (),
    is_over: bool = True,
    with_segments: bool = False,
) -> ParkDay:
    """Judge a park-day (source: domain page, 4.2 to 4.4).

    `snapshots`: every successful poll of the day, in order of time. `usual`: what `history.usual` made of the 14
    operated days before. `weights`: by ride id, 2 where absent. `uncounted`: rides an override keeps out of the score.
    `is_over` is false for a day that still lasts. Raises ValueError for polls out of order or of another day.
    """
    _check(day, snapshots)
    counts = [window.count(snapshot) for snapshot in snapshots]
    rides_open_any = window.rides_open_any(snapshots)
    ran = window.find(snapshots, counts, rides_open_any, is_over=is_over)
    if ran is None:
        return ParkDay(day.op_day, len(snapshots), rides_open_any, None)
    inside = snapshots[ran.first : ran.last + 1]
    holds = hold.holds(day, snapshots, counts, ran)
    rides = tuple(
        ride_day.judge(
            ride_id,
            [snapshot.rides.get(ride_id, ride_day.MISSING) for snapshot in inside],
            holds,
            usual.get(ride_id, history.UNKNOWN),
            weight=weights.get(ride_id, DEFAULT_WEIGHT),
            may_count=ride_id not in uncounted,
            is_over=is_over,
            with_segments=with_segments,
        )
        for ride_id in sorted({ride_id for snapshot in inside for ride_id in snapshot.rides})
    )
    return ParkDay(day.op_day, len(snapshots), rides_open_any, _operation(snapshots, ran, holds, rides))


def _check(day: OperatingDay, snapshots: Sequence[Snapshot]) -> None:
    moments = [day.starts_at_s, *(snapshot.polled_at_s for snapshot in snapshots)]
    if moments != sorted(moments) or moments[-1] >= day.ends_at_s:
        raise ValueError(f"the polls of {day.op_day} ({day.timezone}) are out of order or reach beyond it")


def _operation(
    snapshots: Sequence[Snapshot], ran: window.Window, holds: Sequence[Hold], rides: tuple[RideDay, ...]
) -> Operation:
    opened_s, closed_s = holds[0].polled_at_s, holds[-1].polled_at_s
    before, after = snapshots[: ran.first], snapshots[ran.last + 1 :]
    return Operation(
        opened_at=utc(opened_s),
        closed_at=utc(closed_s),
        window_s=closed_s - opened_s,
        snapshots=len(holds),
        observed_s=sum(poll.held_s for poll in holds),
        stop_s=sum(poll.held_s for poll in holds if poll.is_stop),
        open_edge_known=bool(before) and opened_s - before[-1].polled_at_s <= EDGE_WITHIN_SECONDS,
        close_edge_known=bool(after) and after[0].polled_at_s - closed_s <= EDGE_WITHIN_SECONDS,
        last_active_at=utc(snapshots[ran.last_active].polled_at_s),
        peak_rides_open=ran.peak,
        rides=rides,
        hours=_hours(rides),
        sums=Sums.total(ride.sums for ride in rides),
    )


def _hours(rides: Iterable[RideDay]) -> tuple[ParkHour, ...]:
    weighed = defaultdict[tuple[datetime, int], list[RideHour]](list)  # a few sums, and not one for each ride's hour
    for ride in rides:
        for part in ride.hours:
            weighed[part.hour, ride.weight].append(part)
    hours: dict[datetime, Sums] = {}
    for (hour, weight), parts in weighed.items():
        up_s, down_s = sum(part.up_s for part in parts), sum(part.down_s for part in parts)
        hours[hour] = hours.get(hour, Sums()) + Sums.of(up_s, down_s, weight)
    return tuple(ParkHour(hour, hours[hour]) for hour in sorted(hours))
