"""Runs: one row each, whatever order their records come in."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import Connection, insert, text

from hallofshame.model import AttemptEnd, RunState
from hallofshame.store import database, runs
from hallofshame.store import engine as engines
from hallofshame.store.engine import Engine
from hallofshame.store.schema import job_runs
from tests.factories import NOON, run

pytestmark = pytest.mark.integration

ENDED = run(
    finished_at=NOON + timedelta(seconds=3),
    duration_seconds=2.25,
    lateness_seconds=1.0,
    release="20260501-abc",
    pid_start_ticks=5_000_000_000,
    exit_code=0,
    attempts=2,
    attempt_ends=(AttemptEnd(137, "SIGKILL", 1.5), AttemptEnd(0, None, 0.5)),
    minor_faults=5_000_000_000,
    major_faults=0,
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


SINCE_0003 = ("lateness_seconds", "release", "pid_start_ticks", "attempt_ends", "minor_faults", "major_faults")


def as_before_0003(conn: Connection, *, without: tuple[str, ...] = SINCE_0003) -> None:
    for name in without:
        conn.execute(text(f"ALTER TABLE job_runs DROP COLUMN `{name}`"))
    conn.execute(text("UPDATE alembic_version SET version_num = '0002'"))


def row_as_before_0003() -> dict[str, object]:
    return {name: value for name, value in runs._row(run()).items() if name not in SINCE_0003}


def test_a_row_from_before_a_migration_is_read_after_it(engine: Engine) -> None:
    with engines.begin(engine) as conn:
        as_before_0003(conn)
        conn.execute(insert(job_runs), row_as_before_0003())
    database.migrate(engine)
    with engines.read(engine) as conn:
        assert runs.latest(conn) == [run()]


def test_a_migration_that_broke_off_between_two_columns_goes_on(engine: Engine) -> None:
    with engines.begin(engine) as conn:
        as_before_0003(conn, without=SINCE_0003[1:])
    database.migrate(engine)
    with engines.begin(engine) as conn:
        runs.record(conn, ENDED)
        assert runs.latest(conn) == [ENDED]


def test_the_release_before_still_writes_its_rows(engine: Engine) -> None:
    with engines.begin(engine) as conn:
        conn.execute(insert(job_runs), row_as_before_0003())
        assert runs.latest(conn) == [run()]


def test_a_release_of_any_length_is_entered(engine: Engine) -> None:
    with engines.begin(engine) as conn:
        runs.record(conn, replace(run(), release="r" * 1_000))
        assert runs.latest(conn)[0].release == "r" * runs.RELEASE_LENGTH
