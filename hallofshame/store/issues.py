"""What was odd in the data: one row per kind and subject, counted. The caller owns the transaction."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection

from hallofshame.model import Issue
from hallofshame.store.schema import data_issues
from hallofshame.store.upsert import upsert

DETAIL_LENGTH = 500


def record(conn: Connection, found: Sequence[Issue], now: datetime) -> None:
    """Enter issues; one that is known is counted once more, with its newest detail."""
    rows = [
        {
            "kind": issue.kind,
            "subject": issue.subject,
            "detail": issue.detail[:DETAIL_LENGTH],
            "occurrences": 1,
            "first_seen_at": now,
            "last_seen_at": now,
        }
        for issue in found
    ]
    upsert(conn, data_issues, rows, update=("detail", "last_seen_at"), add=("occurrences",))
