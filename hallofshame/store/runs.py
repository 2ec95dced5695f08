"""Runs of jobs. The caller owns the transaction."""

import json
from dataclasses import fields
from typing import Any

from sqlalchemy import Connection, Row, select

from hallofshame.model import Run, RunState
from hallofshame.store.schema import job_runs
from hallofshame.store.upsert import upsert

REASON_LENGTH = 500

_FIELDS = tuple(field.name for field in fields(Run))


def record(conn: Connection, run: Run) -> None:
    """Enter a run. Idempotent: one that is still running never takes the place of its own end."""
    update = () if run.state is RunState.RUNNING else tuple(name for name in _FIELDS if name != "run_id")
    upsert(conn, job_runs, [_row(run)], update=update)


def latest(conn: Connection, job: str | None = None, limit: int = 50) -> list[Run]:
    """The newest runs first, of one job or of all."""
    query = select(job_runs).order_by(job_runs.c.started_at.desc(), job_runs.c.run_id.desc()).limit(limit)
    if job is not None:
        query = query.where(job_runs.c.job == job)
    return [_run(row) for row in conn.execute(query)]


def _row(run: Run) -> dict[str, Any]:
    values = {name: getattr(run, name) for name in _FIELDS}
    reason = run.reason[:REASON_LENGTH] if run.reason else None
    texts = {"argv": json.dumps(run.argv), "report": json.dumps(run.report), "reason": reason}
    return values | {"state": run.state.value} | texts


def _run(row: Row[Any]) -> Run:
    values = {name: getattr(row, name) for name in _FIELDS}
    argv = tuple(json.loads(row.argv))
    return Run(**values | {"state": RunState(row.state), "argv": argv, "report": json.loads(row.report)})
