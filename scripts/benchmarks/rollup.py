"""A full day of the simulated world on MariaDB: refreshed by the hour, closed, archived, purged, and judged once more.

The floor is the database's own `SELECT ride_id, COUNT(*) … GROUP BY ride_id` over the same readings, in the same run.
All parks are moved into one time zone, so that all their days are full at once: the worst hour there is.
"""

import os
import resource
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from sqlalchemy import Column, ColumnElement, Connection, delete, func, insert, literal, select

from hallofshame import runtime, settings
from hallofshame.aggregation import Outcome
from hallofshame.archive import Archive
from hallofshame.backfilling import WORKERS, backfill_parks
from hallofshame.clock import FixedClock
from hallofshame.polls_file import Header
from hallofshame.rules import calendar
from hallofshame.rules.constants import HISTORY_OPERATED_DAYS
from hallofshame.runtime import Runtime
from hallofshame.settings import RunContext
from hallofshame.store import database
from hallofshame.store import engine as engines
from hallofshame.store.engine import Engine
from hallofshame.store.schema import (
    outages,
    park_days,
    park_hours,
    park_time_zones,
    parks,
    polls,
    readings,
    ride_days,
    ride_hours,
    ride_names,
    rides,
)
from jobs import aggregate_daily, aggregate_hourly
from scripts.simulation.world import World
from tests import mariadb

PARKS = 140
DAY = calendar.operating_day(date(2026, 7, 15), "Europe/Rome")
SLOTS = [DAY.starts_at + timedelta(minutes=10 * number) for number in range(DAY.expected_polls)]
SECOND_LIFE = 1_000_000  # the world has 120 parks: some live twice, under ids of their own
ARCHIVED_DAYS = 14  # what is judged from the archive; what a park costs once, its periods, is shared by as many
TARGET_HOURLY_SECONDS, TARGET_DAILY_SECONDS, TARGET_MEGABYTES, TARGET_YEAR_MINUTES = 8, 30, 400, 15


def main() -> None:
    """Print one line for the world, each job, the floor and the memory."""
    runtime.collect_garbage_rarely()  # as every job does
    with _database() as engine, TemporaryDirectory() as folder:
        archive_url = f"file://{folder}"
        _fill(engine)
        last_hour = DAY.ends_at - timedelta(minutes=55)
        _run(aggregate_hourly, engine, last_hour)
        _repeat_as_history(engine)
        hourly = min(_run(aggregate_hourly, engine, last_hour + timedelta(minutes=number)) for number in range(3))
        floor = min(_floor(engine) for _ in range(3))
        close = _run(aggregate_daily, engine, DAY.ends_at + timedelta(minutes=35), HOS_ARCHIVE_URL=archive_url)
        leave = _run(
            aggregate_daily,
            engine,
            DAY.ends_at + timedelta(minutes=36),
            HOS_ARCHIVE_URL=archive_url,
            HOS_KEEP_READINGS_HOURS="0",
        )
        _check_all_left(engine)
        new_year, year = _year_from_the_archive(engine, archive_url)
    megabytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    daily = close + leave
    print(f"floor: SELECT ride_id, COUNT(*) … GROUP BY ride_id over the day {floor:.3f} s")
    print(f"hourly refresh {hourly:.2f} s (target {TARGET_HOURLY_SECONDS}), {hourly / floor:.1f} x the floor")
    print(
        f"daily close {daily:.2f} s (target {TARGET_DAILY_SECONDS}), {daily / floor:.1f} x the floor: "
        f"judged and ranked {close:.2f} s, archived and purged {leave:.2f} s"
    )
    print(
        f"a year of {PARKS} parks from the archive, by {WORKERS} processes, projected from {ARCHIVED_DAYS} days: "
        f"judged again {year / 60:.1f} min (target {TARGET_YEAR_MINUTES}), {year / floor:.0f} x the floor; "
        f"for the first time {new_year / 60:.1f} min"
    )
    print(f"peak memory {megabytes:.0f} MB, the filling of the database included (target {TARGET_MEGABYTES})")


@contextmanager
def _database() -> Iterator[Engine]:
    with mariadb.server() as socket:
        mariadb.execute(socket, "CREATE DATABASE bench")
        engine = database.open_as_it_is(mariadb.url(socket, "bench", "mysqldb"))
        database.migrate(engine)
        yield engine
        engine.dispose()


def _fill(engine: Engine) -> None:
    """One operating day of every park, each at the same hours of its own clock."""
    world = World(seed=1)
    names = sorted(world.parks)
    ids = names + [SECOND_LIFE + park_id for park_id in names[: PARKS - len(names)]]
    for park_id in ids:
        with engines.begin(engine) as conn:
            _enter_park(conn, world, park_id)
    with engines.read(engine) as conn:
        entered = [
            conn.execute(select(func.count()).select_from(table)).scalar_one() for table in (parks, rides, readings)
        ]
    print("{} parks, {} rides, {} readings".format(*entered))


def _enter_park(conn: Connection, world: World, park_id: int) -> None:
    there = park_id % SECOND_LIFE
    seen = {"first_seen_at": DAY.starts_at, "last_seen_at": DAY.starts_at}
    place = {"operator_id": 1, "operator": "", "country": "", "continent": "", "timezone": DAY.timezone}
    conn.execute(insert(parks).values(park_id=park_id, name=f"Park {park_id}", **place, **seen))
    zone = {"since_at": DAY.starts_at, "timezone": DAY.timezone, "source": "bench"}
    conn.execute(insert(park_time_zones).values(park_id=park_id, **zone))
    at_home = calendar.operating_day(DAY.op_day, world.parks[there].zone.key).starts_at - DAY.starts_at
    served = {slot: _rides(world.payload(there, slot + at_home), park_id - there) for slot in SLOTS}
    first = served[SLOTS[0]]
    conn.execute(
        insert(rides),
        [{"ride_id": r["id"], "park_id": park_id, "name": r["name"], "state": "open", **seen} for r in first],
    )
    conn.execute(
        insert(ride_names), [{"ride_id": r["id"], "name": r["name"], "since_at": DAY.starts_at} for r in first]
    )
    poll = {"park_id": park_id, "outcome": "ok", "duration_milliseconds": 200}
    late = timedelta(seconds=park_id % 200)
    conn.execute(insert(polls), [poll | {"slot": slot, "polled_at": slot + late} for slot in SLOTS])
    conn.execute(insert(readings), [_reading(park_id, slot, ride) for slot, each in served.items() for ride in each])


def _rides(payload: dict[str, Any], offset: int) -> list[dict[str, Any]]:
    served = [ride for land in payload["lands"] for ride in land["rides"]] + payload["rides"]
    return [ride | {"id": ride["id"] + offset} for ride in served]


def _reading(park_id: int, slot: datetime, ride: dict[str, Any]) -> dict[str, Any]:
    return {
        "park_id": park_id,
        "slot": slot,
        "ride_id": ride["id"],
        "is_open": ride["is_open"],
        "wait_minutes": ride["wait_time"],
        "last_updated": slot,
        "state": "open" if ride["is_open"] or ride["wait_time"] else "closed",
    }


def _repeat_as_history(engine: Engine) -> None:
    """The judged day once more for each day of the history that the next judgement reads: final, and purged."""
    for number in range(1, HISTORY_OPERATED_DAYS + 1):
        with engines.begin(engine) as conn:
            for table in (park_days, ride_days):
                earlier = [_earlier(column, number) for column in table.c]
                copied = select(*earlier).where(table.c.op_day == DAY.op_day)
                conn.execute(insert(table).from_select(list(table.c.keys()), copied))


def _earlier(column: Column[Any], number: int) -> ColumnElement[Any]:
    if column.name == "op_day":
        return literal(DAY.op_day - timedelta(days=number))
    if column.name == "readings_purged_at":
        return literal(DAY.ends_at)
    return literal(value=True) if column.name == "is_final" else column


def _run(job: Any, engine: Engine, now: datetime, **variables: str) -> float:
    """Seconds a job takes with these settings."""
    loaded = settings.load(variables, Path(os.devnull))
    started = time.perf_counter()
    summary = job.run(Runtime(loaded, RunContext(), FixedClock(now), engine, now))
    if summary.failure:
        raise SystemExit(summary.failure)
    return time.perf_counter() - started


def _check_all_left(engine: Engine) -> None:
    with engines.read(engine) as conn:
        left = conn.execute(select(func.count()).select_from(readings)).scalar_one()
    if left:
        raise SystemExit(f"{left} readings were not purged")


def _year_from_the_archive(engine: Engine, archive_url: str) -> tuple[float, float]:
    """Seconds for a year of all parks, from those for some days: where no verdict is stored yet, and where all are."""
    first = DAY.op_day - timedelta(days=ARCHIVED_DAYS - 1)
    with engines.begin(engine) as conn:
        park_ids = conn.execute(select(parks.c.park_id)).scalars().all()
        for table in (ride_days, outages, ride_hours, park_hours):
            conn.execute(delete(table).where(table.c.op_day >= first))
    for park_id in park_ids:
        _repeat_in_archive(Archive(archive_url), park_id)
    new, again = (_backfilled(engine, archive_url, park_ids, first) for _ in range(2))
    return new * 365 / ARCHIVED_DAYS, again * 365 / ARCHIVED_DAYS


def _repeat_in_archive(archive: Archive, park_id: int) -> None:
    """A park's archived day once more for each earlier one."""
    polled = archive.read(park_id, DAY.op_day) or {}
    for number in range(1, ARCHIVED_DAYS):
        back = timedelta(days=number)
        header = Header(park_id, None, DAY.timezone, None)
        archive.write(DAY.op_day - back, header, {moment - back: rides for moment, rides in polled.items()})


def _backfilled(engine: Engine, archive_url: str, park_ids: Sequence[int], first: date) -> float:
    """Seconds that `hos backfill` takes for the archived days, its leaderboards left out."""
    url = engine.url.render_as_string(hide_password=False)
    started = time.perf_counter()
    became = list(backfill_parks(url, archive_url, park_ids, first, DAY.op_day, DAY.ends_at + timedelta(days=1)))
    if became != [{Outcome.FINAL: ARCHIVED_DAYS}] * PARKS:
        raise SystemExit(f"{became}")
    return time.perf_counter() - started


def _floor(engine: Engine) -> float:
    started = time.perf_counter()
    with engines.read(engine) as conn:
        conn.execute(select(readings.c.ride_id, func.count()).group_by(readings.c.ride_id)).all()
    return time.perf_counter() - started


if __name__ == "__main__":
    main()
