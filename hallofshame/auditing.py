"""How a stored figure came about: a park-day judged again as it was, and the rule behind each stretch of each ride.

Nothing is stored. What is recomputed is held against what is stored, figure by figure.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from hallofshame import archiving
from hallofshame.archive import Archive
from hallofshame.rules import calendar, history, park_day
from hallofshame.rules.calendar import OperatingDay
from hallofshame.rules.constants import (
    DAY_STARTS_AT,
    HISTORY_OPERATED_DAYS,
    HOLD_AT_MOST_SECONDS,
    PEAK_PARTS,
    STALE_AFTER_SECONDS,
    USUAL_HOURS_SLACK_SECONDS,
)
from hallofshame.rules.history import RideFacts, Usual
from hallofshame.rules.park_day import ParkDay
from hallofshame.rules.ride_day import Bucket, RideDay, Segment
from hallofshame.rules.snapshot import Snapshot
from hallofshame.rules.tiers import Kind
from hallofshame.store import classifications, days, verdicts
from hallofshame.store import engine as engines
from hallofshame.store.engine import Engine
from hallofshame.store.verdicts import Row

_SLACK = f"{USUAL_HOURS_SLACK_SECONDS // 60} min"


@dataclass(frozen=True, slots=True)
class Audit:
    """A park-day judged again, with what it was judged by, and what is stored of it.

    `differences`: each figure that is stored otherwise than it is recomputed, as a sentence.
    """

    day: OperatingDay
    judged: ParkDay
    stored: Row
    names: Mapping[int, str]
    usual: Mapping[int, Usual]
    differences: tuple[str, ...]


def audit(engine: Engine, archive: Archive, park_id: int, op_day: date) -> Audit:
    """Judge a stored park-day again, as of the moment it was judged. Raises Permanent where that cannot be."""
    with engines.read(engine) as conn:
        stored, stored_rides = verdicts.park_day(conn, park_id, op_day), verdicts.ride_days_of(conn, park_id, op_day)
        before = days.facts_before(conn, park_id, op_day, HISTORY_OPERATED_DAYS)
        rides = classifications.of_park(conn, park_id)
    day = calendar.operating_day(op_day, stored["timezone"])
    polls = archiving.polls_of(engine, archive, park_id, day)
    known_then = {moment: said for moment, said in polls.items() if moment <= stored["computed_at"]}
    kinds = {ride_id: verdict.kind for ride_id, (_, verdict) in rides.items() if verdict}
    usual = history.usual([[RideFacts(*facts) for facts in of_day] for of_day in before])
    judged = park_day.judge(
        day,
        _without(archiving.snapshots(known_then), {i for i, kind in kinds.items() if kind == Kind.SINGLE_RIDER.value}),
        usual,
        {ride_id: row["weight"] for ride_id, row in stored_rides.items()},
        uncounted={ride_id for ride_id, kind in kinds.items() if kind != Kind.RIDE.value},
        is_over=day.ends_at <= stored["computed_at"],
        with_segments=True,
    )
    names = {ride_id: reading.name for said in known_then.values() for ride_id, reading in said.items()}
    return Audit(day, judged, stored, names, usual, tuple(_differences(judged, stored, stored_rides)))


def reasons(ride: RideDay, usual: Usual) -> list[str]:
    """The rule behind each of a ride's stretches, in a sentence; in their order."""
    up = [index for index, segment in enumerate(ride.segments) if segment.bucket is Bucket.UP]
    return [_reason(segment, index, up, usual) for index, segment in enumerate(ride.segments)]


def _reason(segment: Segment, index: int, up: Sequence[int], usual: Usual) -> str:
    if segment.bucket is Bucket.PRE:
        return f"reported closed before its first opening of the day, {_until_usual_opening(usual)}"
    if segment.bucket is Bucket.EARLY:
        return f"reported closed and did not come back, {_from_usual_closing(usual)}"
    if segment.bucket is not Bucket.DOWN:
        return _SENTENCES[segment.bucket]
    if up and index < up[0]:
        return f"reported closed later than {_SLACK} after its usual opening at {_clock(usual.opening_clock_s)}"
    if not up or index > up[-1]:
        return f"reported closed, not come back, {_before_usual_closing(usual)}"
    return "reported closed between two openings while the park ran"


_SENTENCES = {
    Bucket.UP: "reported open",
    Bucket.STOP: f"the park as a whole stood still: fewer than 1 in {PEAK_PARTS} of the day's peak of rides were open",
    Bucket.CLOSED: "reported closed, and not open once while the park ran",
    Bucket.UNOBSERVED: f"not known: missing, older than {STALE_AFTER_SECONDS // 60} min, "
    f"or more than {HOLD_AT_MOST_SECONDS // 60} min after a poll",
}


def _until_usual_opening(usual: Usual) -> str:
    if usual.opening_clock_s is None:
        return "whose usual hour is not known"
    return f"which is usual at {_clock(usual.opening_clock_s)}, give or take {_SLACK}"


def _from_usual_closing(usual: Usual) -> str:
    if usual.closing_clock_s is None:
        return "and its usual closing is not known"
    return f"at or after its usual closing at {_clock(usual.closing_clock_s)} less {_SLACK}"


def _before_usual_closing(usual: Usual) -> str:
    if usual.closing_clock_s is None:
        return "while the day lasts and its usual closing is not known"
    return f"before its usual closing at {_clock(usual.closing_clock_s)} less {_SLACK}"


def _clock(clock_s: int | None) -> str:
    """Seconds of the wall clock from 04:00, as the wall clock shows them."""
    minutes = (clock_s or 0) // 60 + DAY_STARTS_AT.hour * 60
    return f"{minutes // 60 % 24:02}:{minutes % 60:02}"


def _without(snapshots: Sequence[Snapshot], left_out: set[int]) -> list[Snapshot]:
    return [
        Snapshot(each.polled_at_s, {i: said for i, said in each.rides.items() if i not in left_out})
        for each in snapshots
    ]


_PARK_FIGURES = ("window_s", "observed_s", "stop_s", "rides_opened", "rides_counted", "rides_closed_all_day")
_RIDE_FIGURES = ("up_s", "down_s", "pre_s", "early_s", "stop_s", "closed_s", "unobserved_s", "is_counted")


def _differences(judged: ParkDay, stored: Row, stored_rides: Mapping[int, Row]) -> Iterator[str]:
    yield from _compare("the park", _figures(judged, ("snapshots", "rides_open_any")), stored)
    if judged.operation is None:
        return
    yield from _compare("the park", _figures(judged.operation, _PARK_FIGURES), stored)
    for ride in judged.operation.rides:
        yield from _compare(f"ride {ride.ride_id}", _figures(ride, _RIDE_FIGURES), stored_rides.get(ride.ride_id, {}))


def _figures(verdict: object, names: Sequence[str]) -> dict[str, Any]:
    return {name: getattr(verdict, name) for name in names}


def _compare(what: str, recomputed: Mapping[str, Any], stored: Row) -> Iterator[str]:
    for name, figure in recomputed.items():
        if stored.get(name) != figure:
            yield f"{what}: {name} is stored as {stored.get(name)}, recomputed it is {figure}"
