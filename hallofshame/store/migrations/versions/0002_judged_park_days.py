"""Judged park-days with their hours and outages, periods, leaderboards, and what the classifier says of each ride."""

from typing import Any

import sqlalchemy as sa
from alembic import op

from hallofshame.store.columns import UnsignedInteger, UtcDateTime

revision = "0002"
down_revision = "0001"

MARIADB: dict[str, Any] = {
    "mysql_charset": "utf8mb4",
    "mysql_collate": "utf8mb4_bin",
    "mariadb_charset": "utf8mb4",
    "mariadb_collate": "utf8mb4_bin",
}


def upgrade() -> None:
    """Go to this revision; safe to run again after a break."""
    _days()
    _hours()
    _periods()
    _leaderboards()


def _days() -> None:
    op.create_table(
        "ride_classifications",
        sa.Column("ride_id", UnsignedInteger, nullable=False),
        sa.Column("tier", sa.SmallInteger(), nullable=False),
        sa.Column("tier_reason", sa.String(length=500), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("kind_reason", sa.String(length=500), nullable=False),
        sa.ForeignKeyConstraint(["ride_id"], ["rides.ride_id"], name="fk_ride_classifications_ride_id"),
        sa.PrimaryKeyConstraint("ride_id"),
        **MARIADB,
        if_not_exists=True,
    )
    op.create_table(
        "park_days",
        sa.Column("park_id", UnsignedInteger, nullable=False),
        sa.Column("op_day", sa.Date(), nullable=False),
        sa.Column("timezone", sa.String(length=64), nullable=False),
        sa.Column("rules_version", sa.SmallInteger(), nullable=False),
        sa.Column("is_final", sa.Boolean(), nullable=False),
        sa.Column("operated", sa.Boolean(), nullable=False),
        sa.Column("opened_at", UtcDateTime),
        sa.Column("closed_at", UtcDateTime),
        sa.Column("open_edge_known", sa.Boolean(), nullable=False),
        sa.Column("close_edge_known", sa.Boolean(), nullable=False),
        sa.Column("snapshots", sa.Integer(), nullable=False),
        sa.Column("rides_open_any", sa.Integer(), nullable=False),
        sa.Column("snapshots_in_window", sa.Integer(), nullable=False),
        sa.Column("window_s", sa.Integer(), nullable=False),
        sa.Column("observed_s", sa.Integer(), nullable=False),
        sa.Column("stop_s", sa.Integer(), nullable=False),
        sa.Column("rides_seen", sa.Integer(), nullable=False),
        sa.Column("rides_opened", sa.Integer(), nullable=False),
        sa.Column("rides_counted", sa.Integer(), nullable=False),
        sa.Column("rides_closed_all_day", sa.Integer(), nullable=False),
        sa.Column("up_s", sa.Integer(), nullable=False),
        sa.Column("down_s", sa.Integer(), nullable=False),
        sa.Column("weighted_down_s", sa.Integer(), nullable=False),
        sa.Column("weighted_sched_s", sa.Integer(), nullable=False),
        sa.Column("outages", sa.Integer(), nullable=False),
        sa.Column("computed_at", UtcDateTime, nullable=False),
        sa.Column(
            "readings_purged_at", UtcDateTime, comment="from then on it cannot be judged again from the database"
        ),
        sa.ForeignKeyConstraint(["park_id"], ["parks.park_id"], name="fk_park_days_park_id"),
        sa.PrimaryKeyConstraint("park_id", "op_day"),
        **MARIADB,
        if_not_exists=True,
    )
    op.create_index("ix_park_days_op_day", "park_days", ["op_day"], if_not_exists=True)
    op.create_table(
        "ride_days",
        sa.Column("park_id", UnsignedInteger, autoincrement=False, nullable=False),
        sa.Column("op_day", sa.Date(), nullable=False),
        sa.Column("ride_id", UnsignedInteger, autoincrement=False, nullable=False),
        sa.Column("weight", sa.SmallInteger(), nullable=False),
        sa.Column("is_counted", sa.Boolean(), nullable=False),
        sa.Column("is_queue_ride", sa.Boolean(), nullable=False),
        sa.Column("is_usually_open", sa.Boolean(), nullable=False),
        sa.Column("is_closed_all_day", sa.Boolean(), nullable=False),
        sa.Column("up_s", sa.Integer(), nullable=False),
        sa.Column("down_s", sa.Integer(), nullable=False),
        sa.Column("pre_s", sa.Integer(), nullable=False),
        sa.Column("early_s", sa.Integer(), nullable=False),
        sa.Column("stop_s", sa.Integer(), nullable=False),
        sa.Column("closed_s", sa.Integer(), nullable=False),
        sa.Column("unobserved_s", sa.Integer(), nullable=False),
        sa.Column("outages", sa.Integer(), nullable=False),
        sa.Column("longest_outage_s", sa.Integer(), nullable=False),
        sa.Column("counted_up_s", sa.Integer(), nullable=False),
        sa.Column("counted_down_s", sa.Integer(), nullable=False),
        sa.Column("counted_outages", sa.Integer(), nullable=False),
        sa.Column("weighted_down_s", sa.Integer(), nullable=False),
        sa.Column("weighted_sched_s", sa.Integer(), nullable=False),
        sa.Column("wait_readings", sa.Integer(), nullable=False),
        sa.Column("wait_minutes_sum", sa.Integer(), nullable=False),
        sa.Column("longest_wait_minutes", sa.SmallInteger()),
        sa.Column("waits_seen", sa.Boolean(), nullable=False),
        sa.Column("first_open_clock_s", sa.Integer(), comment="wall clock from 04:00"),
        sa.Column("last_open_clock_s", sa.Integer(), comment="wall clock from 04:00"),
        sa.PrimaryKeyConstraint("park_id", "op_day", "ride_id"),
        **MARIADB,
        if_not_exists=True,
    )
    op.create_table(
        "outages",
        sa.Column("park_id", UnsignedInteger, autoincrement=False, nullable=False),
        sa.Column("op_day", sa.Date(), nullable=False),
        sa.Column("ride_id", UnsignedInteger, autoincrement=False, nullable=False),
        sa.Column("began_at", UtcDateTime, nullable=False),
        sa.Column("ended_at", UtcDateTime, nullable=False),
        sa.Column("down_s", sa.Integer(), nullable=False),
        sa.Column("has_reopened", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("park_id", "op_day", "ride_id", "began_at"),
        **MARIADB,
        if_not_exists=True,
    )


def _hours() -> None:
    op.create_table(
        "ride_hours",
        sa.Column("park_id", UnsignedInteger, autoincrement=False, nullable=False),
        sa.Column("op_day", sa.Date(), nullable=False),
        sa.Column("ride_id", UnsignedInteger, autoincrement=False, nullable=False),
        sa.Column("hour", UtcDateTime, nullable=False),
        sa.Column("up_s", sa.Integer(), nullable=False),
        sa.Column("down_s", sa.Integer(), nullable=False),
        sa.Column("wait_readings", sa.Integer(), nullable=False),
        sa.Column("wait_minutes_sum", sa.Integer(), nullable=False),
        sa.Column("longest_wait_minutes", sa.SmallInteger()),
        sa.PrimaryKeyConstraint("park_id", "op_day", "ride_id", "hour"),
        **MARIADB,
        if_not_exists=True,
    )
    op.create_table(
        "park_hours",
        sa.Column("park_id", UnsignedInteger, autoincrement=False, nullable=False),
        sa.Column("op_day", sa.Date(), nullable=False),
        sa.Column("hour", UtcDateTime, nullable=False),
        sa.Column("up_s", sa.Integer(), nullable=False),
        sa.Column("down_s", sa.Integer(), nullable=False),
        sa.Column("weighted_down_s", sa.Integer(), nullable=False),
        sa.Column("weighted_sched_s", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("park_id", "op_day", "hour"),
        **MARIADB,
        if_not_exists=True,
    )


def _periods() -> None:
    op.create_table(
        "park_periods",
        sa.Column("park_id", UnsignedInteger, autoincrement=False, nullable=False),
        sa.Column("grain", sa.String(length=8), nullable=False, comment="week, month or year"),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("days", sa.Integer(), nullable=False),
        sa.Column("operated_days", sa.Integer(), nullable=False),
        sa.Column("rides_counted", sa.Integer(), nullable=False),
        sa.Column("rides_closed_all_day", sa.Integer(), nullable=False),
        sa.Column("snapshots", sa.BigInteger(), nullable=False),
        sa.Column("snapshots_in_window", sa.BigInteger(), nullable=False),
        sa.Column("window_s", sa.BigInteger(), nullable=False),
        sa.Column("observed_s", sa.BigInteger(), nullable=False),
        sa.Column("stop_s", sa.BigInteger(), nullable=False),
        sa.Column("up_s", sa.BigInteger(), nullable=False),
        sa.Column("down_s", sa.BigInteger(), nullable=False),
        sa.Column("weighted_down_s", sa.BigInteger(), nullable=False),
        sa.Column("weighted_sched_s", sa.BigInteger(), nullable=False),
        sa.Column("outages", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("park_id", "grain", "starts_on"),
        **MARIADB,
        if_not_exists=True,
    )
    op.create_table(
        "ride_periods",
        sa.Column("park_id", UnsignedInteger, autoincrement=False, nullable=False),
        sa.Column("grain", sa.String(length=8), nullable=False, comment="week, month or year"),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ride_id", UnsignedInteger, autoincrement=False, nullable=False),
        sa.Column("days_seen", sa.Integer(), nullable=False),
        sa.Column("days_counted", sa.Integer(), nullable=False),
        sa.Column("days_closed_all_day", sa.Integer(), nullable=False),
        sa.Column("up_s", sa.BigInteger(), nullable=False),
        sa.Column("down_s", sa.BigInteger(), nullable=False),
        sa.Column("pre_s", sa.BigInteger(), nullable=False),
        sa.Column("early_s", sa.BigInteger(), nullable=False),
        sa.Column("stop_s", sa.BigInteger(), nullable=False),
        sa.Column("closed_s", sa.BigInteger(), nullable=False),
        sa.Column("unobserved_s", sa.BigInteger(), nullable=False),
        sa.Column("counted_up_s", sa.BigInteger(), nullable=False),
        sa.Column("counted_down_s", sa.BigInteger(), nullable=False),
        sa.Column("counted_outages", sa.BigInteger(), nullable=False),
        sa.Column("weighted_down_s", sa.BigInteger(), nullable=False),
        sa.Column("weighted_sched_s", sa.BigInteger(), nullable=False),
        sa.Column("outages", sa.BigInteger(), nullable=False),
        sa.Column("wait_readings", sa.BigInteger(), nullable=False),
        sa.Column("wait_minutes_sum", sa.BigInteger(), nullable=False),
        sa.Column("longest_outage_s", sa.Integer(), nullable=False),
        sa.Column("longest_wait_minutes", sa.SmallInteger()),
        sa.PrimaryKeyConstraint("park_id", "grain", "starts_on", "ride_id"),
        **MARIADB,
        if_not_exists=True,
    )


def _leaderboards() -> None:
    op.create_table(
        "park_leaderboard",
        sa.Column("period", sa.String(length=16), nullable=False),
        sa.Column("park_id", UnsignedInteger, autoincrement=False, nullable=False),
        sa.Column("place", sa.Integer(), nullable=False, comment="1, 2, 3, …; those that are not ranked come last"),
        sa.Column("rank", sa.Integer(), comment="1, 2, 2, 4; null: not ranked"),
        sa.Column("standing", sa.String(length=16), nullable=False, comment="ranked, or why not"),
        sa.Column("from_day", sa.Date(), nullable=False),
        sa.Column("to_day", sa.Date(), nullable=False),
        sa.Column("days", sa.Integer(), nullable=False),
        sa.Column("operated_days", sa.Integer(), nullable=False),
        sa.Column("rides_counted", sa.Integer(), nullable=False),
        sa.Column("rides_closed_all_day", sa.Integer(), nullable=False),
        sa.Column("snapshots", sa.BigInteger(), nullable=False),
        sa.Column("snapshots_in_window", sa.BigInteger(), nullable=False),
        sa.Column("window_s", sa.BigInteger(), nullable=False),
        sa.Column("observed_s", sa.BigInteger(), nullable=False),
        sa.Column("stop_s", sa.BigInteger(), nullable=False),
        sa.Column("up_s", sa.BigInteger(), nullable=False),
        sa.Column("down_s", sa.BigInteger(), nullable=False),
        sa.Column("weighted_down_s", sa.BigInteger(), nullable=False),
        sa.Column("weighted_sched_s", sa.BigInteger(), nullable=False),
        sa.Column("outages", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("period", "park_id"),
        **MARIADB,
        if_not_exists=True,
    )
    op.create_index("ix_park_leaderboard_period_place", "park_leaderboard", ["period", "place"], if_not_exists=True)
    op.create_table(
        "ride_leaderboard",
        sa.Column("period", sa.String(length=16), nullable=False),
        sa.Column("ride_id", UnsignedInteger, autoincrement=False, nullable=False),
        sa.Column("park_id", UnsignedInteger, nullable=False),
        sa.Column("place", sa.Integer(), nullable=False, comment="1, 2, 3, …; those that are not ranked come last"),
        sa.Column("rank", sa.Integer(), comment="1, 2, 2, 4; null: not ranked"),
        sa.Column("standing", sa.String(length=16), nullable=False, comment="ranked, or why not"),
        sa.Column("from_day", sa.Date(), nullable=False),
        sa.Column("to_day", sa.Date(), nullable=False),
        sa.Column("days_seen", sa.Integer(), nullable=False),
        sa.Column("days_counted", sa.Integer(), nullable=False),
        sa.Column("days_closed_all_day", sa.Integer(), nullable=False),
        sa.Column("up_s", sa.BigInteger(), nullable=False),
        sa.Column("down_s", sa.BigInteger(), nullable=False),
        sa.Column("pre_s", sa.BigInteger(), nullable=False),
        sa.Column("early_s", sa.BigInteger(), nullable=False),
        sa.Column("stop_s", sa.BigInteger(), nullable=False),
        sa.Column("closed_s", sa.BigInteger(), nullable=False),
        sa.Column("unobserved_s", sa.BigInteger(), nullable=False),
        sa.Column("counted_up_s", sa.BigInteger(), nullable=False),
        sa.Column("counted_down_s", sa.BigInteger(), nullable=False),
        sa.Column("counted_outages", sa.BigInteger(), nullable=False),
        sa.Column("weighted_down_s", sa.BigInteger(), nullable=False),
        sa.Column("weighted_sched_s", sa.BigInteger(), nullable=False),
        sa.Column("outages", sa.BigInteger(), nullable=False),
        sa.Column("wait_readings", sa.BigInteger(), nullable=False),
        sa.Column("wait_minutes_sum", sa.BigInteger(), nullable=False),
        sa.Column("longest_outage_s", sa.Integer(), nullable=False),
        sa.Column("longest_wait_minutes", sa.SmallInteger()),
        sa.PrimaryKeyConstraint("period", "ride_id"),
        **MARIADB,
        if_not_exists=True,
    )
    op.create_index("ix_ride_leaderboard_period_place", "ride_leaderboard", ["period", "place"], if_not_exists=True)
    op.create_table(
        "data_version",
        sa.Column("only", sa.SmallInteger(), autoincrement=False, nullable=False, comment="1"),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("stepped_at", UtcDateTime, nullable=False),
        sa.PrimaryKeyConstraint("only"),
        **MARIADB,
        if_not_exists=True,
    )
