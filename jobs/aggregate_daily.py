"""Close the park-days that are over: judge them finally, sum their periods, rank, check, archive and purge.

Runs every hour, because park-days end in some 25 time zones, and ends at once when none is over.
"""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import partial

from hallofshame import archiving, leaderboards, runtime
from hallofshame.archive import Archive
from hallofshame.archiving import Retired
from hallofshame.model import Issue, Park
from hallofshame.rules import calendar, periods
from hallofshame.rules.periods import Grain
from hallofshame.runtime import Runtime, Summary
from hallofshame.store import days, engine, identities, issues, parks, polls
from hallofshame.store.engine import Connection

from .park_days import ParkDay, judge_all

# A day that failed is tried again for so long; its readings stay until it is final, however long that takes.
LOOKS_BACK_DAYS = 14


def main(argv: Sequence[str] | None = None) -> int:
    """`hos-aggregate-daily`."""
    return runtime.execute("aggregate-daily", run, argv)


def run(world: Runtime) -> Summary:
    """Close every park-day that is over and has polls. Safe to run twice, or twice at once."""
    started, now = world.clock.monotonic(), world.clock.now()
    with engine.read(world.engine) as conn:
        active = parks.active(conn)
        todo = _open_days(conn, active, now)
    done = judge_all(world.engine, todo, now)
    broken: list[Issue] = []
    if done.changed:
        engine.write(world.engine, partial(leaderboards.refresh, active=active, asked=leaderboards.FINISHED, now=now))
        broken = engine.write(world.engine, partial(_check, done.changed, now))
    retired = _retire(world, now)
    figures = {
        "park_days": len(done.changed),
        "park_days_failed": len(done.failed),
        "sums_broken": len(broken),
        "park_days_archived": retired.days,
        "readings_purged": retired.readings,
        "seconds": round(world.clock.monotonic() - started, 3),
    }
    return Summary(figures, "\n".join(filter(None, [done.failure, _told(broken), *retired.failures])) or None)


def _open_days(conn: Connection, active: Sequence[Park], now: datetime) -> list[ParkDay]:
    """The days that are over, that polls were made on, and that are not final yet, the oldest first."""
    first_slots, newest_of = polls.first_slots(conn), {}
    for park in active:
        if park.park_id in first_slots:
            newest_of[park] = calendar.last_final_day(now, park.timezone)
    if not newest_of:
        return []
    back = timedelta(days=LOOKS_BACK_DAYS - 1)
    final = days.final_since(conn, min(newest_of.values()) - back)
    over = [
        (park.park_id, op_day)
        for park, newest in newest_of.items()
        for op_day in periods.days(
            max(newest - back, calendar.op_day_of(first_slots[park.park_id], park.timezone)), newest
        )
    ]
    return sorted((park_day for park_day in over if park_day not in final), key=lambda park_day: park_day[::-1])


def _retire(world: Runtime, now: datetime) -> Retired:
    """Archive and purge what is old enough: at every run, for a day becomes due long after it was closed."""
    kept = timedelta(hours=world.settings.keep_readings_hours)
    return archiving.retire(world.engine, Archive(world.settings.archive_url), now, kept)


def _check(changed: Sequence[ParkDay], now: datetime, conn: Connection) -> list[Issue]:
    """Ask whether the days that were closed add up, and their periods; what does not is an issue."""
    parks_of = defaultdict(list)
    for park_id, op_day in changed:
        parks_of[op_day].append(park_id)
    broken = [issue for op_day, ids in parks_of.items() for issue in identities.broken_days(conn, ids, op_day, op_day)]
    for op_day, ids in parks_of.items():
        for grain in Grain:
            span = periods.grain_days(grain, op_day)
            broken += identities.broken_periods(conn, ids, grain.value, span.first, span.last)
    issues.record(conn, broken, now)
    return broken


def _told(broken: Sequence[Issue]) -> str | None:
    return f"sums disagree, which is a fault of the code: {broken[0].subject}, {broken[0].detail}" if broken else None
