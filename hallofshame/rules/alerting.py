"""Which mails follow from what happens to all jobs: incidents one by one, storms as one, never too many. Pure.

`judge` takes an event, `tick` the passing of time. Both return the new state, the mails to write and the changes to
record; nothing else is to be known or remembered.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import Enum

from hallofshame.rules import incidents
from hallofshame.rules.incidents import TOLD, Decision, Event, Incident, JobState, Policy

STORM_AT_INCIDENTS, STORM_WITHIN, STORM_LASTS = 3, timedelta(seconds=60), timedelta(minutes=10)
MAILS_AN_HOUR, MAILS_KEPT_FOR_NEW = 20, 3
HOUR = timedelta(hours=1)


class Word(Enum):
    """What a mail is about: with its kind, the first word of its subject."""

    INCIDENT = "an incident opened, or fails in another way"
    STILL = "an incident lasts"
    FLAPPING = "a job fails and succeeds in turn"
    OK_AGAIN = "an incident is over"
    STORM = "many incidents at once"
    STORM_STILL = "incidents of a storm last"
    STORM_OVER = "every incident of a storm is over"
    DIGEST = "what had no room in the mails of an hour"


@dataclass(frozen=True, slots=True)
class Storm:
    """Many incidents, told as one. `members`: job by incident id, `open_members` those that last."""

    storm_id: str
    began_at: datetime
    until: datetime
    members: Mapping[str, str]
    open_members: frozenset[str]
    told_members: frozenset[str] = frozenset()
    told: int = 0
    reminders: int = 0
    next_reminder_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Alerts:
    """All that decisions rest on. `mailed_at` and `opened_at` are recent moments; `overflow` waits for a digest."""

    jobs: Mapping[str, JobState] = field(default_factory=dict)
    storm: Storm | None = None
    maintenance_until: datetime | None = None
    mailed_at: tuple[datetime, ...] = ()
    opened_at: tuple[datetime, ...] = ()
    overflow: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Telling:
    """One mail to write. `thread_id`: of the incident, storm or digest; `sequence` counts the thread's mails from 0.

    `job` and `incident` are None for a storm, `storm` for an incident.
    """

    word: Word
    thread_id: str
    sequence: int
    at: datetime
    job: str | None = None
    incident: Incident | None = None
    storm: Storm | None = None
    overflow: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Change:
    """One decision about a job, as it is recorded. `incident` as it stands then, None where there is none."""

    job: str
    at: datetime
    decision: Decision
    incident: Incident | None
    is_over: bool = False


@dataclass(frozen=True, slots=True)
class Verdict:
    """What follows: the new state, the mails to write and the changes to record."""

    alerts: Alerts
    tellings: tuple[Telling, ...] = ()
    changes: tuple[Change, ...] = ()

    def then(self, other: "Verdict") -> "Verdict":
        return Verdict(other.alerts, self.tellings + other.tellings, self.changes + other.changes)


_WORD = {
    Decision.OPENED: Word.INCIDENT,
    Decision.KIND_CHANGED: Word.INCIDENT,
    Decision.REMINDED: Word.STILL,
    Decision.FLAPPED: Word.FLAPPING,
    Decision.RECOVERED: Word.OK_AGAIN,
}


def judge(alerts: Alerts, event: Event, policy: Policy, now: datetime) -> Verdict:
    """What an event makes of the state, and which mail it asks for."""
    before = alerts.jobs.get(event.job, JobState())
    after, decision = incidents.step(before, event, policy)
    incident = after.incident or before.incident  # one that is over is told as it was
    verdict = _told(_with(alerts, event.job, after), event.job, incident, decision, policy, now)
    if after.incident is None and incident is not None and incident.storm_id is not None:
        return verdict.then(_left_storm(verdict.alerts, incident, now))
    return verdict


def tick(
    alerts: Alerts, policies: Mapping[str, Policy], now: datetime, undelivered: frozenset[str] = frozenset()
) -> Verdict:
    """What the passing of time asks for: reminders, what a mute or a storm held back, the digest.

    `undelivered`: the threads with a mail that has not left yet; nobody is reminded of what he was not told.
    """
    verdict = Verdict(_forget_the_past(alerts, now))
    for job in sorted(alerts.jobs):
        verdict = verdict.then(_tick_job(verdict.alerts, job, policies.get(job, Policy()), now, undelivered))
    verdict = verdict.then(_tick_storm(verdict.alerts, now, undelivered))
    return verdict.then(_digest(verdict.alerts, now))


def acknowledge(alerts: Alerts, job: str, now: datetime) -> Alerts:
    """Reminders of the job's incident stop; its recovery will be told."""
    incident = _incident(alerts, job)
    return _with_incident(alerts, job, replace(incident, acknowledged_at=now)) if incident else alerts


def snooze(alerts: Alerts, job: str, until: datetime) -> Alerts:
    """Reminders of the job's incident wait until then."""
    incident = _incident(alerts, job)
    return _with_incident(alerts, job, replace(incident, snoozed_until=until)) if incident else alerts


def mute(alerts: Alerts, job: str, until: datetime | None) -> Alerts:
    """No mail about the job until then, None: from now on again; what is still wrong then is told then."""
    return _with(alerts, job, replace(alerts.jobs.get(job, JobState()), muted_until=until))


def _tick_job(alerts: Alerts, job: str, policy: Policy, now: datetime, undelivered: frozenset[str]) -> Verdict:
    state = alerts.jobs[job]
    incident = state.incident
    if incident is None or incident.incident_id in undelivered:
        return Verdict(alerts)
    # Rule: what was held back by a mute, a maintenance window or the budget is told once that is over.
    if incident.told == 0 and incident.storm_id is None:
        return _told(alerts, job, incident, Decision.OPENED, policy, now, is_late=True)
    # Rule: incidents of a storm are reminded of together.
    if incident.storm_id is not None or incidents.remind(state, now) is not Decision.REMINDED:
        return Verdict(alerts)
    return _told(alerts, job, incident, Decision.REMINDED, policy, now)


def _told(
    alerts: Alerts,
    job: str,
    incident: Incident | None,
    decision: Decision,
    policy: Policy,
    now: datetime,
    *,
    is_late: bool = False,
) -> Verdict:
    """Turn a decision into a mail, unless something holds it back."""
    is_over = alerts.jobs[job].incident is None
    if incident is None or decision not in TOLD:
        return Verdict(alerts, changes=(Change(job, now, decision, incident, is_over=is_over),))
    held_back = _held_back(alerts, job, decision, incident, now)
    if held_back is None and decision is Decision.OPENED and not is_late:
        alerts, storm = _count_opening(alerts, incident, now)
        if storm is not None:
            return _joined(alerts, storm, job, incident, now)
    is_new = decision is Decision.OPENED
    if held_back is None and not _has_room(alerts, now, is_new=is_new):
        # What is new is tried again at the next tick; all else goes into the digest.
        alerts, held_back = alerts if is_new else _overflowed(alerts, job, decision), Decision.OVER_BUDGET
    if held_back is not None:
        return Verdict(alerts, changes=(Change(job, now, held_back, incident, is_over=is_over),))
    told = incidents.told(incident, decision, policy, now)
    if not is_over:
        alerts = _with_incident(alerts, job, told)
    word = _WORD.get(decision) or (Word.OK_AGAIN if is_over else Word.STILL)
    telling = Telling(word, incident.incident_id, incident.told, now, job=job, incident=told)
    change = Change(job, now, decision, told, is_over=is_over)
    return Verdict(replace(alerts, mailed_at=(*alerts.mailed_at, now)), (telling,), (change,))


def _held_back(alerts: Alerts, job: str, decision: Decision, incident: Incident, now: datetime) -> Decision | None:
    """Why a mail is not to be sent, in the order in which an operator would ask; None when it is."""
    muted_until = alerts.jobs[job].muted_until
    if muted_until is not None and now < muted_until:
        return Decision.MUTED
    if alerts.maintenance_until is not None and now < alerts.maintenance_until:
        return Decision.MAINTENANCE
    if incident.storm_id is not None and decision is not Decision.OPENED:
        return Decision.IN_STORM
    return None


def _count_opening(alerts: Alerts, incident: Incident, now: datetime) -> tuple[Alerts, Storm | None]:
    """Rule: the third incident within a minute begins a storm, which takes in all that open for ten minutes."""
    recent = tuple(at for at in alerts.opened_at if now - at < STORM_WITHIN)
    alerts = replace(alerts, opened_at=(*recent, now))
    storm = alerts.storm
    if storm is not None and now < storm.until:
        return alerts, storm
    if len(alerts.opened_at) < STORM_AT_INCIDENTS or (storm is not None and storm.open_members):
        return alerts, None
    return alerts, Storm(incident.incident_id, now, now + STORM_LASTS, {}, frozenset())


def _joined(alerts: Alerts, storm: Storm, job: str, incident: Incident, now: datetime) -> Verdict:
    """The incident is told with its storm; the first of them makes the storm's mail."""
    member = replace(incident, storm_id=storm.storm_id)
    joined = replace(
        storm,
        members={**storm.members, incident.incident_id: job},
        open_members=storm.open_members | {incident.incident_id},
    )
    alerts = _with_incident(replace(alerts, storm=joined), job, member)
    verdict = Verdict(alerts, changes=(Change(job, now, Decision.IN_STORM, member),))
    return verdict if storm.told else verdict.then(_tell_storm(alerts, joined, Word.STORM, now))


def _left_storm(alerts: Alerts, incident: Incident, now: datetime) -> Verdict:
    """Rule: the last incident of a storm that ends makes one mail for all."""
    storm = alerts.storm
    if storm is None or incident.storm_id != storm.storm_id:
        return Verdict(alerts)
    storm = replace(storm, open_members=storm.open_members - {incident.incident_id})
    if storm.open_members:
        return Verdict(replace(alerts, storm=storm))
    return _tell_storm(replace(alerts, storm=None), storm, Word.STORM_OVER, now)


def _tick_storm(alerts: Alerts, now: datetime, undelivered: frozenset[str]) -> Verdict:
    storm = alerts.storm
    if storm is None or thread_of(storm) in undelivered:
        return Verdict(alerts)
    # Rule: who joined after the storm's mail was written is named once the storm takes in no more.
    if now >= storm.until and storm.told_members < frozenset(storm.members):
        return _tell_storm(alerts, storm, Word.STORM, now)
    if storm.next_reminder_at is not None and now >= storm.next_reminder_at:
        return _tell_storm(alerts, storm, Word.STORM_STILL, now)
    return Verdict(alerts)


def thread_of(storm: Storm) -> str:
    """The thread of a storm's mails."""
    return f"storm.{storm.storm_id}"


def _tell_storm(alerts: Alerts, storm: Storm, word: Word, now: datetime) -> Verdict:
    lengths = Policy().reminders
    reminders = storm.reminders + (word is not Word.STORM)
    told = replace(
        storm,
        told=storm.told + 1,
        told_members=frozenset(storm.members),
        reminders=reminders,
        next_reminder_at=now + lengths[min(reminders, len(lengths) - 1)],
    )
    kept = None if word is Word.STORM_OVER else told
    telling = Telling(word, thread_of(storm), storm.told, now, storm=told)
    return Verdict(replace(alerts, storm=kept, mailed_at=(*alerts.mailed_at, now)), (telling,))


def _digest(alerts: Alerts, now: datetime) -> Verdict:
    """Rule: what had no room is told in one mail as soon as there is room for it."""
    if not alerts.overflow or not _has_room(alerts, now, is_new=False):
        return Verdict(alerts)
    telling = Telling(Word.DIGEST, f"digest.{int(now.timestamp())}", 0, now, overflow=alerts.overflow)
    return Verdict(replace(alerts, overflow=(), mailed_at=(*alerts.mailed_at, now)), (telling,))


def _has_room(alerts: Alerts, now: datetime, *, is_new: bool) -> bool:
    """Rule: twenty mails an hour, the last three of them for what is new."""
    mails = sum(now - at < HOUR for at in alerts.mailed_at)
    return mails < (MAILS_AN_HOUR if is_new else MAILS_AN_HOUR - MAILS_KEPT_FOR_NEW)


def _overflowed(alerts: Alerts, job: str, decision: Decision) -> Alerts:
    return replace(alerts, overflow=(*alerts.overflow, f"{job}: {decision.value}"))


def _forget_the_past(alerts: Alerts, now: datetime) -> Alerts:
    return replace(
        alerts,
        mailed_at=tuple(at for at in alerts.mailed_at if now - at < HOUR),
        opened_at=tuple(at for at in alerts.opened_at if now - at < STORM_WITHIN),
    )


def _with(alerts: Alerts, job: str, state: JobState) -> Alerts:
    return replace(alerts, jobs={**alerts.jobs, job: state})


def _incident(alerts: Alerts, job: str) -> Incident | None:
    return alerts.jobs.get(job, JobState()).incident


def _with_incident(alerts: Alerts, job: str, incident: Incident) -> Alerts:
    return _with(alerts, job, replace(alerts.jobs[job], incident=incident))
