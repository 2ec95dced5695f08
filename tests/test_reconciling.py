"""A run whose wrapper is gone is told as lost, once, and nothing that did end is ever called so."""

import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from hallofshame import processes, reconciling, replay, settings
from hallofshame.clock import SystemClock, to_iso
from hallofshame.journal import Journal
from hallofshame.model import Run, RunState
from hallofshame.settings import Settings
from hallofshame.store import database, runs
from hallofshame.store import engine as engines
from tests import factories
from tests.clocks import StepClock
from tests.factories import NOON

pytestmark = pytest.mark.integration

RUN_ID = "0192f3a4-7c1e-7000-8000-000000000001"
GONE = {"pid": 1 << 22, "pid_start_ticks": 1}  # above any pid there can be
LIVING = {"pid": os.getpid(), "pid_start_ticks": processes.start_ticks(os.getpid())}


def loaded(state: Path) -> Settings:
    return settings.load({"HOS_STATE_DIR": str(state)}, state / "no-env-file")


def begun(**fields: Any) -> dict[str, Any]:
    same = {"run_id": RUN_ID, "job": "collect", "state": "running", "host": os.uname().nodename, "argv": ["true"]}
    moments = {"scheduled_at": to_iso(NOON), "started_at": to_iso(NOON)}
    return same | moments | {"boot_id": processes.boot_id()} | GONE | fields


def stored(given: Settings) -> list[Run]:
    with opened(given) as engine, engines.read(engine) as conn:
        return runs.latest(conn)


@contextmanager
def opened(given: Settings) -> Iterator[engines.Engine]:
    engine = database.open_ready(given.database_url.get_secret_value())
    try:
        yield engine
    finally:
        engine.dispose()


@pytest.mark.parametrize(
    ("fields", "reason"),
    [({}, f"its wrapper (pid {1 << 22}) was killed"), (LIVING | {"boot_id": "another"}, "the host was restarted")],
)
def test_a_run_whose_wrapper_is_gone_is_lost(fields: dict[str, Any], reason: str, tmp_path: Path) -> None:
    Journal(tmp_path).append(begun(**fields))
    (tmp_path / "reports").mkdir()
    (tmp_path / "reports" / f"{RUN_ID}.json").touch()
    replay.flush(loaded(tmp_path))
    [run] = stored(loaded(tmp_path))
    assert (run.state, run.exit_code, run.reason) == (RunState.LOST, None, reason)
    assert run.finished_at is not None
    assert Journal(tmp_path).entries() == []
    assert list((tmp_path / "reports").iterdir()) == []


def test_a_run_whose_wrapper_lives_is_left_alone(tmp_path: Path) -> None:
    Journal(tmp_path).append(begun(**LIVING))
    replay.flush(loaded(tmp_path))
    assert [run.state for run in stored(loaded(tmp_path))] == [RunState.RUNNING]
    assert len(Journal(tmp_path).entries()) == 1


def test_a_wrapper_that_ends_between_two_looks_is_not_called_lost(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    journal = Journal(tmp_path)
    journal.append(begun())
    is_alive = processes.is_alive

    def end_meanwhile(boot: str, pid: int, ticks: int) -> bool:
        journal.append(begun(state="succeeded", finished_at=to_iso(NOON), exit_code=0))
        return is_alive(boot, pid, ticks)

    monkeypatch.setattr(processes, "is_alive", end_meanwhile)
    reconciling.end_lost(tmp_path, SystemClock())
    [entry] = journal.entries()
    assert entry.record["state"] == "succeeded"


@pytest.mark.parametrize("stubborn", [False, True])
def test_what_a_lost_run_left_running_is_ended(stubborn: bool, tmp_path: Path) -> None:
    Journal(tmp_path).append(begun())
    trap = "trap '' TERM;" if stubborn else ""
    script = f"{trap} echo ready; while :; do sleep 0.01; done"
    left = subprocess.Popen(
        ["sh", "-c", script], env=os.environ | {"HOS_RUN_ID": RUN_ID}, stdout=subprocess.PIPE, start_new_session=True
    )
    with left:
        assert left.stdout
        assert left.stdout.readline() == b"ready\n"
        os.kill(left.pid, signal.SIGSTOP)
        reconciling.end_lost(tmp_path, StepClock())
        assert left.wait(10) in {-signal.SIGTERM, -signal.SIGKILL}
    [entry] = Journal(tmp_path).entries()
    assert entry.record["reason"].endswith(" of its processes were still running, and were stopped")
    assert processes.of_run(RUN_ID) == []


def test_an_end_in_the_database_is_not_overwritten(tmp_path: Path) -> None:
    """The journal took the start, and not the end: that was handed over."""
    given = loaded(tmp_path)
    with opened(given) as engine, engines.begin(engine) as conn:
        runs.record(conn, factories.run(RUN_ID, state=RunState.FAILED, exit_code=3))
    Journal(tmp_path).append(begun())
    replay.flush(given)
    assert [(run.state, run.exit_code) for run in stored(given)] == [(RunState.FAILED, 3)]
    assert Journal(tmp_path).entries() == []


def test_a_lost_run_that_only_the_database_knows_is_found(tmp_path: Path) -> None:
    given, host = loaded(tmp_path), os.uname().nodename
    elsewhere, another = RUN_ID[:-1] + "2", RUN_ID[:-1] + "3"
    with opened(given) as engine, engines.begin(engine) as conn:
        runs.record(conn, factories.run(RUN_ID, state=RunState.RUNNING, host=host))
        runs.record(conn, factories.run(elsewhere, state=RunState.RUNNING, host="another"))
        living = {"host": host, "boot_id": processes.boot_id()} | LIVING
        runs.record(conn, factories.run(another, state=RunState.RUNNING, **living))
    Journal(tmp_path).append(begun(run_id=RUN_ID[:-1] + "4", **LIVING))
    replay.flush(given)
    replay.flush(given)
    assert {run.run_id[-1]: run.state for run in stored(given)} == {
        "1": RunState.LOST,
        "2": RunState.RUNNING,
        "3": RunState.RUNNING,
        "4": RunState.RUNNING,
    }


@pytest.mark.parametrize(("age", "kept"), [(timedelta(minutes=59), True), (timedelta(minutes=61), False)])
def test_a_file_without_a_whole_line_goes_when_its_wrapper_cannot_be_writing_it(
    age: timedelta, kept: bool, tmp_path: Path
) -> None:
    journal = Journal(tmp_path)
    path = Path(journal.directory, f"{RUN_ID}.jsonl")
    path.parent.mkdir()
    path.write_text('{"run_id":', encoding="utf8")
    written_at = (NOON - age).timestamp()
    os.utime(path, (written_at, written_at))
    reconciling.end_lost(tmp_path, StepClock())
    assert path.exists() == kept
