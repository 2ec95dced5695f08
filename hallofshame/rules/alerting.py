"""Which mails follow from what happens to all jobs: incidents one by one, storms as one, never too many. Pure.

`judge` takes an event, `tick` the passing of time. Both return the new state, the mails to write and the changes to
record; nothing else is to be known or remembered.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import Enum

from hallofshame.rules import incidents
from hallofshame.rules.incidents import ANNOUNCEMENTS, TOLD, Decision, Event, Incident, JobState, Policy

STORM_AT_INCIDENTS, STORM_WITHIN, STORM_LASTS = 3, timedelta(seconds=60), timedelta(minutes=10)
MAILS_AN_HOUR, MAILS_KEPT_FOR_NEW = 20, 3
HOUR = timedelta(hours=1)
STORM_POLICY = Policy()  # a storm belongs to no job: it is reminded of like one that jobs.toml does not name


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
    """Many incidents, told as one. `members`: job by incident id, `open_members` those that last.

    `told` counts its mails, `told_members` are those that the newest of them names.
    """

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
    """All that decisions rest on. `mailed_at` and `opened_at` are recent moments.

    `overflow`: lines that wait for a digest; `is_overflow_new`: some of them tell what was not told before.
    """

    jobs: Mapping[str, JobState] = field(default_factory=dict)
    storm: Storm | None = None
    maintenance_until: datetime | None = None
    mailed_at: tuple[datetime, ...] = ()
    opened_at: tuple[datetime, ...] = ()
    overflow: tuple[str, ...] = ()
    is_overflow_new: bool = False


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
    Decision.SETTLED: Word.STILL,
    Decision.RECOVERED: Word.OK_AGAIN,
    Decision.ANNOUNCED: Word.INCIDENT,
}


def judge(alerts: Alerts, event: Event, policy: Policy, now: datetime) -> Verdict:
    """What an event makes of the state, and which mail it asks for."""
    # Rule: an announcement is over when it is told: it leaves nothing open.
    if event.kind in ANNOUNCEMENTS:
        announced = incidents.opened(event, event.kind, event.at)
        return _tell(alerts, event.job, announced, Decision.ANNOUNCED, policy, now, is_over=True)
    before = alerts.jobs.get(event.job, JobState())
    after, decision = incidents.step(before, event, policy)
    alerts = _with(alerts, event.job, after)
    incident = after.incident or before.incident  # one that is over is told as it was
    if incident is None:
        return Verdict(alerts, changes=(Change(event.job, now, decision, None),))
    is_over = after.incident is None
    if decision in TOLD:
        verdict = _tell(alerts, event.job, incident, decision, policy, now, is_over=is_over)
    else:
        verdict = Verdict(alerts, changes=(Change(event.job, now, decision, incident, is_over=is_over),))
    return verdict.then(_left_storm(verdict.alerts, incident, now)) if is_over else verdict


def tick(
    alerts: Alerts, policies: Mapping[str, Policy], now: datetime, undelivered: frozenset[str] = frozenset()
) -> Verdict:
    """What the passing of time asks for: reminders, what a mute or a storm held back, the digest.

    `undelivered`: the threads with a mail that has not left yet; nobody is reminded of what he was not told.
    """
    verdict = Verdict(alerts)
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


def maintenance(alerts: Alerts, until: datetime | None) -> Alerts:
    """No mail at all until then, None: from now on again; what is still wrong then is told then."""
    return replace(alerts, maintenance_until=until)


def thread_of(storm: Storm) -> str:
    """The thread of a storm's mails."""
    return f"storm.{storm.storm_id}"


def _tick_job(alerts: Alerts, job: str, policy: Policy, now: datetime, undelivered: frozenset[str]) -> Verdict:
    incident = _incident(alerts, job)
    if incident is None:
        return Verdict(alerts)
    # Rule: nobody is reminded of a mail that has not left; reminders are due once it has.
    if incident.incident_id in undelivered:
        return Verdict(_with_incident(alerts, job, incidents.awaiting_reminder(incident, policy, now)))
    # Rule: what was held back by a mute or a maintenance window is told once that is over.
    decision = incidents.due(alerts.jobs[job], now)
    if decision not in TOLD or _held_back(alerts, job, incident, now):
        return Verdict(alerts)
    return _tell(alerts, job, incident, decision, policy, now)


def _tell(
    alerts: Alerts,
    job: str,
    incident: Incident,
    decision: Decision,
    policy: Policy,
    now: datetime,
    *,
    is_over: bool = False,
) -> Verdict:
    """Turn a decision into a mail, unless something holds it back."""
    if held_back := _held_back(alerts, job, incident, now):
        return Verdict(alerts, changes=(Change(job, now, held_back, incident, is_over=is_over),))
    is_new = not incident.told_kinds
    if is_new and not is_over:
        alerts, storm = _storm_of(alerts, incident, now)
        if storm is not None:
            return _join(alerts, storm, job, incident, policy, now)
    has_room = _has_room(alerts, now, is_new=is_new)
    told = incidents.told(incident, decision, policy, now, by_own_mail=has_room)
    if not is_over:
        alerts = _with_incident(alerts, job, told)
    change = Change(job, now, decision if has_room else Decision.OVER_BUDGET, told, is_over=is_over)
    if not has_room:
        line = f"{now:%H:%M} UTC {job}, {incident.kind.value}: {decision.value}"
        return Verdict(_overflowed(alerts, line, is_new=is_new), changes=(change,))
    word = Word.OK_AGAIN if is_over and decision is Decision.SETTLED else _WORD[decision]
    telling = Telling(word, incident.incident_id, incident.told, now, job=job, incident=told)
    return Verdict(_mailed(alerts, now), (telling,), (change,))


def _held_back(alerts: Alerts, job: str, incident: Incident, now: datetime) -> Decision | None:
    """Why a mail is not to be sent, in the order in which an operator would ask; None when it is."""
    if _lasts(alerts.jobs.get(job, JobState()).muted_until, now):
        return Decision.MUTED
    if _lasts(alerts.maintenance_until, now):
        return Decision.MAINTENANCE
    # Rule: an incident of a storm has no mail of its own, no reminder and no end.
    return None if incident.storm_id is None else Decision.IN_STORM


def _lasts(until: datetime | None, now: datetime) -> bool:
    return until is not None and now < until


def _storm_of(alerts: Alerts, incident: Incident, now: datetime) -> tuple[Alerts, Storm | None]:
    """Rule: the third incident within a minute begins a storm, which takes in all that open for ten minutes."""
    recent = tuple(at for at in alerts.opened_at if now - at < STORM_WITHIN)
    alerts, storm = replace(alerts, opened_at=(*recent, now)), alerts.storm
    if storm is not None and now < storm.until:
        return alerts, storm
    if len(alerts.opened_at) < STORM_AT_INCIDENTS:
        return alerts, None
    # Rule: a storm that lasts begins again, and is told again at once.
    if storm is not None:
        return alerts, replace(storm, until=now + STORM_LASTS, told_members=frozenset())
    return alerts, Storm(incident.incident_id, now, now + STORM_LASTS, {}, frozenset())


def _join(alerts: Alerts, storm: Storm, job: str, incident: Incident, policy: Policy, now: datetime) -> Verdict:
    """The incident is told with its storm; the first of them makes the storm's mail."""
    member = replace(incident, storm_id=storm.storm_id)
    member = incidents.told(member, Decision.IN_STORM, policy, now, by_own_mail=False)
    joined = replace(
        storm,
        members={**storm.members, incident.incident_id: job},
        open_members=storm.open_members | {incident.incident_id},
    )
    alerts = _with_incident(replace(alerts, storm=joined), job, member)
    verdict = Verdict(alerts, changes=(Change(job, now, Decision.IN_STORM, member),))
    return verdict if storm.told_members else verdict.then(_tell_storm(alerts, joined, Word.STORM, now))


def _left_storm(alerts: Alerts, incident: Incident, now: datetime) -> Verdict:
    """Rule: the last incident of a storm that ends makes one mail for all."""
    storm = alerts.storm
    if storm is None or incident.incident_id not in storm.open_members:
        return Verdict(alerts)
    storm = replace(storm, open_members=storm.open_members - {incident.incident_id})
    if storm.open_members:
        return Verdict(replace(alerts, storm=storm))
    alerts = replace(alerts, storm=None)
    is_held_back = _lasts(alerts.maintenance_until, now)
    return Verdict(alerts) if is_held_back else _tell_storm(alerts, storm, Word.STORM_OVER, now)


def _tick_storm(alerts: Alerts, now: datetime, undelivered: frozenset[str]) -> Verdict:
    storm = alerts.storm
    if storm is None or _lasts(alerts.maintenance_until, now):
        return Verdict(alerts)
    if thread_of(storm) in undelivered:
        return Verdict(replace(alerts, storm=_awaiting_reminder(storm, now)))
    # Rule: who joined after the storm's mail was written is named once the storm takes in no more.
    if now >= storm.until and storm.open_members - storm.told_members:
        return _tell_storm(alerts, storm, Word.STORM, now)
    is_due = storm.next_reminder_at is not None and now >= storm.next_reminder_at
    if is_due and any(_is_awaited(alerts, storm.members[member], now) for member in storm.open_members):
        return _tell_storm(alerts, storm, Word.STORM_STILL, now)
    return Verdict(alerts)


def _is_awaited(alerts: Alerts, job: str, now: datetime) -> bool:
    """Rule: a storm is not reminded of when each of its incidents is acknowledged, snoozed or muted."""
    incident = _incident(alerts, job)
    is_muted = _lasts(alerts.jobs[job].muted_until, now)
    return incident is not None and not is_muted and incidents.hushed(incident, now) is None


def _tell_storm(alerts: Alerts, storm: Storm, word: Word, now: datetime) -> Verdict:
    is_new = word is Word.STORM
    has_room = _has_room(alerts, now, is_new=is_new)
    told = replace(
        storm,
        told=storm.told + has_room,
        told_members=frozenset(storm.members),
        reminders=storm.reminders + (word is Word.STORM_STILL),
    )
    told = _awaiting_reminder(told, now)
    alerts = replace(alerts, storm=None if word is Word.STORM_OVER else told)
    if not has_room:
        line = f"{now:%H:%M} UTC {word.value}: {', '.join(sorted(set(storm.members.values())))}"
        return Verdict(_overflowed(alerts, line, is_new=is_new))
    return Verdict(_mailed(alerts, now), (Telling(word, thread_of(storm), storm.told, now, storm=told),))


def _awaiting_reminder(storm: Storm, now: datetime) -> Storm:
    at = incidents.reminder_at(storm.began_at, storm.reminders, STORM_POLICY, now)
    return replace(storm, next_reminder_at=at)


def _digest(alerts: Alerts, now: datetime) -> Verdict:
    """Rule: what had no room is told in one mail as soon as there is room for it."""
    if not alerts.overflow or _mails(alerts, now) >= _most(is_new=alerts.is_overflow_new):
        return Verdict(alerts)
    telling = Telling(Word.DIGEST, f"digest.{now:%Y%m%dT%H%M%S%f}", 0, now, overflow=alerts.overflow)
    return Verdict(_mailed(replace(alerts, overflow=(), is_overflow_new=False), now), (telling,))


def _has_room(alerts: Alerts, now: datetime, *, is_new: bool) -> bool:
    """Rule: what waits for a digest is not overtaken, but for what is new by what is new."""
    is_waiting = alerts.is_overflow_new if is_new else bool(alerts.overflow)
    return not is_waiting and _mails(alerts, now) < _most(is_new=is_new)


def _most(*, is_new: bool) -> int:
    """Rule: twenty mails an hour, the last three of them for what is new."""
    return MAILS_AN_HOUR if is_new else MAILS_AN_HOUR - MAILS_KEPT_FOR_NEW


def _mails(alerts: Alerts, now: datetime) -> int:
    return sum(now - at < HOUR for at in alerts.mailed_at)


def _mailed(alerts: Alerts, now: datetime) -> Alerts:
    return replace(alerts, mailed_at=(*(at for at in alerts.mailed_at if now - at < HOUR), now))


def _overflowed(alerts: Alerts, line: str, *, is_new: bool) -> Alerts:
    return replace(alerts, overflow=(*alerts.overflow, line), is_overflow_new=alerts.is_overflow_new or is_new)


def _with(alerts: Alerts, job: str, state: JobState) -> Alerts:
    return replace(alerts, jobs={**alerts.jobs, job: state})


def _incident(alerts: Alerts, job: str) -> Incident | None:
    return alerts.jobs.get(job, JobState()).incident


def _with_incident(alerts: Alerts, job: str, incident: Incident) -> Alerts:
    return _with(alerts, job, replace(alerts.jobs[job], incident=incident))
