"""What holds for every park-day, however its polls fell (domain page, 3.3: S3 and S26)."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from itertools import accumulate, pairwise

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from hallofshame.model import RideState
from hallofshame.rules import hold, park_day, score, window
from hallofshame.rules.calendar import OperatingDay, operating_day
from hallofshame.rules.history import Usual
from hallofshame.rules.hold import Hold
from hallofshame.rules.park_day import Operation, ParkDay
from hallofshame.rules.ride_day import Bucket, RideDay
from hallofshame.rules.score import Sums
from hallofshame.rules.snapshot import Snapshot, StateAndWait

pytestmark = [pytest.mark.unit, pytest.mark.slow]

ZONES = ("America/New_York", "America/Los_Angeles", "Europe/Rome", "Asia/Tokyo", "Asia/Kolkata")
# Mostly open, so that parks operate; None: not in the payload.
READINGS: tuple[StateAndWait | None, ...] = (
    *[(RideState.OPEN, 20)] * 5,
    (RideState.OPEN, 0),
    (RideState.OPEN, None),
    *[(RideState.CLOSED, 0)] * 3,
    (RideState.UNKNOWN, 40),
    None,
)
GAPS_S = (300, 597, 600, 600, 603, 1_200, 1_201, 1_800, 5_000)
HALF_DAY_S = 43_200


@dataclass(frozen=True)
class History:
    """A day's polls and all that is known of the rides before it."""

    day: OperatingDay
    snapshots: tuple[Snapshot, ...]
    usual: Mapping[int, Usual]
    weights: Mapping[int, int]
    is_over: bool

    def judge(self) -> ParkDay:
        return park_day.judge(
            self.day, self.snapshots, self.usual, self.weights, is_over=self.is_over, with_segments=True
        )

    def operation(self) -> Operation:
        operation = self.judge().operation
        assume(operation is not None)
        assert operation is not None
        return operation


clocks = st.none() | st.integers(0, 86_399)
usuals = st.builds(Usual, clocks, clocks, waits_seen=st.booleans(), is_usually_open=st.booleans())
days = st.builds(
    operating_day,
    st.sampled_from([date(2025, 10, 25), date(2026, 3, 7), date(2025, 11, 1)])  # the clocks change in Rome or New York
    | st.dates(date(2025, 1, 1), date(2026, 12, 31)),
    st.sampled_from(ZONES),
)


@st.composite
def histories(draw: st.DrawFn) -> History:
    """A random day: each ride's readings come in runs of one to eight polls."""
    day = draw(days)
    rides = range(1, draw(st.integers(1, 12)) + 1)
    gaps_s = draw(st.lists(st.sampled_from(GAPS_S), min_size=8, max_size=60))
    start_s = day.starts_at_s + draw(st.integers(0, HALF_DAY_S))
    moments = [moment for moment in accumulate(gaps_s, initial=start_s) if moment < day.ends_at_s]
    columns = {ride: _column(draw(st.binary(min_size=len(moments), max_size=len(moments)))) for ride in rides}
    snapshots = tuple(
        Snapshot(moment, {ride: reading for ride in rides if (reading := columns[ride][index])})
        for index, moment in enumerate(moments)
    )
    return History(
        day,
        snapshots,
        usual=draw(st.dictionaries(st.sampled_from(rides), usuals)),
        weights=draw(st.dictionaries(st.sampled_from(rides), st.integers(1, 3))),
        is_over=draw(st.booleans()),
    )


def _column(noise: bytes) -> list[StateAndWait | None]:
    """As many readings as bytes: each byte is a reading and how often it is repeated."""
    column: list[StateAndWait | None] = []
    for byte in noise:
        column += [READINGS[byte % len(READINGS)]] * (1 + byte // 32)
    return column[: len(noise)]


for_200_histories = settings(max_examples=200, derandomize=True, deadline=None, database=None)


@for_200_histories
@given(histories())
def test_the_seven_buckets_of_every_ride_add_up_to_the_window(history: History) -> None:
    operation = history.operation()
    for ride in operation.rides:
        assert sum(_seconds(ride).values()) == operation.window_s
        assert min(_seconds(ride).values()) >= 0


@for_200_histories
@given(histories())
def test_the_segments_of_every_ride_are_its_buckets(history: History) -> None:
    for ride in history.operation().rides:
        totals = dict.fromkeys(Bucket, 0)
        for segment in ride.segments:
            totals[segment.bucket] += segment.length_s
        assert totals == _seconds(ride)
        for segment, following in pairwise(ride.segments):
            assert segment.began_at + timedelta(seconds=segment.length_s) == following.began_at
            assert segment.bucket is not following.bucket


@for_200_histories
@given(histories())
def test_hours_add_up_to_the_day_for_every_counted_ride_and_for_the_park(history: History) -> None:
    operation = history.operation()
    for ride in operation.rides:
        expected = (ride.up_s, ride.down_s) if ride.is_counted else (0, 0)
        assert (sum(hour.up_s for hour in ride.hours), sum(hour.down_s for hour in ride.hours)) == expected
    assert Sums.total(hour.sums for hour in operation.hours) == operation.sums
    assert all(hour.sums.up_s + hour.sums.down_s > 0 for hour in operation.hours)


@for_200_histories
@given(histories())
def test_a_score_lies_between_0_and_10_and_an_outage_has_a_length(history: History) -> None:
    operation = history.operation()
    shame = score.shame(operation.sums.weighted_down_s, operation.sums.weighted_sched_s)
    assert shame is None or 0 <= shame <= 10
    assert 0 <= operation.observed_s <= operation.window_s
    for ride in operation.rides:
        assert sum(outage.down_s for outage in ride.outages) == ride.down_s
        assert all(0 < outage.down_s <= (outage.ended_at - outage.began_at).total_seconds() for outage in ride.outages)


@for_200_histories
@given(histories(), st.randoms(use_true_random=False))
def test_the_order_and_the_numbers_of_rides_change_nothing(history: History, random: object) -> None:
    ids = sorted({ride for snapshot in history.snapshots for ride in snapshot.rides})
    shuffled = list(ids)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    other_id = dict(zip(ids, shuffled, strict=True))
    renumbered = replace(
        history,
        snapshots=tuple(
            Snapshot(poll.polled_at_s, {other_id[ride]: poll.rides[ride] for ride in shuffled if ride in poll.rides})
            for poll in history.snapshots
        ),
        usual={other_id[ride]: usual for ride, usual in history.usual.items() if ride in other_id},
        weights={other_id[ride]: weight for ride, weight in history.weights.items() if ride in other_id},
    )
    before, after = history.operation(), renumbered.operation()
    assert replace(before, rides=()) == replace(after, rides=())
    of_rides = {ride.ride_id: ride for ride in after.rides}
    for ride in before.rides:
        new_id = other_id[ride.ride_id]
        assert of_rides[new_id] == replace(ride, ride_id=new_id, facts=replace(ride.facts, ride_id=new_id))


@for_200_histories
@given(histories(), st.data())
def test_one_open_reading_inside_an_outage_adds_exactly_one_outage(history: History, data: st.DataObject) -> None:
    """With down seconds of the outage on both sides, and no poll's stop state changed."""
    holds, readings = _holds(history), {poll.polled_at_s: poll.rides for poll in history.snapshots}
    found = [
        (ride, at_s)
        for ride in history.operation().rides
        for outage in ride.outages
        for at_s, poll in holds.items()
        if readings[at_s].get(ride.ride_id) == (RideState.CLOSED, 0)
        and outage.began_at.timestamp() < at_s < outage.ended_at.timestamp() - poll.held_s
    ]
    assume(found)
    ride, at_s = data.draw(st.sampled_from(found))
    opened = Snapshot(at_s, {**readings[at_s], ride.ride_id: (RideState.OPEN, 0)})
    snapshots = tuple(opened if poll.polled_at_s == at_s else poll for poll in history.snapshots)
    split = replace(history, snapshots=snapshots)
    assume(_stops(_holds(split)) == _stops(holds))
    after = next(other for other in split.operation().rides if other.ride_id == ride.ride_id)
    assert len(after.outages) == len(ride.outages) + 1


def _seconds(ride: RideDay) -> dict[Bucket, int]:
    return {
        Bucket.UP: ride.up_s,
        Bucket.DOWN: ride.down_s,
        Bucket.PRE: ride.pre_s,
        Bucket.EARLY: ride.early_s,
        Bucket.STOP: ride.stop_s,
        Bucket.CLOSED: ride.closed_s,
        Bucket.UNOBSERVED: ride.unobserved_s,
    }


def _stops(holds: Mapping[int, Hold]) -> dict[int, bool]:
    return {at_s: poll.is_stop for at_s, poll in holds.items()}


def _holds(history: History) -> dict[int, Hold]:
    """The polls of the window, by their second."""
    counts = [window.count(snapshot) for snapshot in history.snapshots]
    rides_open = window.rides_open_any(history.snapshots)
    found = window.find(history.snapshots, counts, rides_open, is_over=history.is_over)
    holds = hold.holds(history.day, history.snapshots, counts, found) if found else ()
    return {poll.polled_at_s: poll for poll in holds}
