"""The first tables."""

from typing import Any

import sqlalchemy as sa
from alembic import op

from hallofshame.store.columns import LongText, UnsignedInteger, UtcDateTime

revision = "0001"
down_revision = None

MARIADB: dict[str, Any] = {
    "mysql_charset": "utf8mb4",
    "mysql_collate": "utf8mb4_bin",
    "mariadb_charset": "utf8mb4",
    "mariadb_collate": "utf8mb4_bin",
}


def upgrade() -> None:
    """Go to this revision; safe to run again after a break."""
    _parks()
    _rides()
    _polls()
    _data_issues()
    _job_runs()


def _parks() -> None:
    op.create_table(
        "parks",
        sa.Column("park_id", UnsignedInteger, autoincrement=False, nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("operator_id", UnsignedInteger, nullable=False),
        sa.Column("operator", sa.String(length=200), nullable=False),
        sa.Column("country", sa.String(length=100), nullable=False),
        sa.Column("continent", sa.String(length=100), nullable=False),
        sa.Column("latitude", sa.Double()),
        sa.Column("longitude", sa.Double()),
        sa.Column("timezone", sa.String(length=64), nullable=False),
        sa.Column("first_seen_at", UtcDateTime, nullable=False),
        sa.Column("last_seen_at", UtcDateTime, nullable=False, comment="newest list of parks that held it"),
        sa.PrimaryKeyConstraint("park_id"),
        **MARIADB,
        if_not_exists=True,
    )
    op.create_table(
        "park_names",
        sa.Column("park_id", UnsignedInteger, nullable=False),
        sa.Column("since_at", UtcDateTime, nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.ForeignKeyConstraint(["park_id"], ["parks.park_id"], name="fk_park_names_park_id"),
        sa.PrimaryKeyConstraint("park_id", "since_at"),
        **MARIADB,
        if_not_exists=True,
    )
    op.create_table(
        "park_time_zones",
        sa.Column("park_id", UnsignedInteger, nullable=False),
        sa.Column("since_at", UtcDateTime, nullable=False),
        sa.Column("timezone", sa.String(length=64), nullable=False),
        sa.Column(
            "source", sa.String(length=64), nullable=False, comment="queue-times, or the override file with its version"
        ),
        sa.ForeignKeyConstraint(["park_id"], ["parks.park_id"], name="fk_park_time_zones_park_id"),
        sa.PrimaryKeyConstraint("park_id", "since_at"),
        **MARIADB,
        if_not_exists=True,
    )


def _rides() -> None:
    op.create_table(
        "rides",
        sa.Column("ride_id", UnsignedInteger, autoincrement=False, nullable=False),
        sa.Column("park_id", UnsignedInteger, nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("land", sa.String(length=200)),
        sa.Column("first_seen_at", UtcDateTime, nullable=False),
        sa.Column("last_seen_at", UtcDateTime, nullable=False),
        sa.Column("state", sa.String(length=8), nullable=False, comment="of the newest reading"),
        sa.Column("wait_minutes", sa.SmallInteger()),
        sa.Column("last_open_at", UtcDateTime, comment="newest reading that was open"),
        sa.Column(
            "closed_since_at", UtcDateTime, comment="first closed reading since then; unknown ones do not end it"
        ),
        sa.ForeignKeyConstraint(["park_id"], ["parks.park_id"], name="fk_rides_park_id"),
        sa.PrimaryKeyConstraint("ride_id"),
        **MARIADB,
        if_not_exists=True,
    )
    op.create_index("ix_rides_park_id", "rides", ["park_id"], if_not_exists=True)
    op.create_table(
        "ride_names",
        sa.Column("ride_id", UnsignedInteger, nullable=False),
        sa.Column("since_at", UtcDateTime, nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.ForeignKeyConstraint(["ride_id"], ["rides.ride_id"], name="fk_ride_names_ride_id"),
        sa.PrimaryKeyConstraint("ride_id", "since_at"),
        **MARIADB,
        if_not_exists=True,
    )


def _polls() -> None:
    op.create_table(
        "polls",
        sa.Column("park_id", UnsignedInteger, nullable=False),
        sa.Column("slot", UtcDateTime, nullable=False),
        sa.Column("polled_at", UtcDateTime, nullable=False),
        sa.Column("outcome", sa.String(length=16), nullable=False),
        sa.Column("http_status", sa.SmallInteger()),
        sa.Column("duration_milliseconds", sa.Integer(), nullable=False),
        sa.Column("reason", sa.String(length=500)),
        sa.ForeignKeyConstraint(["park_id"], ["parks.park_id"], name="fk_polls_park_id"),
        sa.PrimaryKeyConstraint("park_id", "slot"),
        **MARIADB,
        if_not_exists=True,
    )
    op.create_index("ix_polls_slot", "polls", ["slot"], if_not_exists=True)
    op.create_table(
        "readings",
        sa.Column("park_id", UnsignedInteger, autoincrement=False, nullable=False),
        sa.Column("slot", UtcDateTime, nullable=False),
        sa.Column("ride_id", UnsignedInteger, autoincrement=False, nullable=False),
        sa.Column("is_open", sa.Boolean(), nullable=False),
        sa.Column("wait_minutes", sa.SmallInteger()),
        sa.Column("last_updated", UtcDateTime),
        sa.Column("state", sa.String(length=8), nullable=False),
        sa.PrimaryKeyConstraint("park_id", "slot", "ride_id"),
        **MARIADB,
        if_not_exists=True,
    )


def _data_issues() -> None:
    op.create_table(
        "data_issues",
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("subject", sa.String(length=40), nullable=False, comment="park:6, ride:12 or feed"),
        sa.Column("detail", sa.String(length=500), nullable=False),
        sa.Column("occurrences", sa.Integer(), nullable=False),
        sa.Column("first_seen_at", UtcDateTime, nullable=False),
        sa.Column("last_seen_at", UtcDateTime, nullable=False),
        sa.PrimaryKeyConstraint("kind", "subject"),
        **MARIADB,
        if_not_exists=True,
    )


def _job_runs() -> None:
    op.create_table(
        "job_runs",
        sa.Column("run_id", sa.String(length=36), nullable=False),
        sa.Column("job", sa.String(length=64), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("host", sa.String(length=255), nullable=False),
        sa.Column("boot_id", sa.String(length=36), nullable=False),
        sa.Column("pid", sa.Integer(), nullable=False),
        sa.Column("argv", LongText, nullable=False, comment="JSON list, redacted"),
        sa.Column("scheduled_at", UtcDateTime, nullable=False),
        sa.Column("started_at", UtcDateTime, nullable=False),
        sa.Column("finished_at", UtcDateTime),
        sa.Column("duration_seconds", sa.Double()),
        sa.Column("exit_code", sa.SmallInteger()),
        sa.Column("signal", sa.String(length=16)),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("cpu_seconds", sa.Double()),
        sa.Column("peak_memory_bytes", sa.BigInteger()),
        sa.Column("output_bytes", sa.BigInteger(), nullable=False),
        sa.Column("output_lines", sa.BigInteger(), nullable=False),
        sa.Column("output_head", LongText, nullable=False),
        sa.Column("output_tail", LongText, nullable=False),
        sa.Column("leftover", sa.Boolean(), nullable=False),
        sa.Column("report", LongText, nullable=False, comment="JSON object of figures"),
        sa.Column("reason", sa.String(length=500)),
        sa.PrimaryKeyConstraint("run_id"),
        **MARIADB,
        if_not_exists=True,
    )
    op.create_index("ix_job_runs_job_started_at", "job_runs", ["job", "started_at"], if_not_exists=True)
    op.create_index("ix_job_runs_started_at", "job_runs", ["started_at"], if_not_exists=True)
