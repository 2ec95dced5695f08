"""How right the inferred downtime is: the simulated world's feed, judged, against its true breakdowns.

Storms are no breakdowns and count for nothing in the truth, so that one taken for downtime is an error. The feed is one
to five minutes late: the overlap in seconds is told as it is, and with the truth shifted by what the feed was late.
"""

import argparse
import os
import time
from collections import Counter, deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import partial
from statistics import mean, median, quantiles

from hallofshame import feed
from hallofshame.rules import calendar, history, park_day, snapshot
from hallofshame.rules.constants import HISTORY_OPERATED_DAYS, POLL_INTERVAL_SECONDS
from hallofshame.rules.history import RideFacts
from hallofshame.rules.readings import clean
from hallofshame.rules.ride_day import Bucket, RideDay
from hallofshame.rules.snapshot import Snapshot
from scripts.simulation.park_day import RideDay as TrueRideDay
from scripts.simulation.park_day import Span
from scripts.simulation.parks import Park
from scripts.simulation.world import World

FIRST_DAY = date(2026, 6, 1)
ALLOWED_SECONDS_A_TRANSITION = POLL_INTERVAL_SECONDS / 2
REQUESTS_PER_SECOND = 2  # a collection takes its time: the parks are polled one after the other


@dataclass(frozen=True, slots=True)
class Compared:
    """One counted ride-day. `transitions`: how often its breakdowns began or ended while the ride should have run.

    `hit_s`: seconds both claimed and true. With the truth as late as the feed: what the true seconds were judged as, in
    which of the claimed ones the ride was stopped by a storm, and in which it should not have run.
    """

    claimed_s: int
    true_s: int
    transitions: int
    hit_s: int
    judged_as: Counter[Bucket]
    storm_s: int
    out_of_hours_s: int

    @property
    def error_s(self) -> int:
        return abs(self.claimed_s - self.true_s)


def main() -> None:
    """Compare, and print the figures."""
    given = _arguments()
    parks = list(World(given.seed, given.parks).parks.values())
    started = time.perf_counter()
    with ProcessPoolExecutor() as pool:
        work = partial(_compare_park, given.seed, given.days)
        compared = [each for park in pool.map(work, (park.park_id for park in parks)) for each in park]
    silent = sum(not park.reports_waits for park in parks)
    print(f"{len(parks)} parks ({silent} publish no waits and are never scored), {given.days} days, seed {given.seed}")
    _report(compared)
    print(f"{time.perf_counter() - started:.0f} s on {os.cpu_count()} cores")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="scripts/bench accuracy", description=__doc__)
    parser.add_argument("--days", type=int, default=30)
    parser.add_argument("--parks", type=int, default=120)
    parser.add_argument("--seed", type=int, default=1)
    return parser.parse_args()


def _compare_park(seed: int, days: int, park_id: int) -> list[Compared]:
    """Judge a park's days, each with the history of those before; the first 14 only fill that history."""
    world = World(seed)
    park = world.parks[park_id]
    before: deque[Sequence[RideFacts]] = deque(maxlen=HISTORY_OPERATED_DAYS)
    compared: list[Compared] = []
    for number in range(-HISTORY_OPERATED_DAYS, days):
        day = calendar.operating_day(FIRST_DAY + timedelta(days=number), park.zone.key)
        polls = list(_polls(world, park, day))
        judged = park_day.judge(
            day, [taken for taken, _ in polls], history.usual(tuple(before)), {}, with_segments=True
        )
        if judged.operation is None:
            continue
        before.append([ride.facts for ride in judged.operation.rides])
        if number >= 0:
            late_s = round(mean(age_s for _, age_s in polls))
            compared += _compare_day(park, world.park_day(park_id, day.op_day).rides, judged.operation.rides, late_s)
    return compared


def _polls(world: World, park: Park, day: calendar.OperatingDay) -> Iterator[tuple[Snapshot, float]]:
    """Each poll of a day as the rules take it, and how many seconds the feed's picture was old."""
    after = timedelta(seconds=sorted(world.parks).index(park.park_id) // REQUESTS_PER_SECOND)
    for number in range(day.expected_polls):
        polled_at = day.starts_at + number * timedelta(seconds=POLL_INTERVAL_SECONDS) + after
        readings = clean(feed.parse_queue_times(world.payload(park.park_id, polled_at))).readings
        yield snapshot.take(readings, polled_at), _age_s(polled_at, readings[0].last_updated)


def _age_s(polled_at: datetime, last_updated: datetime | None) -> float:
    return (polled_at - last_updated).total_seconds() if last_updated else 0.0


def _compare_day(
    park: Park, truth: Iterable[TrueRideDay], judged: Iterable[RideDay], late_s: int
) -> Iterator[Compared]:
    true_days = {ride.ride_id: day for ride, day in zip(park.rides, truth, strict=True)}
    for ride in judged:
        if ride.is_counted:
            yield _compare_ride(true_days[ride.ride_id], ride, late_s)


def _compare_ride(truth: TrueRideDay, ride: RideDay, late_s: int) -> Compared:
    judged: dict[Bucket, list[Span]] = {bucket: [] for bucket in Bucket}
    for part in ride.segments:
        began_s = int(part.began_at.timestamp())
        judged[part.bucket].append(Span(began_s, began_s + part.length_s))
    claimed = judged[Bucket.DOWN]
    broken = [part for span in truth.breakdowns for part in _outside(span, truth.weather)]
    late = [_later(span, late_s) for span in broken]
    storm, hours = _later(truth.weather, late_s), _later(truth.hours, late_s)
    return Compared(
        claimed_s=ride.down_s,
        true_s=_length_s(broken),
        transitions=sum((span.start > truth.hours.start) + (span.end < truth.hours.end) for span in broken),
        hit_s=_overlap_s(claimed, broken),
        judged_as=Counter({bucket: _overlap_s(spans, late) for bucket, spans in judged.items()}),
        storm_s=_overlap_s(claimed, [Span(max(storm.start, hours.start), min(storm.end, hours.end))]),
        out_of_hours_s=ride.down_s - _overlap_s(claimed, [hours]),
    )


def _later(span: Span, seconds: int) -> Span:
    return Span(span.start + seconds, span.end + seconds)


def _outside(span: Span, storm: Span) -> list[Span]:
    """What of a breakdown lies outside a storm: in it, the ride would have stood anyway."""
    parts = [Span(span.start, min(span.end, storm.start)), Span(max(span.start, storm.end), span.end)]
    return [part for part in parts if part.start < part.end] if storm.start < storm.end else [span]


def _length_s(spans: Iterable[Span]) -> int:
    return sum(span.end - span.start for span in spans)


def _overlap_s(some: Iterable[Span], others: Sequence[Span]) -> int:
    return sum(max(0, min(a.end, b.end) - max(a.start, b.start)) for a in some for b in others)


def _report(compared: Sequence[Compared]) -> None:
    broken = [each for each in compared if each.transitions]
    a_transition = median(each.error_s / each.transitions for each in broken)
    verdict = "met" if a_transition <= ALLOWED_SECONDS_A_TRANSITION else "MISSED"
    print(
        f"error a transition, {len(broken)} ride-days with a breakdown: median {a_transition:.0f} s, "
        f"target {ALLOWED_SECONDS_A_TRANSITION:.0f} s: {verdict}"
    )
    _report_errors("ride-days with a breakdown", broken)
    _report_errors("all counted ride-days", compared)
    _report_seconds(compared)


def _report_seconds(compared: Sequence[Compared]) -> None:
    claimed_s, true_s = sum(each.claimed_s for each in compared), sum(each.true_s for each in compared)
    hit_s = sum(each.hit_s for each in compared)
    judged_as = sum((each.judged_as for each in compared), Counter[Bucket]())
    down_s, storm_s = judged_as.pop(Bucket.DOWN), sum(each.storm_s for each in compared)
    out_of_hours_s = sum(each.out_of_hours_s for each in compared)
    print(f"down: claimed {claimed_s / 3_600:.1f} h, true {true_s / 3_600:.1f} h")
    print(f"seconds, as served: precision {hit_s / claimed_s:.1%}, recall {hit_s / true_s:.1%}")
    print(f"seconds, the truth as late as the feed: precision {down_s / claimed_s:.1%}, recall {down_s / true_s:.1%}")
    others = ", ".join(f"{bucket.value} {seconds / true_s:.1%}" for bucket, seconds in judged_as.most_common())
    print(f"  true, but judged as: {others}")
    running_s = claimed_s - down_s - storm_s - out_of_hours_s
    print(
        f"  claimed, but in truth: running {running_s / claimed_s:.1%}, stopped by a storm {storm_s / claimed_s:.1%}, "
        f"before or after its hours {out_of_hours_s / claimed_s:.1%}"
    )


def _report_errors(name: str, compared: Sequence[Compared]) -> None:
    errors = [each.error_s for each in compared]
    within = sum(each.error_s <= ALLOWED_SECONDS_A_TRANSITION * each.transitions for each in compared)
    allowed = median(ALLOWED_SECONDS_A_TRANSITION * each.transitions for each in compared)
    print(
        f"absolute error, {len(errors)} {name}: median {median(errors):.0f} s (allowed {allowed:.0f} s), "
        f"p90 {quantiles(errors, n=10)[-1]:.0f} s; within what is allowed {within / len(errors):.1%}"
    )


if __name__ == "__main__":
    main()
