"""Every run that this host knows of: those in its journal, and those in the database."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from hallofshame import processes
from hallofshame.journal import Journal, run_from_record
from hallofshame.model import RunState
from hallofshame.rules.punctuality import Start
from hallofshame.store import engine, runs
from hallofshame.store.engine import Engine


@dataclass(frozen=True, slots=True)
class KnownRun:
    """A run as far as a watcher goes. `is_running`: its job has started, and as far as is known it goes on.

    `timeout_seconds` is None where only jobs.toml can tell.
    """

    job: str
    start: Start
    is_running: bool
    timeout_seconds: float | None = None


def journalled(state_directory: Path) -> dict[str, KnownRun]:
    """The runs in this host's journal, by id; what cannot be read is left to the flush, which says so."""
    return {run.start.run_id: run for run in _journalled(state_directory)}


def stored(opened: Engine, since: datetime, in_journal: Mapping[str, KnownRun]) -> dict[str, KnownRun]:
    """The same with those in the database that started since then, or still run. Raises Transient or Permanent.

    Of a run that goes on, the journal knows more: the database keeps what it was first told.
    """
    with engine.read(opened) as conn:
        rows = runs.starts(conn, since)
    newer = [row for row in rows if row.run_id not in in_journal or row.state != RunState.RUNNING.value]
    return {**in_journal, **{row.run_id: _of_row(row) for row in newer}}


def _journalled(state_directory: Path) -> Iterator[KnownRun]:
    for entry in Journal(state_directory).entries():
        try:
            run = run_from_record(entry.record)
        except ValueError:
            continue
        goes_on = run.state is RunState.RUNNING and processes.is_alive(run.boot_id, run.pid, run.pid_start_ticks or 0)
        waits = goes_on and not run.attempts
        start = Start(run.run_id, run.scheduled_at, None if waits else run.started_at)
        yield KnownRun(run.job, start, goes_on and not waits, entry.record.get("timeout_seconds"))


def _of_row(row: runs.Start) -> KnownRun:
    """A row that says it waits may have started since: nobody tells the database before the end."""
    is_running = row.state == RunState.RUNNING.value and row.attempts > 0
    return KnownRun(row.job, Start(row.run_id, row.scheduled_at, row.started_at), is_running)
