"""What becomes of a job's incident when something happens to the job, and whether that is told. Pure.

An incident opens, may change its kind, is reminded of, may flap, and ends. Each step is one Decision, which is its own
reason. Storms and the budget of mails, which concern many jobs, are decided in `alerting`.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import Enum
from itertools import pairwise

from hallofshame.model import IncidentKind

OUTCOMES_KEPT = 20
FLAPS_AT_CHANGES = 3  # of outcome, within the runs that are kept
STABLE_RUNS = 10  # of one outcome end the flapping
SKIPS_TOLERATED = 2  # in a row: the run before takes its time now and then


class Decision(Enum):
    """What was decided about a mail, and why."""

    OPENED = "as many failures in a row as are told"
    KIND_CHANGED = "it fails in a way that was not told yet"
    REMINDED = "it lasts, and nobody has acknowledged it"
    FLAPPED = "its outcome changes again and again"
    SETTLED = "its outcome has become stable after it flapped"
    RECOVERED = "as many successes in a row as end an incident"

    QUIET = "a success, and nothing is wrong"
    BELOW_THRESHOLD = "fewer failures in a row than are told"
    TOLERATED_SKIP = "the run before may take its time now and then"
    KNOWN = "the same failure as was told"
    RECOVERING = "fewer successes in a row than end an incident"
    STILL_FLAPPING = "it flaps, which was told"
    ANOTHER_RUN_HANGS = "a success of one run does not end another that hangs"
    RECOVERED_UNTOLD = "it ended before anybody was told"
    ACKNOWLEDGED = "somebody has acknowledged it"
    SNOOZED = "snoozed by an operator"
    NOT_DUE = "the next reminder is not due"
    IN_STORM = "told with its storm"
    MUTED = "muted by an operator"
    MAINTENANCE = "within a maintenance window"
    OVER_BUDGET = "more mails than an hour has room for: told in a digest"


TOLD = frozenset(
    (Decision.OPENED, Decision.KIND_CHANGED, Decision.REMINDED, Decision.FLAPPED, Decision.SETTLED, Decision.RECOVERED)
)


@dataclass(frozen=True, slots=True)
class Policy:
    """What `jobs.toml` says of telling about a job; the defaults are those of a job that it does not name."""

    alert_after: int = 1
    recover_after: int = 1
    reminders: tuple[timedelta, ...] = (timedelta(hours=1), timedelta(hours=4), timedelta(hours=24))


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened to a job. `kind` is None for a run that did what it should; `detail` is one sentence.

    `new_id` names the incident that this may open. `hangs`: the run goes on, and only its own end ends that.
    """

    job: str
    at: datetime
    kind: IncidentKind | None
    new_id: str
    run_id: str | None = None
    detail: str | None = None
    hangs: bool = False


@dataclass(frozen=True, slots=True)
class Incident:
    """What is wrong with a job, from its first failure on. `told` counts its mails; moments are aware UTC."""

    incident_id: str
    kind: IncidentKind
    opened_at: datetime
    failures: int
    run_id: str | None = None
    detail: str | None = None
    told: int = 0
    told_kinds: tuple[IncidentKind, ...] = ()
    told_at: datetime | None = None
    reminders: int = 0
    next_reminder_at: datetime | None = None
    acknowledged_at: datetime | None = None
    snoozed_until: datetime | None = None
    storm_id: str | None = None
    hanging_run_id: str | None = None
    is_flapping: bool = False


@dataclass(frozen=True, slots=True)
class JobState:
    """What is known of a job. `outcomes`: S and F of its newest runs, the newest last; `in_a_row`: like the newest."""

    outcomes: str = ""
    in_a_row: int = 0
    skips: int = 0
    last_success_at: datetime | None = None
    first_failure_at: datetime | None = None
    incident: Incident | None = None
    muted_until: datetime | None = None


Step = tuple[JobState, Decision]


def step(before: JobState, event: Event, policy: Policy) -> Step:
    """What an event makes of a job's state. Whether a decision that is told becomes a mail is not decided here."""
    if event.kind is IncidentKind.SKIPPED and before.skips < SKIPS_TOLERATED:
        return replace(before, skips=before.skips + 1), Decision.TOLERATED_SKIP
    state = _count(before, event)
    if event.kind is None:
        return _after_success(state, event, policy)
    return _after_failure(state, event, event.kind, policy)


def remind(state: JobState, now: datetime) -> Decision | None:
    """Tell whether a reminder of the job's incident is due now; None where nothing is open or nothing was told."""
    incident = state.incident
    if incident is None or incident.told == 0 or incident.is_flapping:
        return None
    # Rule: who has acknowledged is not reminded, but will be told of the recovery.
    if incident.acknowledged_at is not None:
        return Decision.ACKNOWLEDGED
    # Rule: a snooze ends by itself, and what fell due meanwhile is told then.
    if incident.snoozed_until is not None and now < incident.snoozed_until:
        return Decision.SNOOZED
    if incident.next_reminder_at is None or now < incident.next_reminder_at:
        return Decision.NOT_DUE
    return Decision.REMINDED


def told(incident: Incident, decision: Decision, policy: Policy, now: datetime) -> Incident:
    """The incident once a mail about it has been decided."""
    reminders = incident.reminders + (decision is Decision.REMINDED)
    # Rule: reminders are counted from the first mail, the last length comes again and again.
    return replace(
        incident,
        told=incident.told + 1,
        told_kinds=tuple(dict.fromkeys((*incident.told_kinds, incident.kind))),
        told_at=incident.told_at or now,
        reminders=reminders,
        next_reminder_at=_reminder_at(incident.told_at or now, reminders, policy, now),
    )


def _reminder_at(first: datetime, number: int, policy: Policy, now: datetime) -> datetime | None:
    lengths = policy.reminders
    if not lengths:
        return None
    if number < len(lengths):
        return max(first + lengths[number], now + lengths[0])
    return now + lengths[-1]


def _count(before: JobState, event: Event) -> JobState:
    letter = "S" if event.kind is None else "F"
    is_like = before.outcomes.endswith(letter)
    first_failure_at = (before.first_failure_at if is_like else event.at) if letter == "F" else before.first_failure_at
    return replace(
        before,
        outcomes=(before.outcomes + letter)[-OUTCOMES_KEPT:],
        in_a_row=before.in_a_row + 1 if is_like else 1,
        skips=before.skips + 1 if event.kind is IncidentKind.SKIPPED else 0,
        last_success_at=event.at if letter == "S" else before.last_success_at,
        first_failure_at=first_failure_at,
    )


def _after_failure(state: JobState, event: Event, kind: IncidentKind, policy: Policy) -> Step:
    incident = state.incident
    if incident is None:
        # Rule: the failure number alert_after in a row opens the incident, which began with the first of them.
        if state.in_a_row < policy.alert_after:
            return state, Decision.BELOW_THRESHOLD
        opened = _opened(state, event, kind)
        if _flaps(state):
            return replace(state, incident=replace(opened, is_flapping=True)), Decision.FLAPPED
        return replace(state, incident=opened), Decision.OPENED
    went_on = replace(
        incident,
        kind=kind,
        failures=incident.failures + 1,
        run_id=event.run_id,
        detail=event.detail,
        hanging_run_id=_hanging(incident, event),
    )
    state = replace(state, incident=went_on)
    if incident.is_flapping:
        return _settle(state)
    # Rule: a kind that this incident has not been told of yet is news; going back to one is not.
    return state, Decision.KNOWN if kind in incident.told_kinds or not incident.told else Decision.KIND_CHANGED


def _after_success(state: JobState, event: Event, policy: Policy) -> Step:
    incident = state.incident
    if incident is None:
        return state, Decision.QUIET
    # Rule: a run that hangs is over with its own end, whatever other runs of its job do meanwhile.
    hanging = _hanging(incident, event)
    state = replace(state, incident=replace(incident, hanging_run_id=hanging))
    if hanging is not None:
        return state, Decision.ANOTHER_RUN_HANGS
    if incident.is_flapping:
        return _settle(state)
    # Rule: the success number recover_after in a row ends the incident.
    if state.in_a_row < policy.recover_after:
        return state, Decision.RECOVERING
    # Rule: at the third change of outcome the mail then due says so, and the incident stays open.
    if _flaps(state):
        return replace(state, incident=replace(incident, is_flapping=True)), Decision.FLAPPED
    return replace(state, incident=None), Decision.RECOVERED if incident.told else Decision.RECOVERED_UNTOLD


def _settle(state: JobState) -> Step:
    """Rule: what flaps is quiet until ten runs in a row had one outcome; then one mail says which."""
    if state.in_a_row < STABLE_RUNS or state.incident is None:
        return state, Decision.STILL_FLAPPING
    is_over = state.outcomes.endswith("S")
    incident = None if is_over else replace(state.incident, is_flapping=False)
    return replace(state, incident=incident, outcomes=state.outcomes[-1]), Decision.SETTLED


def _flaps(state: JobState) -> bool:
    return sum(one != other for one, other in pairwise(state.outcomes)) >= FLAPS_AT_CHANGES


def _opened(state: JobState, event: Event, kind: IncidentKind) -> Incident:
    return Incident(
        incident_id=event.new_id,
        kind=kind,
        opened_at=state.first_failure_at or event.at,
        failures=state.in_a_row,
        run_id=event.run_id,
        detail=event.detail,
        hanging_run_id=event.run_id if event.hangs else None,
    )


def _hanging(incident: Incident, event: Event) -> str | None:
    if event.hangs:
        return event.run_id
    return None if event.run_id == incident.hanging_run_id else incident.hanging_run_id
