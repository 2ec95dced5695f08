"""What the judged part of a day leaves to the live page: a park's peak and last active poll, a ride's usual closing."""

from typing import Any

import sqlalchemy as sa
from alembic import op

from hallofshame.store.columns import UtcDateTime

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Go to this revision; safe to run again after a break."""
    for table, columns in _columns().items():
        present = {column["name"] for column in sa.inspect(op.get_bind()).get_columns(table)}
        for column in columns:
            if column.name not in present:
                op.add_column(table, column)


def _columns() -> dict[str, list["sa.Column[Any]"]]:
    # The release before this one writes rows without them.
    return {
        "park_days": [
            sa.Column("peak_rides_open", sa.SmallInteger(), comment="at an active poll; what a stop is measured by"),
            sa.Column("last_active_at", UtcDateTime, comment="from then on the window is only an extension"),
        ],
        "ride_days": [
            sa.Column(
                "usual_closing_clock_s",
                sa.Integer(),
                comment="wall clock from 04:00; of the days before, null: not known",
            ),
        ],
    }
