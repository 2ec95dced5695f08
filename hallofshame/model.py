"""The values that travel between the layers: frozen, without behaviour, without I/O."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum

ZONE_AS_LISTED = "queue-times"  # where a park's zone is the one that parks.json gives


@dataclass(frozen=True, slots=True)
class Park:
    """A park as parks.json lists it, corrected by the override file. `timezone` is an IANA name."""

    park_id: int
    name: str
    operator_id: int
    operator: str
    country: str
    continent: str
    latitude: float | None
    longitude: float | None
    timezone: str
    timezone_source: str = ZONE_AS_LISTED


class RideState(Enum):
    """What one reading says about a ride (domain page, 4.1)."""

    OPEN = "open"
    CLOSED = "closed"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Reading:
    """One ride in one payload. `wait_minutes` is None where none was reported or it was discarded."""

    ride_id: int
    name: str
    is_open: bool
    wait_minutes: int | None
    last_updated: datetime | None
    land: str | None = None


@dataclass(frozen=True, slots=True)
class Issue:
    """Something in the data that a person should know. `subject` is `park:6`, `ride:12` or `feed`."""

    kind: str
    subject: str
    detail: str


@dataclass(frozen=True, slots=True)
class Payload:
    """A park's readings, one a ride, and what was odd about them."""

    readings: tuple[Reading, ...]
    issues: tuple[Issue, ...] = ()


class PollOutcome(Enum):
    """How asking one park for its readings ended. Only `OK` has readings; `CUT_OFF`: the cycle's time was over."""

    OK = "ok"
    TIMED_OUT = "timed_out"
    UNREACHABLE = "unreachable"
    HTTP_ERROR = "http_error"
    BAD_BODY = "bad_body"
    CUT_OFF = "cut_off"


@dataclass(frozen=True, slots=True)
class Poll:
    """One row of the poll log: who was asked for which slot, when, and what came."""

    park_id: int
    slot: datetime
    polled_at: datetime
    outcome: PollOutcome
    http_status: int | None = None
    duration_milliseconds: int = 0
    reason: str | None = None


class RunState(Enum):
    """How a run of a job stands (wrapper page). `NOT_STARTED`: the command could not be executed."""

    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    TIMED_OUT = "timed_out"
    INTERRUPTED = "interrupted"
    SKIPPED = "skipped"
    LOST = "lost"
    NOT_STARTED = "not_started"


class IncidentKind(Enum):
    """What is wrong with a job (wrapper page). `OVERDUE`: a run outlives its own limit; `BLIND`: the watcher was."""

    FAILED = "failed"
    TIMED_OUT = "timed_out"
    INTERRUPTED = "interrupted"
    NOT_STARTED = "not_started"
    LOST = "lost"
    SKIPPED = "skipped"
    TOO_FAST = "too_fast"
    TOO_SLOW = "too_slow"
    EXPECTATION = "expectation"
    MISSED = "missed"
    LATE = "late"
    OVERDUE = "overdue"
    BLIND = "blind"
    UNDELIVERABLE = "undeliverable"


@dataclass(frozen=True, slots=True)
class AttemptEnd:
    """How one attempt of a run ended. `exit_code` is 128+n for signal n, None where it could not be stopped."""

    exit_code: int | None
    signal: str | None
    duration_seconds: float


@dataclass(frozen=True, slots=True)
class Run:
    """One run of one job. Moments are aware UTC, lengths are by the monotonic clock but for the lateness.

    `pid_start_ticks` tells the process from a later one with its pid. `output_head` and `output_tail` are decoded and
    redacted; the counts are exact.
    """

    run_id: str
    job: str
    state: RunState
    host: str
    boot_id: str
    pid: int
    argv: tuple[str, ...]
    scheduled_at: datetime
    started_at: datetime
    lateness_seconds: float | None = None
    release: str | None = None
    pid_start_ticks: int | None = None
    finished_at: datetime | None = None
    duration_seconds: float | None = None
    exit_code: int | None = None
    signal: str | None = None
    attempts: int = 1
    attempt_ends: tuple[AttemptEnd, ...] = ()
    cpu_seconds: float | None = None
    minor_faults: int | None = None
    major_faults: int | None = None
    peak_memory_bytes: int | None = None
    output_bytes: int = 0
    output_lines: int = 0
    output_head: str = ""
    output_tail: str = ""
    leftover: bool = False
    report: dict[str, float] = field(default_factory=dict)
    reason: str | None = None
