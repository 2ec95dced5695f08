"""What the period before came to, beside each row of a ranking: what a trend is measured from."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"

_OF_PARKS = ("before_up_s", "before_down_s")
_OF_RIDES = (*_OF_PARKS, "before_wait_readings", "before_wait_minutes_sum")


def upgrade() -> None:
    """Go to this revision; safe to run again after a break."""
    for table, names in (("park_leaderboard", _OF_PARKS), ("ride_leaderboard", _OF_RIDES)):
        present = {column["name"] for column in sa.inspect(op.get_bind()).get_columns(table)}
        for name in names:
            if name not in present:  # the release before this one writes rows without it
                op.add_column(table, sa.Column(name, sa.BigInteger()))
