"""What becomes of a job's incident when something happens to the job, and whether that is told. Pure.

An incident opens, may change its kind, is reminded of, may flap, and ends. Each step is one Decision, which is its own
reason. An incident knows what was told of it, so that what was held back is told later. Storms and the budget of
mails, which concern many jobs, are decided in `alerting`.
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
ANNOUNCEMENTS = frozenset((IncidentKind.BLIND,))  # told once, and over at once


class Decision(Enum):
    """What was decided about a mail, and why."""

    OPENED = "as many failures in a row as are told"
    KIND_CHANGED = "it fails in a way that was not told yet"
    REMINDED = "it lasts, and nobody has acknowledged it"
    FLAPPED = "its outcome changes again and again"
    SETTLED = "its outcome has become stable after it flapped"
    RECOVERED = "as many successes in a row as end an incident"
    ANNOUNCED = "it is over when it is told"

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
    (
        Decision.OPENED,
        Decision.KIND_CHANGED,
        Decision.REMINDED,
        Decision.FLAPPED,
        Decision.SETTLED,
        Decision.RECOVERED,
        Decision.ANNOUNCED,
    )
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
    """What is wrong with a job, from its first failure on. Moments are aware UTC.

    `told` counts its own mails; `told_kinds` and `is_told_flapping` are what was told, also by a storm's or a digest.
    """

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
    hanging_runs: tuple[str, ...] = ()
    is_flapping: bool = False
    is_told_flapping: bool = False


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
    # Rule: a run that gives way to the one before it is no failure, unless that happens again and again.
    if event.kind is IncidentKind.SKIPPED and before.skips < SKIPS_TOLERATED:
        return replace(before, skips=before.skips + 1), Decision.TOLERATED_SKIP
    state = _count(before, event)
    if event.kind is None:
        return _after_success(state, event, policy)
    return _after_failure(state, event, event.kind, policy)


def due(state: JobState, now: datetime) -> Decision | None:
    """What is to be told now of an incident that lasts, or why nothing is; None where nothing is wrong."""
    incident = state.incident
    if incident is None:
        return None
    if news := _news(incident):
        return news
    if incident.is_flapping:
        return Decision.STILL_FLAPPING
    if hush := hushed(incident, now):
        return hush
    if incident.next_reminder_at is None or now < incident.next_reminder_at:
        return Decision.NOT_DUE
    return Decision.FLAPPED if _flaps(state) else Decision.REMINDED


def hushed(incident: Incident, now: datetime) -> Decision | None:
    """Why nobody wants to be reminded of the incident; None when somebody may."""
    # Rule: who has acknowledged is not reminded, but will be told of the recovery.
    if incident.acknowledged_at is not None:
        return Decision.ACKNOWLEDGED
    # Rule: a snooze ends by itself, and what fell due meanwhile is told then.
    if incident.snoozed_until is not None and now < incident.snoozed_until:
        return Decision.SNOOZED
    return None


def told(incident: Incident, decision: Decision, policy: Policy, now: datetime, *, by_own_mail: bool) -> Incident:
    """The incident once it is told: by a mail of its own, or by that of a storm or a digest."""
    is_flapping = incident.is_flapping or decision is Decision.FLAPPED
    marked = replace(
        incident,
        told=incident.told + by_own_mail,
        told_kinds=tuple(dict.fromkeys((*incident.told_kinds, incident.kind))),
        told_at=incident.told_at or now,
        reminders=incident.reminders + (decision is Decision.REMINDED),
        is_flapping=is_flapping,
        is_told_flapping=is_flapping,
    )
    return awaiting_reminder(marked, policy, now)


def awaiting_reminder(incident: Incident, policy: Policy, now: datetime) -> Incident:
    """The incident with the moment of its next reminder, when its last mail leaves now."""
    at = reminder_at(incident.told_at or now, incident.reminders, policy, now)
    return replace(incident, next_reminder_at=at)


def reminder_at(first: datetime, number: int, policy: Policy, now: datetime) -> datetime | None:
    """Rule: reminders are counted from the first mail; the last length comes again and again; none comes too soon."""
    lengths = policy.reminders
    if not lengths:
        return None
    return max(first + lengths[number], now + lengths[0]) if number < len(lengths) else now + lengths[-1]


def opened(event: Event, kind: IncidentKind, opened_at: datetime, failures: int = 1) -> Incident:
    """The incident that an event opens."""
    return Incident(
        incident_id=event.new_id,
        kind=kind,
        opened_at=opened_at,
        failures=failures,
        run_id=event.run_id,
        detail=event.detail,
        hanging_runs=_hanging((), event),
    )


def _count(before: JobState, event: Event) -> JobState:
    if _is_counted(before.incident, event):
        return before
    letter = "S" if event.kind is None else "F"
    is_like = before.outcomes.endswith(letter)
    counted = replace(
        before,
        outcomes=(before.outcomes + letter)[-OUTCOMES_KEPT:],
        in_a_row=before.in_a_row + 1 if is_like else 1,
        skips=before.skips + 1 if event.kind is IncidentKind.SKIPPED else 0,
    )
    if event.kind is None:
        return replace(counted, last_success_at=event.at)
    return counted if is_like else replace(counted, first_failure_at=event.at)


def _after_failure(state: JobState, event: Event, kind: IncidentKind, policy: Policy) -> Step:
    incident = state.incident
    if incident is None:
        # Rule: the failure number alert_after in a row opens the incident, which began with the first of them.
        if state.in_a_row < policy.alert_after:
            return state, Decision.BELOW_THRESHOLD
        new = opened(event, kind, state.first_failure_at or event.at, state.in_a_row)
        return _flapping(state, new) or (replace(state, incident=new), Decision.OPENED)
    went_on = replace(
        incident,
        kind=kind,
        failures=incident.failures + (not _is_counted(incident, event)),
        run_id=event.run_id,
        detail=event.detail,
        hanging_runs=_hanging(incident.hanging_runs, event),
    )
    state = replace(state, incident=went_on)
    if went_on.is_flapping:
        return _settle(state, went_on)
    news = _news(went_on)
    return (state, Decision.KNOWN) if news is None else _flapping(state, went_on) or (state, news)


def _after_success(state: JobState, event: Event, policy: Policy) -> Step:
    if state.incident is None:
        return state, Decision.QUIET
    incident = replace(state.incident, hanging_runs=_hanging(state.incident.hanging_runs, event))
    state = replace(state, incident=incident)
    # Rule: a run that hangs is over with its own end, whatever other runs of its job do meanwhile.
    if incident.hanging_runs:
        return state, Decision.ANOTHER_RUN_HANGS
    if incident.is_flapping:
        return _settle(state, incident)
    # Rule: the success number recover_after in a row ends the incident.
    if state.in_a_row < policy.recover_after:
        return state, Decision.RECOVERING
    return _flapping(state, incident) or _ended(state, incident, Decision.RECOVERED)


def _flapping(state: JobState, incident: Incident) -> Step | None:
    """Rule: at the third change of outcome the mail then due says so, and the incident stays open."""
    if not _flaps(state):
        return None
    return replace(state, incident=replace(incident, is_flapping=True)), Decision.FLAPPED


def _settle(state: JobState, incident: Incident) -> Step:
    """Rule: what flaps is quiet until ten runs in a row had one outcome; then one mail says which."""
    if state.in_a_row < STABLE_RUNS:
        return state, _news(incident) or Decision.STILL_FLAPPING
    state = replace(state, outcomes=state.outcomes[-1])
    if state.outcomes == "S":
        return _ended(state, incident, Decision.SETTLED)
    settled = replace(incident, is_flapping=False)
    return replace(state, incident=settled), _news(settled) or Decision.KNOWN


def _ended(state: JobState, incident: Incident, decision: Decision) -> Step:
    """Rule: nobody is told of the end of what he was not told of."""
    return replace(state, incident=None), decision if incident.told_kinds else Decision.RECOVERED_UNTOLD


def _news(incident: Incident) -> Decision | None:
    """What the incident is and nobody has been told yet."""
    if incident.is_flapping:
        return None if incident.is_told_flapping else Decision.FLAPPED
    if not incident.told_kinds:
        return Decision.OPENED
    if incident.is_told_flapping:
        return Decision.SETTLED
    # Rule: a kind that this incident has not been told of yet is news; going back to one is not.
    return None if incident.kind in incident.told_kinds else Decision.KIND_CHANGED


def _flaps(state: JobState) -> bool:
    changes = sum(one != other for one, other in pairwise(state.outcomes))
    return changes >= FLAPS_AT_CHANGES and state.in_a_row < STABLE_RUNS


def _is_counted(incident: Incident | None, event: Event) -> bool:
    """Rule: a run that hangs has failed, and fails no second time when it ends."""
    return incident is not None and event.kind is not None and event.run_id in incident.hanging_runs


def _hanging(runs: tuple[str, ...], event: Event) -> tuple[str, ...]:
    others = tuple(run for run in runs if run != event.run_id)
    return (*others, event.run_id) if event.hangs and event.run_id else others
