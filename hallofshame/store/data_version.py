"""The number that steps when a job has changed what is served. The caller owns the transaction."""

from datetime import datetime

from sqlalchemy import Connection, select

from hallofshame.store.schema import data_version
from hallofshame.store.upsert import upsert

_ONLY = 1


def step(conn: Connection, now: datetime) -> None:
    """Step it, in the transaction that changes the data."""
    upsert(
        conn, data_version, [{"only": _ONLY, "version": 1, "stepped_at": now}], update=("stepped_at",), add=("version",)
    )


def current(conn: Connection) -> tuple[int, datetime] | None:
    """The version and when it came; None before the first."""
    row = conn.execute(select(data_version.c.version, data_version.c.stepped_at)).first()
    return None if row is None else (row.version, row.stepped_at)
