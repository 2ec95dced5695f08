"""Incidents with every decision about them, the mails that tell of them, and what was asked through these."""

from typing import Any

import sqlalchemy as sa
from alembic import op

from hallofshame.store.columns import LongText, UtcDateTime

revision = "0004"
down_revision = "0003"

MARIADB: dict[str, Any] = {
    "mysql_charset": "utf8mb4",
    "mysql_collate": "utf8mb4_bin",
    "mariadb_charset": "utf8mb4",
    "mariadb_collate": "utf8mb4_bin",
}


def upgrade() -> None:
    """Go to this revision; safe to run again after a break."""
    _incidents()
    _changes()
    _outbox()
    _requests()


def _incidents() -> None:
    op.create_table(
        "incidents",
        sa.Column("incident_id", sa.String(length=36), nullable=False),
        sa.Column("job", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("host", sa.String(length=255), nullable=False),
        sa.Column("opened_at", UtcDateTime, nullable=False),
        sa.Column("ended_at", UtcDateTime),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("told", sa.Integer(), nullable=False, comment="mails"),
        sa.Column("run_id", sa.String(length=36), comment="the newest of its runs"),
        sa.Column("detail", sa.String(length=500)),
        sa.Column("acknowledged_at", UtcDateTime),
        sa.Column("snoozed_until", UtcDateTime),
        sa.Column("storm_id", sa.String(length=36)),
        sa.Column("is_flapping", sa.Boolean(), nullable=False),
        sa.Column("changed_at", UtcDateTime, nullable=False),
        sa.PrimaryKeyConstraint("incident_id"),
        **MARIADB,
        if_not_exists=True,
    )
    _index("incidents", "opened_at")
    _index("incidents", "ended_at")


def _changes() -> None:
    op.create_table(
        "incident_changes",
        sa.Column("change_id", sa.String(length=36), nullable=False),
        sa.Column("incident_id", sa.String(length=36), nullable=False),
        sa.Column("at", UtcDateTime, nullable=False),
        sa.Column("decision", sa.String(length=24), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("run_id", sa.String(length=36)),
        sa.PrimaryKeyConstraint("change_id"),
        **MARIADB,
        if_not_exists=True,
    )
    _index("incident_changes", "incident_id", "at")


def _outbox() -> None:
    op.create_table(
        "outbox",
        sa.Column("message_id", sa.String(length=150), nullable=False),
        sa.Column("thread_id", sa.String(length=64), nullable=False),
        sa.Column("job", sa.String(length=64)),
        sa.Column("host", sa.String(length=255), nullable=False),
        sa.Column("subject", sa.String(length=100), nullable=False),
        sa.Column("recipients", LongText, nullable=False, comment="JSON list"),
        sa.Column("queued_at", UtcDateTime, nullable=False),
        sa.Column("accepted_at", UtcDateTime, comment="null: it waits"),
        sa.Column("accepted_by", sa.String(length=16)),
        sa.Column("tries", LongText, nullable=False, comment="JSON list of sentences"),
        sa.PrimaryKeyConstraint("message_id"),
        **MARIADB,
        if_not_exists=True,
    )
    _index("outbox", "queued_at")
    _index("outbox", "accepted_at")


def _requests() -> None:
    op.create_table(
        "alert_requests",
        sa.Column("request_id", sa.String(length=36), nullable=False),
        sa.Column("incident_id", sa.String(length=36), nullable=False),
        sa.Column("action", sa.String(length=16), nullable=False, comment="acknowledge or snooze"),
        sa.Column("asked_at", UtcDateTime, nullable=False),
        sa.Column("done_at", UtcDateTime),
        sa.PrimaryKeyConstraint("request_id"),
        **MARIADB,
        if_not_exists=True,
    )
    _index("alert_requests", "done_at")


def _index(table: str, *columns: str) -> None:
    op.create_index(f"ix_{table}_{'_'.join(columns)}", table, list(columns), if_not_exists=True)
