"""Runs of jobs. The caller owns the transaction."""

import json
from dataclasses import asdict, fields
from typing import Any

from sqlalchemy import Connection, Row, select

from hallofshame.model import AttemptEnd, Run, RunState
from hallofshame.store.schema import job_runs
from hallofshame.store.upsert import upsert

REASON_LENGTH = 500
RELEASE_LENGTH = 100

_FIELDS = tuple(field.name for field in fields(Run))


def record(conn: Connection, run: Run) -> None:
    """Enter a run. Idempotent: one that is still running, or seems lost, never takes the place of its own end."""
    if run.state is RunState.LOST and _is_ended(conn, run.run_id):
        return
    update = () if run.state is RunState.RUNNING else tuple(name for name in _FIELDS if name != "run_id")
    upsert(conn, job_runs, [_row(run)], update=update)


def unfinished(conn: Connection, host: str) -> list[Run]:
    """The runs of a host that were still running when last heard of, oldest first."""
    is_running = (job_runs.c.state == RunState.RUNNING.value, job_runs.c.host == host)
    query = select(job_runs).where(*is_running).order_by(job_runs.c.run_id)
    return [_run(row) for row in conn.execute(query)]


def latest(conn: Connection, job: str | None = None, limit: int = 50) -> list[Run]:
    """The newest runs first, of one job or of all."""
    query = select(job_runs).order_by(job_runs.c.started_at.desc(), job_runs.c.run_id.desc()).limit(limit)
    if job is not None:
        query = query.where(job_runs.c.job == job)
    return [_run(row) for row in conn.execute(query)]


def _is_ended(conn: Connection, run_id: str) -> bool:
    """The row is locked until the transaction ends."""
    state = conn.execute(select(job_runs.c.state).where(job_runs.c.run_id == run_id).with_for_update()).scalar()
    return state not in {None, RunState.RUNNING.value}


def _row(run: Run) -> dict[str, Any]:
    values = {name: getattr(run, name) for name in _FIELDS}
    reason = run.reason[:REASON_LENGTH] if run.reason else None
    release = run.release[:RELEASE_LENGTH] if run.release else None
    texts = {"argv": json.dumps(run.argv), "report": json.dumps(run.report), "reason": reason, "release": release}
    attempt_ends = json.dumps([asdict(each) for each in run.attempt_ends])
    return values | {"state": run.state.value, "attempt_ends": attempt_ends} | texts


def _run(row: Row[Any]) -> Run:
    values = {name: getattr(row, name) for name in _FIELDS}
    read = {
        "state": RunState(row.state),
        "argv": tuple(json.loads(row.argv)),
        "attempt_ends": tuple(AttemptEnd(**each) for each in json.loads(row.attempt_ends or "[]")),
        "report": json.loads(row.report),
    }
    return Run(**values | read)
