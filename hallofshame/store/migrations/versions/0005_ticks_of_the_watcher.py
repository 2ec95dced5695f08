"""The minutes in which a watcher looked: what decides who judges one, and tells when nobody did."""

from typing import Any

import sqlalchemy as sa
from alembic import op

from hallofshame.store.columns import UtcDateTime

revision = "0005"
down_revision = "0004"

MARIADB: dict[str, Any] = {
    "mysql_charset": "utf8mb4",
    "mysql_collate": "utf8mb4_bin",
    "mariadb_charset": "utf8mb4",
    "mariadb_collate": "utf8mb4_bin",
}


def upgrade() -> None:
    """Go to this revision; safe to run again after a break."""
    op.create_table(
        "watch_ticks",
        sa.Column("minute", UtcDateTime, nullable=False),
        sa.Column("tick_id", sa.String(length=36), nullable=False),
        sa.Column("host", sa.String(length=255), nullable=False),
        sa.Column("ticked_at", UtcDateTime, nullable=False),
        sa.Column("judged_at", UtcDateTime, comment="null: it broke off"),
        sa.PrimaryKeyConstraint("minute"),
        **MARIADB,
        if_not_exists=True,
    )
