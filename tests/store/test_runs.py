"""Runs: one row each, whatever order their records come in."""

from dataclasses import replace
from datetime import timedelta

import pytest

from hallofshame.model import RunState
from hallofshame.store import engine as engines
from hallofshame.store import runs
from hallofshame.store.engine import Engine
from tests.factories import NOON, run

pytestmark = pytest.mark.integration

ENDED = run(
    finished_at=NOON + timedelta(seconds=3),
    duration_seconds=2.25,
    exit_code=0,
    output_bytes=5_000_000_000,
    output_head="\x00é🎢</pre>",
    output_tail="x" * 100_000,
    report={"parks_ok": 85},
)
STARTED = replace(run(), state=RunState.RUNNING)


def test_a_run_comes_back_as_it_went_in(engine: Engine) -> None:
    with engines.begin(engine) as conn:
        runs.record(conn, ENDED)
        assert runs.latest(conn) == [ENDED]


@pytest.mark.parametrize("order", [[STARTED, ENDED], [ENDED, STARTED], [ENDED, ENDED], [STARTED, ENDED, STARTED]])
def test_a_late_start_record_never_undoes_the_end(engine: Engine, order: list[object]) -> None:
    for record in order:
        with engines.begin(engine) as conn:
            runs.record(conn, record)  # type: ignore[arg-type]
    with engines.read(engine) as conn:
        assert runs.latest(conn) == [ENDED]


def test_runs_are_listed_newest_first_and_by_job(engine: Engine) -> None:
    made = [run(f"id-{i}", job="ab"[i % 2], started_at=NOON + timedelta(minutes=i)) for i in range(4)]
    with engines.begin(engine) as conn:
        for each in made:
            runs.record(conn, each)
        assert [r.run_id for r in runs.latest(conn, limit=3)] == ["id-3", "id-2", "id-1"]
        assert [r.run_id for r in runs.latest(conn, "a")] == ["id-2", "id-0"]
