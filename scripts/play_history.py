"""Play simulated days into the store, so that every period of the demo has content: judged from payloads, no readings.

The parks are those of the simulated feed with the lowest ids; their days are the finished ones before now.
"""

import argparse
import sys
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from functools import partial

import click
from simulation.world import World  # type: ignore[import-not-found]  # beside this script, as it is started

from hallofshame import aggregation, arrival, feed, leaderboards, settings, tier_file
from hallofshame.clock import SystemClock
from hallofshame.model import Park, Payload, Poll, PollOutcome
from hallofshame.park_overrides import ParkOverrides
from hallofshame.rules import calendar, snapshot
from hallofshame.rules.calendar import OperatingDay
from hallofshame.rules.readings import clean
from hallofshame.rules.snapshot import Snapshot
from hallofshame.rules.tiers import Tiers
from hallofshame.store import database, days, engine, parks, rides
from hallofshame.store.engine import Connection, Engine

POLL_SECONDS = 600


def main() -> int:
    """Play the days that are not there yet, and say how many."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--parks", type=int, default=20)
    parser.add_argument("--days", type=int, default=30)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    clock, world = SystemClock(), World(given.seed)
    started, now = clock.monotonic(), clock.now()
    opened = database.open_ready(settings.load().database_url.get_secret_value())
    listed, _ = feed.parse_parks(world.parks_json())
    corrected = sorted((ParkOverrides.load().correct(park) for park in listed), key=lambda park: park.park_id)
    engine.write(opened, lambda conn: parks.record(conn, corrected, now - timedelta(days=given.days + 2)))
    played = 0
    with click.progressbar(corrected[: given.parks], label="playing history", file=sys.stderr) as chosen:
        for park in chosen:
            played += _play(opened, world, park, given.days, now)
    engine.write(opened, partial(leaderboards.refresh, active=corrected, asked=leaderboards.FINISHED, now=now))
    print(f"{played} park-days of {given.parks} parks played in {clock.monotonic() - started:.0f} s")
    return 0


def _play(opened: Engine, world: World, park: Park, count: int, now: datetime) -> int:
    """Judge a park's finished days, oldest first, each in a transaction of its own. Returns how many were not there."""
    tiers, newest = tier_file.load(), calendar.last_final_day(now, park.timezone)
    op_days = [newest - timedelta(days=back) for back in reversed(range(count))]
    with engine.read(opened) as conn:
        missing = [op_day for op_day in op_days if days.standing(conn, park.park_id, op_day) is None]
    if not missing:
        return 0
    first = calendar.operating_day(missing[0], park.timezone)
    engine.write(opened, partial(_enter_rides, world, park.park_id, first.starts_at))
    for op_day in missing:
        day = calendar.operating_day(op_day, park.timezone)
        said = [snapshot.take(clean(payload).readings, at) for at, payload in _polls(world, park.park_id, day)]
        engine.write(opened, partial(_replace, park.park_id, day, said, now, tiers))
    engine.write(opened, partial(aggregation.sum_periods, park_id=park.park_id, op_days=missing))
    return len(missing)


def _replace(
    park_id: int, day: OperatingDay, said: list[Snapshot], now: datetime, tiers: Tiers, conn: Connection
) -> None:
    days.lock(conn, park_id)
    aggregation.replace_day(conn, park_id, day, said, now, tiers)


def _enter_rides(world: World, park_id: int, at: datetime, conn: Connection) -> None:
    poll = Poll(park_id, at, at, PollOutcome.OK, 200)
    judged = arrival.judge(poll, feed.parse_queue_times(world.payload(park_id, at))).judged
    rides.record(conn, park_id, judged, at, rides.known(conn))


def _polls(world: World, park_id: int, day: OperatingDay) -> Iterable[tuple[datetime, Payload]]:
    for at_s in range(day.starts_at_s, day.ends_at_s, POLL_SECONDS):
        at = datetime.fromtimestamp(at_s, UTC)
        yield at, feed.parse_queue_times(world.payload(park_id, at))


if __name__ == "__main__":
    raise SystemExit(main())
