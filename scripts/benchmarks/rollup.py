"""A full day of the simulated world on MariaDB: refreshed by the hour, closed for good, and the floor of both.

The floor is the database's own `SELECT ride_id, COUNT(*) … GROUP BY ride_id` over the same readings, in the same run.
All parks are moved into one time zone, so that all their days are full at once: the worst hour there is.
"""

import os
import resource
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import Column, ColumnElement, Connection, func, insert, literal, select

from hallofshame import settings
from hallofshame.clock import FixedClock
from hallofshame.rules import calendar
from hallofshame.rules.constants import HISTORY_OPERATED_DAYS
from hallofshame.runtime import Runtime
from hallofshame.settings import RunContext
from hallofshame.store import database
from hallofshame.store import engine as engines
from hallofshame.store.engine import Engine
from hallofshame.store.schema import park_days, park_time_zones, parks, polls, readings, ride_days, rides
from jobs import aggregate_daily, aggregate_hourly
from scripts.simulation.world import World
from tests import mariadb

PARKS = 140
DAY = calendar.operating_day(date(2026, 7, 15), "Europe/Rome")
SLOTS = [DAY.starts_at + timedelta(minutes=10 * number) for number in range(DAY.expected_polls)]
SECOND_LIFE = 1_000_000  # the world has 120 parks: some live twice, under ids of their own
TARGET_HOURLY_SECONDS, TARGET_DAILY_SECONDS, TARGET_MEGABYTES = 8, 30, 400


def main() -> None:
    """Print one line for the world, each job, the floor and the memory."""
    with _database() as engine:
        _fill(engine)
        last_hour = DAY.ends_at - timedelta(minutes=55)
        _run(aggregate_hourly, engine, last_hour)
        _repeat_as_history(engine)
        hourly = [_run(aggregate_hourly, engine, last_hour + timedelta(minutes=number)) for number in range(3)]
        daily = _run(aggregate_daily, engine, DAY.ends_at + timedelta(minutes=35))
        floor = min(_floor(engine) for _ in range(3))
    megabytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"floor: SELECT ride_id, COUNT(*) … GROUP BY ride_id over the day {floor:.3f} s")
    print(f"hourly refresh {min(hourly):.2f} s (target {TARGET_HOURLY_SECONDS}), {min(hourly) / floor:.1f} x the floor")
    print(f"daily close {daily:.2f} s (target {TARGET_DAILY_SECONDS}), {daily / floor:.1f} x the floor")
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
    """The judged day once more for each day of the history that the next judgement reads."""
    for number in range(1, HISTORY_OPERATED_DAYS + 1):
        with engines.begin(engine) as conn:
            for table in (park_days, ride_days):
                earlier = [_earlier(column, number) for column in table.c]
                copied = select(*earlier).where(table.c.op_day == DAY.op_day)
                conn.execute(insert(table).from_select(list(table.c.keys()), copied))


def _earlier(column: Column[Any], number: int) -> ColumnElement[Any]:
    if column.name == "op_day":
        return literal(DAY.op_day - timedelta(days=number))
    return literal(value=True) if column.name == "is_final" else column


def _run(job: Any, engine: Engine, now: datetime) -> float:
    """Seconds a job takes."""
    loaded = settings.load({}, Path(os.devnull))
    started = time.perf_counter()
    summary = job.run(Runtime(loaded, RunContext(), FixedClock(now), engine, now))
    if summary.failure:
        raise SystemExit(summary.failure)
    return time.perf_counter() - started


def _floor(engine: Engine) -> float:
    started = time.perf_counter()
    with engines.read(engine) as conn:
        conn.execute(select(readings.c.ride_id, func.count()).group_by(readings.c.ride_id)).all()
    return time.perf_counter() - started


if __name__ == "__main__":
    main()
