"""A park-day as far as it went, looked at twice: by the live rule, and by the judgement of the whole of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

from hallofshame import feed, polls_file
from hallofshame.model import RideState
from hallofshame.rules import calendar, history, live, park_day, score, snapshot, window
from hallofshame.rules.calendar import OperatingDay, utc
from hallofshame.rules.constants import DEFAULT_WEIGHT
from hallofshame.rules.history import RideFacts, Usual
from hallofshame.rules.live import ParkPolled, ParkStanding, RidePolled, RideStanding
from hallofshame.rules.park_day import Operation
from hallofshame.rules.readings import clean
from hallofshame.rules.ride_day import Bucket
from hallofshame.rules.snapshot import Snapshot
from tests.shared_data import shared


@dataclass(frozen=True)
class Verdict:
    """How a park stands: which rides are up and down, and the score. A park that does not run has none."""

    up: frozenset[int] = frozenset()
    down: frozenset[int] = frozenset()
    shame: float | None = None

    @property
    def is_running(self) -> bool:
        return bool(self.up)


@dataclass(frozen=True)
class Day:
    """A day of a recording, with what the days before it left."""

    day: OperatingDay
    snapshots: Sequence[Snapshot]
    usual: Mapping[int, Usual]
    weights: Mapping[int, int]

    def judged(self, polls: int) -> Operation | None:
        """The judgement of the day after so many polls."""
        return park_day.judge(self.day, self.snapshots[:polls], self.usual, self.weights, is_over=False).operation


def whole(day: Day, polls: int) -> Verdict:
    """The verdict of the whole judgement: what a second after the newest poll is credited to."""
    newest = day.snapshots[polls - 1]
    second_later = Snapshot(newest.polled_at_s + 1, newest.rides)
    so_far = [*day.snapshots[:polls], second_later]
    judged = park_day.judge(day.day, so_far, day.usual, day.weights, is_over=False, with_segments=True).operation
    if judged is None or judged.closed_at != utc(second_later.polled_at_s):
        return Verdict()
    up, down = (
        [ride for ride in judged.rides if ride.segments[-1].bucket is bucket] for bucket in (Bucket.UP, Bucket.DOWN)
    )
    if not up:
        return Verdict()
    weight_up, weight_down = (sum(ride.weight for ride in rides if ride.is_counted) for rides in (up, down))
    ids_up, ids_down = (frozenset(ride.ride_id for ride in rides) for rides in (up, down))
    return Verdict(ids_up, ids_down, score.shame(weight_down, weight_up + weight_down))


def newest(day: Day, polls: int, judged: Operation | None) -> Verdict:
    """The verdict of the live rule after so many polls. `judged`: the day up to then, or up to some time before."""
    so_far = day.snapshots[:polls]
    park = _park_polled(day, so_far, judged)
    standing = live.park_standing(park)
    if standing is ParkStanding.CLOSED:
        return Verdict()
    known = {ride.ride_id: ride for ride in judged.rides} if judged else {}
    stands: dict[RideStanding, list[int]] = {each: [] for each in RideStanding}
    for ride_id, polled in _rides_polled(so_far).items():
        closing_clock_s = known[ride_id].usual_closing_clock_s if ride_id in known else None
        stands[live.ride_standing(RidePolled(*polled, closing_clock_s), park, standing)].append(ride_id)
    queue_rides = {ride_id for ride_id, ride in known.items() if ride.is_queue_ride}
    queue_rides |= {ride_id for ride_id, (_, wait_minutes) in so_far[-1].rides.items() if wait_minutes}
    weight_down, weight_open = (
        sum(day.weights.get(ride_id, DEFAULT_WEIGHT) for ride_id in stands[which] if ride_id in queue_rides)
        for which in (RideStanding.DOWN, RideStanding.OPEN)
    )
    shame = live.live_shame(park, standing, weight_down, weight_open)
    return Verdict(frozenset(stands[RideStanding.OPEN]), frozenset(stands[RideStanding.DOWN]), shame)


def recorded(name: str) -> list[Day]:
    """The days of a recording."""
    with polls_file.reading(shared("data/polls", name)) as (header, polls):
        taken = [snapshot.take(clean(feed.parse_queue_times(p.payload)).readings, p.polled_at) for p in polls]
    return days_of(taken, header.timezone, header.weights or {})


def days_of(snapshots: Sequence[Snapshot], timezone: str, weights: Mapping[int, int]) -> list[Day]:
    """The days of some polls, each with what those before it left."""
    before: list[list[RideFacts]] = []
    days = []
    for op_day, polls in groupby(snapshots, key=lambda poll: calendar.op_day_of(utc(poll.polled_at_s), timezone)):
        operating_day = calendar.operating_day(op_day, timezone)
        days.append(Day(operating_day, list(polls), history.usual(before), weights))
        ran = park_day.judge(operating_day, days[-1].snapshots, days[-1].usual, weights).operation
        if ran:
            before.append([ride.facts for ride in ran.rides])
    return days


def _park_polled(day: Day, so_far: Sequence[Snapshot], judged: Operation | None) -> ParkPolled:
    return ParkPolled(
        utc(so_far[-1].polled_at_s),
        day.day,
        window.count(so_far[-1]),
        window.rides_open_any(so_far),
        judged.opened_at if judged else None,
        judged.last_active_at if judged else None,
        judged.peak_rides_open if judged else None,
    )


def _rides_polled(so_far: Sequence[Snapshot]) -> dict[int, tuple[RideState, datetime, datetime | None]]:
    """Each ride's newest state, when it was seen last and when it was open last: what the store keeps of it."""
    polled: dict[int, tuple[RideState, datetime, datetime | None]] = {}
    for poll in so_far:
        at = utc(poll.polled_at_s)
        for ride_id, (state, _) in poll.rides.items():
            last_open_at = at if state is RideState.OPEN else polled[ride_id][2] if ride_id in polled else None
            polled[ride_id] = (state, at, last_open_at)
    return polled
