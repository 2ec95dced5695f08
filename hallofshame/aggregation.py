"""Where store and rules meet for a park-day: read its polls, judge them, replace its rows. Behind jobs and imports.

Nothing is decided here but whether a day can be judged; the rules are every path's.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from enum import Enum
from functools import partial
from typing import Any

from hallofshame.errors import Permanent
from hallofshame.rules import calendar, history, park_day, periods
from hallofshame.rules.calendar import OperatingDay
from hallofshame.rules.constants import HISTORY_OPERATED_DAYS, RULES_VERSION
from hallofshame.rules.history import RideFacts
from hallofshame.rules.park_day import Operation, ParkDay
from hallofshame.rules.periods import Grain
from hallofshame.rules.ride_day import Outage, RideDay, RideHour
from hallofshame.rules.score import Sums
from hallofshame.rules.snapshot import Snapshot
from hallofshame.rules.tiers import Classification, Kind, Tiers
from hallofshame.store import classifications, days, engine, parks, polls
from hallofshame.store import periods as stored_periods
from hallofshame.store.classifications import Classified
from hallofshame.store.days import DayRows
from hallofshame.store.engine import Connection, Engine

_NOON = time(12, tzinfo=UTC)  # lies in the operating day of nearly every zone
_SECOND = timedelta(seconds=1)
_NOT_OPERATED = {
    "operated": False,
    "opened_at": None,
    "closed_at": None,
    "peak_rides_open": None,
    "last_active_at": None,
    "open_edge_known": False,
    "close_edge_known": False,
    **dict.fromkeys(("snapshots_in_window", "window_s", "observed_s", "stop_s"), 0),
    **dict.fromkeys(("rides_seen", "rides_opened", "rides_counted", "rides_closed_all_day"), 0),
    **dict.fromkeys(("up_s", "down_s", "weighted_down_s", "weighted_sched_s", "outages"), 0),
}


class Outcome(Enum):
    """What became of a park-day that was to be judged. Only the first two changed what is stored."""

    PROVISIONAL = "judged as it stands now"
    FINAL = "judged finally"
    ALREADY_FINAL = "is final, and was not asked for again"
    NO_POLLS = "no poll of it is stored"
    PURGED = "its readings are archived and gone"


def aggregate_day(store: Engine, park_id: int, op_day: date, now: datetime, tiers: Tiers) -> Outcome:
    """Judge a park-day as it stands now from its stored polls, and replace all its rows in one transaction.

    It is final from half an hour after its end on; then its week, month and year are summed anew with it. Safe to run
    twice, or twice at once. Raises Permanent for a park that is not stored.
    """

    def work(conn: Connection) -> Outcome:
        outcome = _aggregate(conn, park_id, op_day, now, tiers, again=False)
        if outcome is Outcome.FINAL:
            sum_periods(conn, park_id, [op_day])
        return outcome

    return engine.write(store, work)


def judge_again(store: Engine, park_id: int, op_day: date, now: datetime, tiers: Tiers) -> Outcome:
    """Judge a park-day as `aggregate_day` does, a final one as well, and leave its periods to the caller."""
    return engine.write(
        store,
        partial(_aggregate, park_id=park_id, op_day=op_day, now=now, tiers=tiers, again=True),
    )


def replace_day(
    conn: Connection, park_id: int, day: OperatingDay, snapshots: Sequence[Snapshot], now: datetime, tiers: Tiers
) -> bool:
    """Judge a park-day from what its polls said, wherever they come from, and replace its rows. Returns if it is final.

    The caller holds `days.lock`, and sums the periods of a final day.
    """
    classified = _classified(conn, park_id, tiers)
    judged = park_day.judge(
        day,
        _without_single_riders(snapshots, classified),
        history.usual(_facts_before(conn, park_id, day.op_day)),
        {ride_id: verdict.weight for ride_id, verdict in classified.items()},
        uncounted={ride_id for ride_id, verdict in classified.items() if not verdict.may_count},
        is_over=day.ends_at <= now,
    )
    is_final = day.op_day <= calendar.last_final_day(now, day.timezone)
    days.replace(conn, _rows(park_id, day, judged, now, is_final=is_final))
    return is_final


def sum_periods(conn: Connection, park_id: int, op_days: Iterable[date]) -> None:
    """Sum the weeks, months and years of some final days anew. The caller holds `days.lock`."""
    touched = {(grain, periods.grain_days(grain, day)) for day in op_days for grain in Grain}
    for grain, span in touched:
        stored_periods.replace(conn, park_id, grain.value, span.first, span.last)


def lock_and_sum_periods(conn: Connection, park_id: int, op_days: Iterable[date]) -> None:
    """Sum the weeks, months and years of some final days anew, alone."""
    days.lock(conn, park_id)
    sum_periods(conn, park_id, op_days)


def _aggregate(conn: Connection, park_id: int, op_day: date, now: datetime, tiers: Tiers, *, again: bool) -> Outcome:
    days.lock(conn, park_id)
    before = days.standing(conn, park_id, op_day)
    if before and before.readings_purged_at:
        return Outcome.PURGED
    if before and before.is_final and not again:
        return Outcome.ALREADY_FINAL
    day = calendar.operating_day(op_day, _timezone(conn, park_id, op_day))
    said = polls.of_day(conn, park_id, day.starts_at, min(day.ends_at, now + _SECOND))
    if not said:
        return Outcome.NO_POLLS
    snapshots = [Snapshot(int(polled_at.timestamp()), rides) for polled_at, rides in said]
    return Outcome.FINAL if replace_day(conn, park_id, day, snapshots, now, tiers) else Outcome.PROVISIONAL


def _timezone(conn: Connection, park_id: int, op_day: date) -> str:
    """The zone a day is cut by: the park's at the day's noon, so that a correction never cuts past days anew (S22)."""
    timezone = parks.time_zone_at(conn, park_id, datetime.combine(op_day, _NOON))
    if timezone is None:
        raise Permanent(f"park {park_id} is not in the database")
    return timezone


def _classified(conn: Connection, park_id: int, tiers: Tiers) -> dict[int, Classification]:
    """Tier and kind of each of the park's rides; what has changed is stored."""
    stored = classifications.of_park(conn, park_id)
    classified = {ride_id: tiers.classify(ride_id, name) for ride_id, (name, _) in stored.items()}
    now = {ride_id: Classified(v.tier, v.tier_reason, v.kind.value, v.kind_reason) for ride_id, v in classified.items()}
    classifications.record(
        conn, {ride_id: verdict for ride_id, verdict in now.items() if verdict != stored[ride_id][1]}
    )
    return classified


def _without_single_riders(
    snapshots: Sequence[Snapshot], classified: Mapping[int, Classification]
) -> Sequence[Snapshot]:
    left_out = {ride_id for ride_id, verdict in classified.items() if verdict.kind is Kind.SINGLE_RIDER}
    if not left_out:
        return snapshots
    return [
        Snapshot(poll.polled_at_s, {ride_id: said for ride_id, said in poll.rides.items() if ride_id not in left_out})
        for poll in snapshots
    ]


def _facts_before(conn: Connection, park_id: int, op_day: date) -> list[list[RideFacts]]:
    stored = days.facts_before(conn, park_id, op_day, HISTORY_OPERATED_DAYS)
    return [[RideFacts(*facts) for facts in day] for day in stored]


def _rows(park_id: int, day: OperatingDay, judged: ParkDay, now: datetime, *, is_final: bool) -> DayRows:
    facts = {
        "park_id": park_id,
        "op_day": day.op_day,
        "timezone": day.timezone,
        "rules_version": RULES_VERSION,
        "is_final": is_final,
        "snapshots": judged.snapshots,
        "rides_open_any": judged.rides_open_any,
        "computed_at": now,
    }
    ran = judged.operation
    if ran is None:
        return DayRows(facts | _NOT_OPERATED)
    return DayRows(
        facts | _operation_row(ran),
        ride_days=[_ride_row(ride) for ride in ran.rides],
        outages=[{"ride_id": ride.ride_id} | _values(outage) for ride in ran.rides for outage in ride.outages],
        ride_hours=[{"ride_id": ride.ride_id} | _values(hour) for ride in ran.rides for hour in ride.hours],
        park_hours=[{"hour": hour.hour} | _values(hour.sums) for hour in ran.hours],
    )


def _operation_row(ran: Operation) -> dict[str, Any]:
    return {
        "operated": True,
        "opened_at": ran.opened_at,
        "closed_at": ran.closed_at,
        "open_edge_known": ran.open_edge_known,
        "close_edge_known": ran.close_edge_known,
        "snapshots_in_window": ran.snapshots,
        "window_s": ran.window_s,
        "observed_s": ran.observed_s,
        "stop_s": ran.stop_s,
        "rides_seen": len(ran.rides),
        "rides_opened": ran.rides_opened,
        "rides_counted": ran.rides_counted,
        "rides_closed_all_day": ran.rides_closed_all_day,
        **_values(ran.sums),
        "outages": sum(len(ride.outages) for ride in ran.rides if ride.is_counted),
        "peak_rides_open": ran.peak_rides_open,
        "last_active_at": ran.last_active_at,
    }


def _ride_row(ride: RideDay) -> dict[str, Any]:
    return {
        "ride_id": ride.ride_id,
        "weight": ride.weight,
        "is_counted": ride.is_counted,
        "is_queue_ride": ride.is_queue_ride,
        "is_usually_open": ride.is_usually_open,
        "is_closed_all_day": ride.is_closed_all_day,
        "up_s": ride.up_s,
        "down_s": ride.down_s,
        "pre_s": ride.pre_s,
        "early_s": ride.early_s,
        "stop_s": ride.stop_s,
        "closed_s": ride.closed_s,
        "unobserved_s": ride.unobserved_s,
        "outages": len(ride.outages),
        "longest_outage_s": ride.longest_outage_s,
        "counted_up_s": ride.sums.up_s,
        "counted_down_s": ride.sums.down_s,
        "counted_outages": len(ride.outages) if ride.is_counted else 0,
        "weighted_down_s": ride.sums.weighted_down_s,
        "weighted_sched_s": ride.sums.weighted_sched_s,
        "wait_readings": sum(hour.wait_readings for hour in ride.hours),
        "wait_minutes_sum": sum(hour.wait_minutes_sum for hour in ride.hours),
        "longest_wait_minutes": max(
            (hour.longest_wait_minutes for hour in ride.hours if hour.longest_wait_minutes is not None), default=None
        ),
        "waits_seen": ride.facts.waits_seen,
        "first_open_clock_s": ride.facts.first_open_clock_s,
        "last_open_clock_s": ride.facts.last_open_clock_s,
        "usual_closing_clock_s": ride.usual_closing_clock_s,
    }


def _values(verdict: Outage | RideHour | Sums) -> dict[str, Any]:
    """Its fields by name; `asdict` copies each of them first, and the hours are many."""
    return {name: getattr(verdict, name) for name in verdict.__dataclass_fields__}
