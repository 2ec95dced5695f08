"""Whatever is killed, and whenever, each run is one row that tells the truth, and nothing of it is left."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from random import Random

import pytest

from hallofshame.store import database
from tests.crash_points import Chaos, draw

pytestmark = [pytest.mark.integration, pytest.mark.deployment]

SEED, SCHEDULES = 20261122, 100


@pytest.fixture
def world(tmp_path: Path, mariadb_url: str) -> Iterator[Chaos]:
    opened = database.open_as_it_is(mariadb_url)
    database.migrate(opened)
    opened.dispose()
    with closing(Chaos(tmp_path, mariadb_url)) as world:
        yield world


def test_killed_before_any_system_call_a_run_is_one_true_row(world: Chaos) -> None:
    calls, random = world.calls(), Random(SEED)  # noqa: S311 - to be repeatable, not secret
    for number in range(SCHEDULES):
        schedule = draw(random, calls)
        wrong = world.play(schedule)
        assert wrong is None, f"seed {SEED}, schedule {number}, {schedule}: {wrong}"
