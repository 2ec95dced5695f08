"""From a polls file to judged park-days, and those as the JSON of the domain page, section 7: what `hos judge` prints.

It knows only the file: no database, no tier and no override. Nothing is decided here; the rules are every path's.
"""

from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime
from itertools import groupby
from pathlib import Path
from typing import Any

from hallofshame import feed, polls_file
from hallofshame.clock import to_iso
from hallofshame.errors import Permanent
from hallofshame.model import Payload
from hallofshame.polls_file import RecordedPoll
from hallofshame.rules import calendar, history, park_day, score, snapshot
from hallofshame.rules.constants import HISTORY_OPERATED_DAYS, RULES_VERSION
from hallofshame.rules.history import RideFacts
from hallofshame.rules.park_day import Operation, ParkDay
from hallofshame.rules.readings import clean
from hallofshame.rules.ride_day import RideDay
from hallofshame.rules.score import Sums
from hallofshame.rules.snapshot import Snapshot

SCORE_DECIMALS = 4


def judge_file(
    path: Path, *, weights: Mapping[int, int] | None = None, now: datetime | None = None, segments: bool = False
) -> dict[str, Any]:
    """Judge every park-day of a polls file. Returns the JSON of section 7, its moments as text.

    `weights` (ride id to 1, 2 or 3) take the place of the file's. Without `now` every day is taken as over; with it the
    file is judged as it stood then: later polls are left out, and the day that contains `now` is unfinished.
    `segments` adds each ride's stretches. Raises Permanent, naming file and line, for what it cannot read.
    """
    names: dict[int, str] = {}
    with polls_file.reading(path) as (header, polls):
        known = polls if now is None else (poll for poll in polls if poll.polled_at <= now)
        snapshots_by_day = _snapshots_by_day(known, header.timezone, names)
        chosen = header.weights if weights is None else weights
        days = list(_judged(snapshots_by_day, header.timezone, chosen or {}, now, segments=segments))
    return {
        "rules_version": RULES_VERSION,
        "period": _period([day.operation for day in days if day.operation]),
        "days": [as_json(day, names, segments=segments) for day in days],
    }


def _judged(
    snapshots_by_day: Iterable[tuple[date, list[Snapshot]]],
    timezone: str,
    weights: Mapping[int, int],
    now: datetime | None,
    *,
    segments: bool,
) -> Iterator[ParkDay]:
    """Judge day after day, each with what the operated days before it left."""
    before: deque[list[RideFacts]] = deque(maxlen=HISTORY_OPERATED_DAYS)
    for op_day, snapshots in snapshots_by_day:
        day = calendar.operating_day(op_day, timezone)
        is_over = now is None or day.ends_at <= now
        usual = history.usual(tuple(before))
        judged = park_day.judge(day, snapshots, usual, weights, is_over=is_over, with_segments=segments)
        if judged.operation:
            before.append([ride.facts for ride in judged.operation.rides])
        yield judged


def _snapshots_by_day(
    polls: Iterable[RecordedPoll], timezone: str, names: dict[int, str]
) -> Iterator[tuple[date, list[Snapshot]]]:
    """Each operating day's polls in order of time, one day in memory at a time. Notes each ride's newest name."""
    newest = date.min
    for op_day, polls_of_day in groupby(polls, key=lambda poll: calendar.op_day_of(poll.polled_at, timezone)):
        by_second: dict[datetime, list[RecordedPoll]] = {}
        for poll in polls_of_day:
            if op_day < newest:
                raise Permanent(
                    f"{poll.place}: belongs to {op_day}, after polls of {newest}: sort the lines by polled_at"
                )
            by_second.setdefault(poll.polled_at.replace(microsecond=0), []).append(poll)
        newest = op_day
        yield op_day, [_snapshot(moment, by_second[moment], names) for moment in sorted(by_second)]


def _snapshot(moment: datetime, polls: Iterable[RecordedPoll], names: dict[int, str]) -> Snapshot:
    """Read the lines of one second as one poll."""
    readings = clean(Payload(tuple(reading for poll in polls for reading in _payload(poll).readings))).readings
    names.update((reading.ride_id, reading.name) for reading in readings)
    return snapshot.take(readings, moment)


def _payload(poll: RecordedPoll) -> Payload:
    try:
        return feed.parse_queue_times(poll.payload)
    except Permanent as error:
        raise Permanent(f"{poll.place}: payload: {error}") from error


def _period(operations: list[Operation]) -> dict[str, Any]:
    sums = Sums.total(operation.sums for operation in operations)
    observed_s = sum(operation.observed_s for operation in operations)
    window_s = sum(operation.window_s for operation in operations)
    return {
        "operated_days": len(operations),
        **_sums(sums),
        "shame": _shame(sums),
        "coverage": _rounded(score.coverage(observed_s, window_s)),
    }


def as_json(day: ParkDay, names: Mapping[int, str], *, segments: bool) -> dict[str, Any]:
    """One park-day of that JSON. `names`: of every ride of the day, by id."""
    facts = {"op_day": day.op_day.isoformat(), "operated": day.operation is not None, "snapshots": day.snapshots}
    if day.operation is None:
        return {**facts, "rides_open_any": day.rides_open_any}
    return facts | _operation(day.operation, names, segments=segments)


def _operation(ran: Operation, names: Mapping[int, str], *, segments: bool) -> dict[str, Any]:
    return {
        "snapshots_in_window": ran.snapshots,
        "window_open": to_iso(ran.opened_at),
        "window_close": to_iso(ran.closed_at),
        "window_s": ran.window_s,
        "observed_s": ran.observed_s,
        "coverage": _rounded(score.coverage(ran.observed_s, ran.window_s)),
        "open_edge_known": ran.open_edge_known,
        "close_edge_known": ran.close_edge_known,
        "stop_s": ran.stop_s,
        "rides_seen": len(ran.rides),
        "rides_opened": ran.rides_opened,
        "rides_counted": ran.rides_counted,
        "rides_closed_all_day": ran.rides_closed_all_day,
        **_sums(ran.sums),
        "shame": _shame(ran.sums),
        "hours": [{"hour": f"{hour.hour:%Y-%m-%dT%H:%MZ}", **_sums(hour.sums)} for hour in ran.hours],
        "rides": {str(ride.ride_id): _ride(ride, names[ride.ride_id], segments=segments) for ride in ran.rides},
    }


def _ride(ride: RideDay, name: str, *, segments: bool) -> dict[str, Any]:
    figures = {
        "name": name,
        "counted": ride.is_counted,
        "queue_ride": ride.is_queue_ride,
        "usually_open": ride.is_usually_open,
        "up_s": ride.up_s,
        "down_s": ride.down_s,
        "pre_s": ride.pre_s,
        "early_s": ride.early_s,
        "stop_s": ride.stop_s,
        "closed_s": ride.closed_s,
        "unobs_s": ride.unobserved_s,
        "outages": len(ride.outages),
        "longest_s": ride.longest_outage_s,
    }
    if segments:
        figures["segments"] = [[to_iso(part.began_at), part.length_s, part.bucket.value] for part in ride.segments]
    return figures


def _sums(sums: Sums) -> dict[str, int]:
    return {
        "up_s": sums.up_s,
        "down_s": sums.down_s,
        "weighted_down_s": sums.weighted_down_s,
        "weighted_sched_s": sums.weighted_sched_s,
    }


def _shame(sums: Sums) -> float | None:
    return _rounded(score.shame(sums.weighted_down_s, sums.weighted_sched_s))


def _rounded(figure: float | None) -> float | None:
    return None if figure is None else round(figure, SCORE_DECIMALS)
