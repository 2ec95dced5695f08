"""More about each run: its release, lateness, page faults, attempts, what tells its process from a later one."""

import sqlalchemy as sa
from alembic import op

from hallofshame.store.columns import LongText

revision = "0003"
down_revision = "0002"

_INDEX = "ix_job_runs_state_host"


def upgrade() -> None:
    """Go to this revision; safe to run again after a break."""
    present = {column["name"] for column in sa.inspect(op.get_bind()).get_columns("job_runs")}
    for column in _columns():
        if column.name not in present:
            op.add_column("job_runs", column)
    if _INDEX not in {index["name"] for index in sa.inspect(op.get_bind()).get_indexes("job_runs")}:
        op.create_index(_INDEX, "job_runs", ["state", "host"])


def _columns() -> list["sa.Column[object]"]:
    # The release before this one writes rows without them.
    return [
        sa.Column("lateness_seconds", sa.Double(), comment="from scheduled_at to started_at: splay and waits included"),
        sa.Column("release", sa.String(length=100), comment="of this program"),
        sa.Column("pid_start_ticks", sa.BigInteger(), comment="clock ticks since boot"),
        sa.Column("attempt_ends", LongText, comment="JSON list: exit_code, signal, duration_seconds of each"),
        sa.Column("minor_faults", sa.BigInteger()),
        sa.Column("major_faults", sa.BigInteger()),
    ]
