"""Decisions and mails as rows of the database, where everybody can read them."""

from collections.abc import Sequence
from typing import Any

from hallofshame.alerts.state_file import AlertState, QueuedMail, UnrecordedChange
from hallofshame.rules.alerting import Change
from hallofshame.rules.incidents import Incident
from hallofshame.store import incidents
from hallofshame.store.engine import Connection

_OF_INCIDENT = (
    *("incident_id", "opened_at", "failures", "told", "run_id", "detail"),
    *("acknowledged_at", "snoozed_until", "storm_id", "is_flapping"),
)
_OF_MAIL = ("message_id", "thread_id", "job", "subject", "queued_at", "accepted_at", "accepted_by")


def enter(conn: Connection, state: AlertState, host: str) -> None:
    """Enter every decision that is not there yet, its incident as it stands now, and the mails."""
    newest: dict[str, dict[str, Any]] = {}
    changes = []
    for each in state.unrecorded:
        incident = each.change.incident
        if incident is not None:
            newest[incident.incident_id] = _incident(each.change, incident, host)
            changes.append(_change(each, incident))
    incidents.record_incidents(conn, list(newest.values()))
    incidents.record_changes(conn, changes)
    incidents.record_mails(conn, [_mail(mail, host) for mail in state.outbox])


def of_state(state: AlertState, host: str) -> Sequence[dict[str, Any]]:
    """The incidents that last, as rows: what is known while the database is away."""
    lasting = ((job, known.incident) for job, known in state.alerts.jobs.items())
    return [_row(job, incident, host) for job, incident in lasting if incident is not None]


def _incident(change: Change, incident: Incident, host: str) -> dict[str, Any]:
    ended_at = change.at if change.is_over else None
    return _row(change.job, incident, host) | {"ended_at": ended_at, "changed_at": change.at}


def _row(job: str, incident: Incident, host: str) -> dict[str, Any]:
    row = {name: getattr(incident, name) for name in _OF_INCIDENT}
    return row | {"job": job, "kind": incident.kind.value, "host": host}


def _change(each: UnrecordedChange, incident: Incident) -> dict[str, Any]:
    return {
        "change_id": each.change_id,
        "incident_id": incident.incident_id,
        "at": each.change.at,
        "decision": each.change.decision.name.lower(),
        "kind": incident.kind.value,
        "run_id": incident.run_id,
    }


def _mail(mail: QueuedMail, host: str) -> dict[str, Any]:
    lists = {"recipients": list(mail.recipients), "tries": list(mail.tries)}
    return {name: getattr(mail, name) for name in _OF_MAIL} | {"host": host} | lists
