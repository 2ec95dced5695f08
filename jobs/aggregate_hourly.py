"""Judge each park's current park-day as it stands, refresh today's leaderboards, step the data version."""

from collections.abc import Sequence
from functools import partial

from hallofshame import leaderboards, runtime
from hallofshame.rules import calendar
from hallofshame.rules.periods import Period
from hallofshame.runtime import Runtime, Summary
from hallofshame.store import engine, parks

from .park_days import judge_all


def main(argv: Sequence[str] | None = None) -> int:
    """`hos-aggregate-hourly`."""
    return runtime.execute("aggregate-hourly", run, argv)


def run(world: Runtime) -> Summary:
    """Judge today of each park, as known so far. Safe to run twice, or twice at once."""
    started, now = world.clock.monotonic(), world.clock.now()
    with engine.read(world.engine) as conn:
        active = parks.active(conn)
    todo = [(park.park_id, calendar.op_day_of(now, park.timezone)) for park in active]
    done = judge_all(world.engine, todo, now)
    engine.write(world.engine, partial(leaderboards.refresh, active=active, asked=[Period.TODAY], now=now))
    figures = {
        "park_days": len(done.changed),
        "park_days_failed": len(done.failed),
        "seconds": round(world.clock.monotonic() - started, 3),
    }
    return Summary(figures, done.failure)
