"""What is told, from what happened: runs that ended, what a watcher saw, what was asked for, mails that cannot leave.

Pure but for the ids of changes; what follows is saved as one (`state_file`).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from hallofshame.alerts.outbox import UNDELIVERABLE_AFTER
from hallofshame.alerts.run_events import event_of, incident_id
from hallofshame.alerts.state_file import AlertState, UnrecordedChange
from hallofshame.clock import to_iso
from hallofshame.jobs_file import Job
from hallofshame.model import IncidentKind, Run, RunState
from hallofshame.quantities import seconds
from hallofshame.rules import alerting
from hallofshame.rules.alerting import Telling, Verdict
from hallofshame.rules.incidents import Event, JobState, Policy

SNOOZE = timedelta(hours=1)  # what the link of a mail asks for
OUTBOX = "outbox"  # the job that a mail which cannot leave is an incident of


def decide(
    state: AlertState, runs: Sequence[Run], events: Iterable[Event], jobs: Mapping[str, Job], now: datetime
) -> tuple[AlertState, Sequence[Telling]]:
    """Judge every run of the journal that has ended and was not judged yet, and every event. Returns what to mail."""
    ended = [run for run in runs if run.state is not RunState.RUNNING and run.run_id not in state.judged]
    happened = [*(event_of(run, jobs.get(run.job)) for run in ended), *events, *_of_outbox(state, now)]
    verdict = _verdict(state, sorted(happened, key=lambda event: event.at), jobs, now)
    changes = [UnrecordedChange(str(uuid4()), each) for each in verdict.changes if each.incident is not None]
    decided = replace(
        state,
        alerts=verdict.alerts,
        judged=(state.judged & {run.run_id for run in runs}) | {run.run_id for run in ended},
        unrecorded=(*state.unrecorded, *changes),
    )
    return decided, verdict.tellings


def obey(state: AlertState, request: Mapping[str, Any], now: datetime) -> AlertState:
    """Do what somebody asked for by a link, if its incident still lasts."""
    for name, job in state.alerts.jobs.items():
        if job.incident and job.incident.incident_id == request["incident_id"]:
            if request["action"] == "snooze":
                return replace(state, alerts=alerting.snooze(state.alerts, name, request["asked_at"] + SNOOZE))
            return replace(state, alerts=alerting.acknowledge(state.alerts, name, now))
    return state


def policy_of(job: Job | None) -> Policy:
    """How a job's failures are told; the default for one that jobs.toml does not name."""
    if job is None:
        return Policy()
    reminders = tuple(timedelta(seconds=seconds(text)) for text in job.reminders)
    return Policy(job.alert_after, job.recover_after, reminders)


def _verdict(state: AlertState, events: Iterable[Event], jobs: Mapping[str, Job], now: datetime) -> Verdict:
    verdict = Verdict(state.alerts)
    for event in events:
        policy = policy_of(jobs.get(event.job))
        verdict = verdict.then(alerting.judge(verdict.alerts, event, policy, now))
    policies = {name: policy_of(job) for name, job in jobs.items()}
    undelivered = frozenset(mail.thread_id for mail in state.waiting)
    return verdict.then(alerting.tick(verdict.alerts, policies, now, undelivered))


def _of_outbox(state: AlertState, now: datetime) -> list[Event]:
    """A mail that has not left for a day is an incident of its own, which ends when none waits so long any more."""
    old = [mail for mail in state.waiting if now - mail.queued_at > UNDELIVERABLE_AFTER]
    is_known = state.alerts.jobs.get(OUTBOX, JobState()).incident is not None
    if bool(old) == is_known:
        return []
    if not old:
        return [Event(OUTBOX, now, None, incident_id(OUTBOX, to_iso(now)))]
    reason = old[0].tries[-1] if old[0].tries else "not tried"
    detail = f"{len(old)} mails have waited since {to_iso(old[0].queued_at)}: {reason}"
    new_id = incident_id(OUTBOX, old[0].message_id)
    return [Event(OUTBOX, now, IncidentKind.UNDELIVERABLE, new_id, detail=detail)]
