"""What an alert mail tells besides the incident itself; whatever is not known is left out of the mail."""

from dataclasses import dataclass
from datetime import datetime

from hallofshame.jobs_file import Job
from hallofshame.model import IncidentKind, Run, RunState

ATTACHED_BYTES = 1 << 20  # of a run's log, at most


@dataclass(frozen=True, slots=True)
class Links:
    """Signed links that act on an incident; they expire."""

    acknowledge: str
    snooze: str


@dataclass(frozen=True, slots=True)
class OtherIncident:
    """Something else that is wrong now: a job, what, since when."""

    job: str
    kind: IncidentKind
    since: datetime


@dataclass(frozen=True, slots=True)
class Facts:
    """Of one job's mail. `run` is the newest of the incident, None for what is no run (missed, blind).

    `last_states`: of the newest ten runs, the newest last. `p50_seconds`, `p95_seconds`: of the successful runs of the
    last week. `day_counts`: succeeded, failed and skipped runs of the last 24 hours. `database_problem`: None while it
    answers. `deployed_at`: when the release was first seen. `waiting_mails`: in the outbox, this one not counted.
    """

    host: str
    job: Job | None = None
    run: Run | None = None
    last_success_at: datetime | None = None
    last_states: tuple[RunState, ...] = ()
    p50_seconds: float | None = None
    p95_seconds: float | None = None
    day_counts: tuple[int, int, int] | None = None
    deployed_at: datetime | None = None
    next_due_at: datetime | None = None
    others: tuple[OtherIncident, ...] = ()
    database_problem: str | None = None
    disk_used_percent: int | None = None
    waiting_mails: int = 0
    links: Links | None = None
    full_output: bytes | None = None
