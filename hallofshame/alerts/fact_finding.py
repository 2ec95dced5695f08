"""Gathers what an alert mail tells besides its incident: from the run, jobs.toml, the database when it answers."""

import logging
import os
import shutil
import socket
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from hallofshame import deploys, output_logs
from hallofshame.alerts import ack_links
from hallofshame.alerts.facts import ATTACHED_BYTES, Facts, Links, OtherIncident
from hallofshame.errors import HallOfShameError
from hallofshame.jobs_file import Job
from hallofshame.model import Run, RunState
from hallofshame.rules.alerting import Alerts, Telling
from hallofshame.settings import Settings
from hallofshame.store import engine, runs
from hallofshame.store.engine import Engine

LAST_RUNS, USUAL_DAYS, LINKS_LAST = 10, timedelta(days=7), timedelta(days=7)

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What is known when a mail is written. `fresh_runs` may not be in the database yet; `database` is None then."""

    settings: Settings
    jobs: Mapping[str, Job]
    alerts: Alerts
    now: datetime
    database: Engine | None = None
    database_problem: str | None = None
    fresh_runs: Mapping[str, Run] = field(default_factory=dict)
    waiting_mails: int = 0


def gather(telling: Telling, known: Surroundings) -> Facts:
    """Everything that can be found out now for one mail."""
    job = _with_runbook_to_open(known.jobs.get(telling.job or ""), known.settings)
    past = _past(telling.job, known) if telling.job else _Past()
    run = past.run_of(telling.incident.run_id) if telling.incident else None
    return Facts(
        host=socket.gethostname(),
        job=job,
        run=run,
        last_success_at=known.alerts.jobs[telling.job].last_success_at if telling.job else None,
        last_states=past.last_states,
        p50_seconds=past.quantile(0.5),
        p95_seconds=past.quantile(0.95),
        day_counts=past.day_counts,
        deployed_at=_deployed_at(past),
        next_due_at=job.next_due(known.now) if job else None,
        others=_others(telling, known.alerts),
        database_problem=known.database_problem,
        disk_used_percent=_disk_used_percent(known.settings.state_dir),
        waiting_mails=known.waiting_mails,
        links=_links(telling, known),
        full_output=_full_output(known.settings.state_dir, run),
    )


def _with_runbook_to_open(job: Job | None, loaded: Settings) -> Job | None:
    """A runbook beside jobs.toml as an address a mail program opens, else as the file of this host that it is."""
    if job is None or "://" in job.runbook:
        return job
    place = loaded.docs_url or loaded.jobs_file.absolute().parent
    return job.model_copy(update={"runbook": f"{place}/{job.runbook}"})


@dataclass(frozen=True, slots=True)
class _Past:
    """A job's runs of the last week, oldest first."""

    runs: tuple[Run, ...] = ()
    now: datetime | None = None

    @property
    def last_states(self) -> tuple[RunState, ...]:
        return tuple(run.state for run in self.runs if run.state is not RunState.RUNNING)[-LAST_RUNS:]

    @property
    def day_counts(self) -> tuple[int, int, int] | None:
        if self.now is None:
            return None
        states = [run.state for run in self.runs if run.started_at > self.now - timedelta(days=1)]
        good, skipped = states.count(RunState.SUCCEEDED), states.count(RunState.SKIPPED)
        return good, len(states) - good - skipped - states.count(RunState.RUNNING), skipped

    @property
    def release_since(self) -> datetime | None:
        """When the newest run's release was first seen; None where it has always been this one."""
        if not self.runs or self.runs[-1].release is None:
            return None
        same = [run for run in self.runs if run.release == self.runs[-1].release]
        return same[0].started_at if len(same) < len(self.runs) else None

    def run_of(self, run_id: str | None) -> Run | None:
        return next((run for run in self.runs if run.run_id == run_id), None)

    def quantile(self, share: float) -> float | None:
        lengths = sorted(
            run.duration_seconds
            for run in self.runs
            if run.state is RunState.SUCCEEDED and run.duration_seconds is not None
        )
        return lengths[min(int(share * len(lengths)), len(lengths) - 1)] if lengths else None


def _deployed_at(past: _Past) -> datetime | None:
    """When the release of the newest run came: as it was recorded, else as this job's runs have seen it."""
    release = past.runs[-1].release if past.runs else None
    return (deploys.kept_at(release) if release else None) or past.release_since


def _past(job: str, known: Surroundings) -> _Past:
    stored = _stored(job, known)
    fresh = {run_id: run for run_id, run in known.fresh_runs.items() if run.job == job}
    in_order = sorted(((stored or {}) | fresh).values(), key=lambda run: run.run_id)
    return _Past(tuple(in_order), None if stored is None else known.now)


def _stored(job: str, known: Surroundings) -> dict[str, Run] | None:
    """The job's runs in the database by their id; None where it does not answer."""
    if known.database is None:
        return None
    try:
        with engine.read(known.database) as conn:
            return {run.run_id: run for run in runs.since(conn, job, known.now - USUAL_DAYS)}
    except HallOfShameError as error:
        log.warning("a mail is written without the runs of the last days: %s", error)
        return None


def _others(telling: Telling, alerts: Alerts) -> tuple[OtherIncident, ...]:
    return tuple(
        OtherIncident(job, state.incident.kind, state.incident.opened_at)
        for job, state in sorted(alerts.jobs.items())
        if state.incident is not None and job != telling.job
    )


def _disk_used_percent(folder: Path) -> int | None:
    try:
        disk = shutil.disk_usage(folder)
    except OSError:
        return None
    return round(100 * disk.used / disk.total)


def _links(telling: Telling, known: Surroundings) -> Links | None:
    key = known.settings.signing_key
    if key is None or telling.incident is None:
        return None
    expires_at, site = known.now + LINKS_LAST, known.settings.site_url
    token = {
        action: ack_links.make(key.get_secret_value(), action, telling.incident.incident_id, expires_at)
        for action in ("acknowledge", "snooze")
    }
    return Links(f"{site}/ack/{token['acknowledge']}", f"{site}/ack/{token['snooze']}")


def _full_output(state_directory: Path, run: Run | None) -> bytes | None:
    """The log of a long output; a short one stands whole in the mail."""
    if run is None:
        return None
    path = Path(output_logs.path(os.fspath(state_directory), run.job, run.run_id))
    try:
        with path.open("rb") as file:
            return file.read(ATTACHED_BYTES)
    except OSError:
        return None
