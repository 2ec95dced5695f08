"""One collection of the simulated world on MariaDB: in all, in the database, and the floor of the latter.

The floor is the same rows by bare `executemany` in one transaction.
"""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Table, delete, event, insert, select

from hallofshame import settings
from hallofshame.clock import FixedClock
from hallofshame.runtime import Runtime, Summary
from hallofshame.settings import RunContext
from hallofshame.store import database
from hallofshame.store import engine as engines
from hallofshame.store.engine import Engine
from hallofshame.store.schema import polls, readings
from jobs import collect
from tests import mariadb

LATENCY_MILLISECONDS = 100
START = datetime(2026, 5, 1, 16, 0, tzinfo=UTC)
TARGET_SECONDS, TARGET_DATABASE_SECONDS = 5.0, 1.0
CYCLES = 4  # the first enters every park and ride; the others are what happens each ten minutes


def main() -> None:
    """Print one line a cycle, and the floor."""
    with mariadb.server() as socket, _simulator() as url, tempfile.TemporaryDirectory() as state:
        mariadb.execute(socket, "CREATE DATABASE bench")
        engine = database.open_as_it_is(mariadb.url(socket, "bench", "mysqldb"))
        database.migrate(engine)
        held = _HeldConnections(engine)
        for cycle in range(CYCLES):
            held.seconds = 0.0
            summary = _collect(engine, url, Path(state), START + timedelta(minutes=10 * cycle))
            _report(cycle, summary, held.seconds)
        floor = _floor(engine, START)
        print(
            f"floor: its rows by bare executemany {floor:.3f} s; the last cycle's database {held.seconds / floor:.1f} x"
        )


class _HeldConnections:
    """Seconds in which a connection was out of the pool: the database's time, and ours while we hold it up."""

    def __init__(self, engine: Engine) -> None:
        self.seconds = 0.0
        event.listen(engine, "checkout", self._out)
        event.listen(engine, "checkin", self._back)

    def _out(self, _connection: Any, record: Any, _proxy: Any) -> None:
        record.info["out"] = time.perf_counter()

    def _back(self, _connection: Any, record: Any) -> None:
        self.seconds += time.perf_counter() - record.info["out"]


@contextmanager
def _simulator() -> Iterator[str]:
    script = Path(__file__).resolve().parent.parent / "simulate_feed.py"
    command = [sys.executable, str(script), "--port", "0", "--latency", str(LATENCY_MILLISECONDS)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        if process.stdout:
            yield process.stdout.readline().split()[-1]
        process.terminate()


def _collect(engine: Engine, url: str, state: Path, at: datetime) -> Summary:
    given = {"HOS_STATE_DIR": str(state), "HOS_QUEUE_TIMES_REQUESTS_PER_SECOND": "0"}
    given["HOS_QUEUE_TIMES_URL"] = f"{url}/at/{at:%Y-%m-%dT%H:%M:%SZ}"
    loaded = settings.load(given, Path(os.devnull))
    return collect.run(Runtime(loaded, RunContext(), FixedClock(at), engine, at))


def _report(cycle: int, summary: Summary, database_seconds: float) -> None:
    figures = summary.figures
    print(
        f"cycle {cycle + 1}: {figures['parks_ok']:.0f} parks, {figures['rides_seen']:.0f} rides, "
        f"{figures['seconds']:.2f} s (target {TARGET_SECONDS:g}), "
        f"of which database {database_seconds:.2f} s (target {TARGET_DATABASE_SECONDS:g})"
    )


def _floor(engine: Engine, slot: datetime) -> float:
    """Write one cycle's rows again, as bare as can be. Returns seconds."""
    with engines.begin(engine) as conn:
        rows = {table: _rows(conn, table, slot) for table in (polls, readings)}
        for table in rows:
            conn.execute(delete(table).where(table.c.slot == slot))
    started = time.perf_counter()
    with engines.begin(engine) as conn:
        for table, lines in rows.items():
            conn.execute(insert(table), lines)
    return time.perf_counter() - started


def _rows(conn: Connection, table: Table, slot: datetime) -> list[dict[str, Any]]:
    return [dict(row) for row in conn.execute(select(table).where(table.c.slot == slot)).mappings()]


if __name__ == "__main__":
    main()
