"""Runs of the wrapper whose processes are killed at random: `scripts/bench chaos [COUNT] [SEED]`, 1,000 by default."""

import logging
import sys
import time
from contextlib import closing
from pathlib import Path
from random import Random, SystemRandom
from tempfile import TemporaryDirectory

from hallofshame.store import database
from tests import mariadb
from tests.crash_points import Chaos, draw


def main() -> None:
    """Print the seed and every schedule after which something was wrong; exit with 1 when there was one."""
    logging.disable()
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000
    seed = int(sys.argv[2]) if len(sys.argv) > 2 else SystemRandom().randrange(10**9)
    print(f"{count} schedules, seed {seed}", flush=True)
    started = time.monotonic()
    wrong = 0
    with mariadb.server() as server, TemporaryDirectory() as folder:
        mariadb.execute(server, "CREATE DATABASE chaos")
        url = mariadb.url(server, "chaos", "mysqldb")
        opened = database.open_as_it_is(url)
        database.migrate(opened)
        opened.dispose()
        with closing(Chaos(Path(folder), url)) as world:
            calls, random = world.calls(), Random(seed)  # noqa: S311 - to be repeatable, not secret
            for number in range(count):
                schedule = draw(random, calls)
                if complaint := world.play(schedule):
                    wrong += 1
                    print(f"schedule {number}, {schedule}: {complaint}", flush=True)
    print(f"{wrong} of {count} wrong, after {time.monotonic() - started:.0f} s")
    if wrong:
        raise SystemExit(1)


if __name__ == "__main__":
    main()
