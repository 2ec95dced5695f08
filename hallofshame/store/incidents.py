"""Incidents and their mails as the state directory last had them, for all to read. The caller owns the transaction."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Table, func, insert, select, update

from hallofshame.store.schema import alert_requests, incident_changes, incidents, outbox
from hallofshame.store.upsert import upsert

DETAIL_LENGTH = 500
_JSON = ("recipients", "tries")

Row = dict[str, Any]


def record_incidents(conn: Connection, rows: Sequence[Row]) -> None:
    """Enter incidents as they stand, by `incident_id`; columns of `incidents`."""
    cut = [row | {"detail": row["detail"] and row["detail"][:DETAIL_LENGTH]} for row in rows]
    _replace(conn, incidents, cut)


def record_changes(conn: Connection, rows: Sequence[Row]) -> None:
    """Enter decisions; one that is known by its `change_id` stays as it is."""
    upsert(conn, incident_changes, rows)


def record_mails(conn: Connection, rows: Sequence[Row]) -> None:
    """Enter mails as they stand, by `message_id`; `recipients` and `tries` are lists."""
    _replace(conn, outbox, [row | {name: json.dumps(row[name]) for name in _JSON} for row in rows])


def latest(conn: Connection, job: str | None = None, limit: int = 50) -> list[Row]:
    """The newest incidents, those that last first."""
    query = select(incidents).order_by(incidents.c.ended_at.is_not(None), incidents.c.opened_at.desc()).limit(limit)
    if job is not None:
        query = query.where(incidents.c.job == job)
    return [dict(row) for row in conn.execute(query).mappings()]


def known(conn: Connection, incident_id: str) -> Row | None:
    """One incident; None where there is none of that id."""
    row = conn.execute(select(incidents).where(incidents.c.incident_id == incident_id)).mappings().first()
    return None if row is None else dict(row)


def mails(conn: Connection, limit: int = 50) -> list[Row]:
    """The newest mails first."""
    rows = conn.execute(select(outbox).order_by(outbox.c.queued_at.desc()).limit(limit)).mappings()
    return [dict(row) | {name: json.loads(row[name]) for name in _JSON} for row in rows]


def open_and_undelivered(conn: Connection) -> tuple[int, int]:
    """How many incidents last, and how many mails have not left."""
    lasting = select(func.count()).select_from(incidents).where(incidents.c.ended_at.is_(None))
    waiting = select(func.count()).select_from(outbox).where(outbox.c.accepted_at.is_(None))
    return conn.execute(lasting).scalar_one(), conn.execute(waiting).scalar_one()


def ask(conn: Connection, request: Mapping[str, Any]) -> None:
    """Enter what somebody asked for; columns of `alert_requests`."""
    conn.execute(insert(alert_requests).values(**request))


def asked(conn: Connection) -> list[Row]:
    """What nobody has done yet, in order: request_id, incident_id, action, asked_at, and the incident's host."""
    query = (
        select(alert_requests, incidents.c.host)
        .join_from(alert_requests, incidents, alert_requests.c.incident_id == incidents.c.incident_id)
        .where(alert_requests.c.done_at.is_(None))
        .order_by(alert_requests.c.asked_at)
    )
    return [dict(row) for row in conn.execute(query).mappings()]


def done(conn: Connection, request_ids: Sequence[str], now: datetime) -> None:
    """Note that what was asked for has been done."""
    chosen = alert_requests.c.request_id.in_(request_ids)
    conn.execute(update(alert_requests).where(chosen).values(done_at=now))


def _replace(conn: Connection, table: Table, rows: Sequence[Row]) -> None:
    keys = {column.name for column in table.primary_key}
    upsert(conn, table, rows, update=[column.name for column in table.c if column.name not in keys])
