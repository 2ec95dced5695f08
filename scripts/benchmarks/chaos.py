"""Runs whose processes are killed at random, and alerts in a world that breaks: `scripts/bench chaos [COUNT] [SEED]`.

COUNT runs, 1,000 by default, and twice as many histories of alerts.
"""

import logging
import sys
import time
from contextlib import closing, redirect_stderr
from io import StringIO
from pathlib import Path
from random import Random, SystemRandom
from tempfile import TemporaryDirectory

from hallofshame.store import database
from tests import alert_histories, crash_points, mailboxes, mariadb


def main() -> None:
    """Print the seed and everything after which something was wrong; exit with 1 when there was anything."""
    logging.disable()
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000
    seed = int(sys.argv[2]) if len(sys.argv) > 2 else SystemRandom().randrange(10**9)
    print(f"{count} runs and {2 * count} histories, seed {seed}", flush=True)
    wrong = _runs(count, seed) + _histories(2 * count, seed)
    if wrong:
        raise SystemExit(1)


def _runs(count: int, seed: int) -> int:
    """Kill the wrapper or its recorder in each run. Returns how many rows told no truth."""
    started, wrong = time.monotonic(), 0
    with mariadb.server() as server, TemporaryDirectory() as folder:
        mariadb.execute(server, "CREATE DATABASE chaos")
        url = mariadb.url(server, "chaos", "mysqldb")
        opened = database.open_as_it_is(url)
        database.migrate(opened)
        opened.dispose()
        with closing(crash_points.Chaos(Path(folder), url)) as world:
            calls, random = world.calls(), Random(seed)  # noqa: S311 - to be repeatable, not secret
            for number in range(count):
                schedule = crash_points.draw(random, calls)
                wrong += _said(f"run {number}, {schedule}", world.play(schedule))
    print(f"runs: {wrong} of {count} wrong, after {time.monotonic() - started:.0f} s", flush=True)
    return wrong


def _histories(count: int, seed: int) -> int:
    """Live through histories of failing jobs. Returns after how many an alert was lost, or told twice without need."""
    started, wrong, random = time.monotonic(), 0, Random(seed)  # noqa: S311 - to be repeatable, not secret
    for number in range(count):
        steps = alert_histories.draw(random)
        with mailboxes.sendgrid() as stub, TemporaryDirectory() as folder, redirect_stderr(StringIO()):
            wrong += _said(f"history {number}, {steps}", alert_histories.play(Path(folder), steps, stub))
    print(f"histories: {wrong} of {count} wrong, after {time.monotonic() - started:.0f} s")
    return wrong


def _said(what: str, complaint: str | None) -> int:
    if complaint is None:
        return 0
    print(f"{what}: {complaint}", flush=True)
    return 1


if __name__ == "__main__":
    main()
