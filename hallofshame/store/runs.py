"""Runs of jobs. The caller owns the transaction."""

import json
from dataclasses import asdict, fields
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import Connection, literal, or_, select

from hallofshame.model import AttemptEnd, Run, RunState
from hallofshame.store.schema import job_runs
from hallofshame.store.upsert import upsert

REASON_LENGTH = 500
RELEASE_LENGTH = 100

LONGEST_RUN = timedelta(days=1)  # so that the index on the start serves for the end, too

_OUTPUT = ("output_head", "output_tail")
_NO_OUTPUT = tuple(literal("").label(name) for name in _OUTPUT)
_FIELDS = tuple(field.name for field in fields(Run))


class Start(NamedTuple):
    """A run as far as its punctuality goes. `attempts` is 0 where its job had not started when it was entered."""

    run_id: str
    job: str
    state: str
    scheduled_at: datetime
    started_at: datetime
    attempts: int


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


def since(conn: Connection, job: str, moment: datetime) -> list[Run]:
    """A job's runs since then, without their output, oldest first."""
    columns = [column for column in job_runs.c if column.name not in _OUTPUT]
    query = select(*columns, *_NO_OUTPUT).where(job_runs.c.job == job, job_runs.c.started_at >= moment)
    return [_run(row) for row in conn.execute(query.order_by(job_runs.c.started_at))]


def ended_between(conn: Connection, after: datetime, until: datetime) -> list[Run]:
    """Every job's runs that ended after the one moment and not after the other, within a day, without their output."""
    columns = [column for column in job_runs.c if column.name not in _OUTPUT]
    query = select(*columns, *_NO_OUTPUT).where(
        job_runs.c.started_at > after - LONGEST_RUN, job_runs.c.finished_at > after, job_runs.c.finished_at <= until
    )
    return [_run(row) for row in conn.execute(query.order_by(job_runs.c.finished_at))]


def starts(conn: Connection, moment: datetime) -> list[Start]:
    """Every job's runs that started since then, or are still running."""
    columns = [job_runs.c[name] for name in Start._fields]
    is_running = job_runs.c.state == RunState.RUNNING.value
    return [
        Start(*row) for row in conn.execute(select(*columns).where(or_(job_runs.c.started_at >= moment, is_running)))
    ]


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


def _run(row: Any) -> Run:
    values = {name: getattr(row, name) for name in _FIELDS}
    read = {
        "state": RunState(row.state),
        "argv": tuple(json.loads(row.argv)),
        "attempt_ends": tuple(AttemptEnd(**each) for each in json.loads(row.attempt_ends or "[]")),
        "report": json.loads(row.report),
    }
    return Run(**values | read)
