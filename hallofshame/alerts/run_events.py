"""What the end of a run means for whom it may concern: its state, and what jobs.toml expects of one that succeeded."""

from uuid import UUID, uuid5

from hallofshame.jobs_file import Job
from hallofshame.model import IncidentKind, Run, RunState
from hallofshame.rules import expectations
from hallofshame.rules.incidents import Event

_INCIDENTS = UUID("7d5c2b54-0b0f-4d7e-9d43-5b0f6d1c7a10")  # so that a run judged twice names one incident


def incident_id(*named: str) -> str:
    """The id of the incident that something opens, if it opens one; the same for the same names."""
    return str(uuid5(_INCIDENTS, "/".join(named)))


def event_of(run: Run, job: Job | None) -> Event:
    """What happened to the job, from a run that has ended. A job that jobs.toml does not name has no expectations."""
    kind, detail = _meaning(run, job)
    return Event(
        job=run.job,
        at=run.finished_at or run.started_at,
        kind=kind,
        new_id=incident_id("run", run.run_id),
        run_id=run.run_id,
        detail=detail,
    )


def _meaning(run: Run, job: Job | None) -> tuple[IncidentKind | None, str | None]:
    if run.state is not RunState.SUCCEEDED:
        return IncidentKind(run.state.value), run.reason
    breaches = expectations.broken(job.expectations(), run.report, run.duration_seconds or 0.0) if job else []
    if not breaches:
        return None, None
    return breaches[0].kind, "; ".join(breach.sentence for breach in breaches)
