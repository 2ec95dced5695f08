"""Every table, commented. Migrations lead here; a test holds the two equal on both databases."""

from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Double,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    SmallInteger,
    String,
    Table,
)

from hallofshame.store.columns import LongText, UnsignedInteger, UtcDateTime

# The newest migration; a test holds it equal to alembic's head. A process compares it with the database's without
# importing alembic.
REVISION = "0001"

metadata = MetaData(
    naming_convention={"ix": "ix_%(table_name)s_%(column_0_N_name)s", "fk": "fk_%(table_name)s_%(column_0_N_name)s"}
)

# Names differ by case and accent, and compare the same on both databases.
MARIADB: dict[str, Any] = {
    "mysql_charset": "utf8mb4",
    "mysql_collate": "utf8mb4_bin",
    "mariadb_charset": "utf8mb4",
    "mariadb_collate": "utf8mb4_bin",
}

# As parks.json lists them, corrected by the override file. Ids are Queue-Times'.
parks = Table(
    "parks",
    metadata,
    Column("park_id", UnsignedInteger, primary_key=True, autoincrement=False),
    Column("name", String(200), nullable=False),
    Column("operator_id", UnsignedInteger, nullable=False),
    Column("operator", String(200), nullable=False),
    Column("country", String(100), nullable=False),
    Column("continent", String(100), nullable=False),
    Column("latitude", Double),
    Column("longitude", Double),
    Column("timezone", String(64), nullable=False),
    Column("first_seen_at", UtcDateTime, nullable=False),
    Column("last_seen_at", UtcDateTime, nullable=False, comment="newest list of parks that held it"),
    **MARIADB,
)

# Each name a park has had, from when on.
park_names = Table(
    "park_names",
    metadata,
    Column("park_id", ForeignKey(parks.c.park_id), primary_key=True),
    Column("since_at", UtcDateTime, primary_key=True),
    Column("name", String(200), nullable=False),
    **MARIADB,
)

# Each time zone a park has had: days that are over keep the zone they were cut by.
park_time_zones = Table(
    "park_time_zones",
    metadata,
    Column("park_id", ForeignKey(parks.c.park_id), primary_key=True),
    Column("since_at", UtcDateTime, primary_key=True),
    Column("timezone", String(64), nullable=False),
    Column("source", String(64), nullable=False, comment="queue-times, or the override file with its version"),
    **MARIADB,
)

# A ride's id is its identity: it survives renames, and is never a land's (domain page, Q8, Q10). Beside its facts
# stands what its newest reading said, so that the live page need not search the readings.
rides = Table(
    "rides",
    metadata,
    Column("ride_id", UnsignedInteger, primary_key=True, autoincrement=False),
    Column("park_id", ForeignKey(parks.c.park_id), nullable=False),
    Column("name", String(200), nullable=False),
    Column("land", String(200)),
    Column("first_seen_at", UtcDateTime, nullable=False),
    Column("last_seen_at", UtcDateTime, nullable=False),
    Column("state", String(8), nullable=False, comment="of the newest reading"),
    Column("wait_minutes", SmallInteger),
    Column("last_open_at", UtcDateTime, comment="newest reading that was open"),
    Column("closed_since_at", UtcDateTime, comment="first closed reading since then; unknown ones do not end it"),
    Index(None, "park_id"),
    **MARIADB,
)

# Each name a ride has had, from when on.
ride_names = Table(
    "ride_names",
    metadata,
    Column("ride_id", ForeignKey(rides.c.ride_id), primary_key=True),
    Column("since_at", UtcDateTime, primary_key=True),
    Column("name", String(200), nullable=False),
    **MARIADB,
)

# One row per park and slot: who was asked, when, and what came. `slot` is when the poll was due, so that two collectors
# that start together write it once.
polls = Table(
    "polls",
    metadata,
    Column("park_id", ForeignKey(parks.c.park_id), primary_key=True),
    Column("slot", UtcDateTime, primary_key=True),
    Column("polled_at", UtcDateTime, nullable=False),
    Column("outcome", String(16), nullable=False),
    Column("http_status", SmallInteger),
    Column("duration_milliseconds", Integer, nullable=False),
    Column("reason", String(500)),
    Index(None, "slot"),
    **MARIADB,
)

# One row per ride and successful poll, judged on arrival. The largest table: no foreign keys, and a park's day lies
# together on disk. Purged when its park-day is final.
readings = Table(
    "readings",
    metadata,
    Column("park_id", UnsignedInteger, primary_key=True, autoincrement=False),
    Column("slot", UtcDateTime, primary_key=True),
    Column("ride_id", UnsignedInteger, primary_key=True, autoincrement=False),
    Column("is_open", Boolean, nullable=False),
    Column("wait_minutes", SmallInteger),
    Column("last_updated", UtcDateTime),
    Column("state", String(8), nullable=False),
    **MARIADB,
)

# What was odd in the data, one row per kind and subject, counted.
data_issues = Table(
    "data_issues",
    metadata,
    Column("kind", String(40), primary_key=True),
    Column("subject", String(40), primary_key=True, comment="park:6, ride:12 or feed"),
    Column("detail", String(500), nullable=False),
    Column("occurrences", Integer, nullable=False),
    Column("first_seen_at", UtcDateTime, nullable=False),
    Column("last_seen_at", UtcDateTime, nullable=False),
    **MARIADB,
)

# One row per run of a job, whatever failed meanwhile: the wrapper's journal is replayed here.
job_runs = Table(
    "job_runs",
    metadata,
    Column("run_id", String(36), primary_key=True),
    Column("job", String(64), nullable=False),
    Column("state", String(16), nullable=False),
    Column("host", String(255), nullable=False),
    Column("boot_id", String(36), nullable=False),
    Column("pid", Integer, nullable=False),
    Column("argv", LongText, nullable=False, comment="JSON list, redacted"),
    Column("scheduled_at", UtcDateTime, nullable=False),
    Column("started_at", UtcDateTime, nullable=False),
    Column("finished_at", UtcDateTime),
    Column("duration_seconds", Double),
    Column("exit_code", SmallInteger),
    Column("signal", String(16)),
    Column("attempts", Integer, nullable=False),
    Column("cpu_seconds", Double),
    Column("peak_memory_bytes", BigInteger),
    Column("output_bytes", BigInteger, nullable=False),
    Column("output_lines", BigInteger, nullable=False),
    Column("output_head", LongText, nullable=False),
    Column("output_tail", LongText, nullable=False),
    Column("leftover", Boolean, nullable=False),
    Column("report", LongText, nullable=False, comment="JSON object of figures"),
    Column("reason", String(500)),
    Index(None, "job", "started_at"),
    Index(None, "started_at"),
    **MARIADB,
)
