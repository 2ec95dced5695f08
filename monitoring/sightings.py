"""What a watcher has seen, as events: each with one sentence, and the same id whoever saw it."""

from collections.abc import Sequence
from datetime import datetime

from hallofshame.alerts.run_events import incident_id
from hallofshame.alerts.words import length, some
from hallofshame.clock import to_iso
from hallofshame.model import IncidentKind
from hallofshame.rules.incidents import Event
from hallofshame.rules.punctuality import Blindness, DueTime

from .known_runs import KnownRun

WATCHER = "watch"  # the name that blindness is told of


def missed(job: str, due: DueTime) -> Event:
    """A due time without a run."""
    return Event(
        job=job,
        at=due.deadline,
        kind=IncidentKind.MISSED,
        new_id=_id(IncidentKind.MISSED, job, due.due_at),
        detail=f"due at {_clock(due.due_at)} UTC, and nothing had started by {_clock(due.deadline)}",
    )


def late(job: str, due: DueTime) -> Event:
    """A due time with a run that started after its grace, or waits even then."""
    started_at = due.start.started_at if due.start else None
    what = "still waits for its turn"
    if started_at:
        what = f"started at {_clock(started_at)}, {length((started_at - due.due_at).total_seconds())} later"
    return Event(
        job=job,
        at=started_at or due.deadline,
        kind=IncidentKind.LATE,
        new_id=_id(IncidentKind.LATE, job, due.due_at),
        run_id=due.start.run_id if due.start else None,
        detail=f"due at {_clock(due.due_at)} UTC, and {what}",
    )


def overdue(run: KnownRun, limit_seconds: float, now: datetime) -> Event:
    """A run that its own limit did not end."""
    started_at = run.start.started_at or now
    return Event(
        job=run.job,
        at=now,
        kind=IncidentKind.OVERDUE,
        new_id=incident_id(IncidentKind.OVERDUE.value, run.start.run_id),
        run_id=run.start.run_id,
        detail=f"runs since {_clock(started_at)} UTC, though its limit is {length(limit_seconds)}",
        hangs=True,
    )


def blind(span: Blindness, unknown: Sequence[str]) -> Event:
    """A time in which nobody watched; `unknown` names the job of each due time that nobody can judge."""
    counts = f"{some(len(unknown), 'due time')} of {some(len(set(unknown)), 'job')}"
    known = f"{counts} in that time cannot be judged, no run of theirs is known"
    if not unknown:
        known = "all that was due in that time has run"
    until = f"{span.until:%H:%M}" if span.since.date() == span.until.date() else f"{span.until:%Y-%m-%d %H:%M}"
    lasted = length(span.length.total_seconds())
    return Event(
        job=WATCHER,
        at=span.until,
        kind=IncidentKind.BLIND,
        new_id=_id(IncidentKind.BLIND, WATCHER, span.since),
        detail=f"blind from {span.since:%Y-%m-%d %H:%M} to {until} UTC ({lasted}): {known}",
    )


def _id(kind: IncidentKind, job: str, moment: datetime) -> str:
    return incident_id(kind.value, job, to_iso(moment))


def _clock(moment: datetime) -> str:
    return f"{moment:%H:%M:%S}".removesuffix(":00")
