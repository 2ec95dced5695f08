"""Every table, commented. Migrations lead here; a test holds the two equal on both databases."""

from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Date,
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
REVISION = "0007"

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


def _figures(*names: str, kind: type[Integer] = Integer) -> list[Column[int]]:
    """Columns that only add up: seconds, counts, sums. A year of a large park passes 31 bits, a day never does."""
    return [Column(name, kind, nullable=False) for name in names]


_SUMS = ("up_s", "down_s", "weighted_down_s", "weighted_sched_s")  # of counted rides
BUCKETS = ("up_s", "down_s", "pre_s", "early_s", "stop_s", "closed_s", "unobserved_s")  # add up to the window
_COUNTED = ("counted_up_s", "counted_down_s", "counted_outages", "weighted_down_s", "weighted_sched_s")

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

# What the names say a ride weighs and is, or a person did, with the reason: shown beside the ride.
ride_classifications = Table(
    "ride_classifications",
    metadata,
    Column("ride_id", ForeignKey(rides.c.ride_id), primary_key=True),
    Column("tier", SmallInteger, nullable=False),
    Column("tier_reason", String(500), nullable=False),
    Column("kind", String(16), nullable=False),
    Column("kind_reason", String(500), nullable=False),
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

# A park's operating day, judged as a whole: provisional until it is final. The zone is the one it was cut by, whatever
# the park's is now. Where it did not operate the figures of the window are 0.
park_days = Table(
    "park_days",
    metadata,
    Column("park_id", ForeignKey(parks.c.park_id), primary_key=True),
    Column("op_day", Date, primary_key=True),
    Column("timezone", String(64), nullable=False),
    Column("rules_version", SmallInteger, nullable=False),
    Column("is_final", Boolean, nullable=False),
    Column("operated", Boolean, nullable=False),
    Column("opened_at", UtcDateTime),
    Column("closed_at", UtcDateTime),
    Column("open_edge_known", Boolean, nullable=False),
    Column("close_edge_known", Boolean, nullable=False),
    *_figures("snapshots", "rides_open_any"),  # of the whole operating day
    *_figures("snapshots_in_window", "window_s", "observed_s", "stop_s"),
    *_figures("rides_seen", "rides_opened", "rides_counted", "rides_closed_all_day"),
    *_figures(*_SUMS, "outages"),
    Column("peak_rides_open", SmallInteger, comment="at an active poll; what a stop is measured by"),
    Column("last_active_at", UtcDateTime, comment="from then on the window is only an extension"),
    Column("computed_at", UtcDateTime, nullable=False),
    Column("readings_purged_at", UtcDateTime, comment="from then on it cannot be judged again from the database"),
    Index(None, "op_day"),
    **MARIADB,
)

# Where a ride's seconds went on a day its park operated, and what the days after it need to know of it, so that they
# never need readings. Like every table below it lies in the order of park and day: a park-day is replaced in one
# place, and a ride's history is read within its park's. No foreign keys: the rows come and go with the park-day.
ride_days = Table(
    "ride_days",
    metadata,
    Column("park_id", UnsignedInteger, primary_key=True, autoincrement=False),
    Column("op_day", Date, primary_key=True),
    Column("ride_id", UnsignedInteger, primary_key=True, autoincrement=False),
    Column("weight", SmallInteger, nullable=False),
    Column("is_counted", Boolean, nullable=False),
    Column("is_queue_ride", Boolean, nullable=False),
    Column("is_usually_open", Boolean, nullable=False),
    Column("is_closed_all_day", Boolean, nullable=False),
    *_figures(*BUCKETS, "outages", "longest_outage_s"),
    *_figures(*_COUNTED),  # the same and times the weight; 0 where the ride is not counted
    *_figures("wait_readings", "wait_minutes_sum"),  # of a counted ride, while it was open
    Column("longest_wait_minutes", SmallInteger),
    Column("waits_seen", Boolean, nullable=False),
    Column("first_open_clock_s", Integer, comment="wall clock from 04:00"),
    Column("last_open_clock_s", Integer, comment="wall clock from 04:00"),
    Column("usual_closing_clock_s", Integer, comment="wall clock from 04:00; of the days before, null: not known"),
    **MARIADB,
)

# Each outage of each ride. `down_s` may be less than the time between.
outages = Table(
    "outages",
    metadata,
    Column("park_id", UnsignedInteger, primary_key=True, autoincrement=False),
    Column("op_day", Date, primary_key=True),
    Column("ride_id", UnsignedInteger, primary_key=True, autoincrement=False),
    Column("began_at", UtcDateTime, primary_key=True),
    Column("ended_at", UtcDateTime, nullable=False),
    *_figures("down_s"),
    Column("has_reopened", Boolean, nullable=False),
    **MARIADB,
)

# Counted rides by the UTC moment a local hour began, so that half-hour zones and the doubled hour stay apart.
ride_hours = Table(
    "ride_hours",
    metadata,
    Column("park_id", UnsignedInteger, primary_key=True, autoincrement=False),
    Column("op_day", Date, primary_key=True),
    Column("ride_id", UnsignedInteger, primary_key=True, autoincrement=False),
    Column("hour", UtcDateTime, primary_key=True),
    *_figures("up_s", "down_s", "wait_readings", "wait_minutes_sum"),
    Column("longest_wait_minutes", SmallInteger),
    **MARIADB,
)
park_hours = Table(
    "park_hours",
    metadata,
    Column("park_id", UnsignedInteger, primary_key=True, autoincrement=False),
    Column("op_day", Date, primary_key=True),
    Column("hour", UtcDateTime, primary_key=True),
    *_figures(*_SUMS),
    **MARIADB,
)


def _park_sums() -> list[Column[int]]:
    """What park-days add up to. `rides_counted`: on at least one of the days; rides closed all day: ride-days."""
    return [
        *_figures("days", "operated_days", "rides_counted", "rides_closed_all_day"),
        *_figures("snapshots", "snapshots_in_window", "window_s", "observed_s", "stop_s", kind=BigInteger),
        *_figures(*_SUMS, "outages", kind=BigInteger),
    ]


def _ride_sums() -> list[Column[int]]:
    """What ride-days add up to, and the largest where a name says longest."""
    return [
        *_figures("days_seen", "days_counted", "days_closed_all_day"),
        *_figures(*BUCKETS, *_COUNTED, "outages", "wait_readings", "wait_minutes_sum", kind=BigInteger),
        *_figures("longest_outage_s"),
        Column("longest_wait_minutes", SmallInteger),
    ]


# What the counted rides of the period before came to, for the trend; null: nothing is known of it.
BEFORE = ("before_up_s", "before_down_s")
BEFORE_WAITS = ("before_wait_readings", "before_wait_minutes_sum")


def _figures_before(*names: str) -> list[Column[int | None]]:
    return [Column(name, BigInteger) for name in names]


# Weeks (ISO), months and years: sums of final day rows.
park_periods = Table(
    "park_periods",
    metadata,
    Column("park_id", UnsignedInteger, primary_key=True, autoincrement=False),
    Column("grain", String(8), primary_key=True, comment="week, month or year"),
    Column("starts_on", Date, primary_key=True),
    *_park_sums(),
    **MARIADB,
)
ride_periods = Table(
    "ride_periods",
    metadata,
    Column("park_id", UnsignedInteger, primary_key=True, autoincrement=False),
    Column("grain", String(8), primary_key=True, comment="week, month or year"),
    Column("starts_on", Date, primary_key=True),
    Column("ride_id", UnsignedInteger, primary_key=True, autoincrement=False),
    *_ride_sums(),
    **MARIADB,
)

# The hall of shame: who is ranked in a period, who is not and why, each in its park's own operating days, in order.
# No foreign keys: to replace thousands of rows would lock every ride against the collector.
park_leaderboard = Table(
    "park_leaderboard",
    metadata,
    Column("period", String(16), primary_key=True),
    Column("park_id", UnsignedInteger, primary_key=True, autoincrement=False),
    Column("place", Integer, nullable=False, comment="1, 2, 3, …; those that are not ranked come last"),
    Column("rank", Integer, comment="1, 2, 2, 4; null: not ranked"),
    Column("standing", String(16), nullable=False, comment="ranked, or why not"),
    Column("from_day", Date, nullable=False),
    Column("to_day", Date, nullable=False),
    *_park_sums(),
    *_figures_before(*BEFORE),
    Index(None, "period", "place"),
    **MARIADB,
)
ride_leaderboard = Table(
    "ride_leaderboard",
    metadata,
    Column("period", String(16), primary_key=True),
    Column("ride_id", UnsignedInteger, primary_key=True, autoincrement=False),
    Column("park_id", UnsignedInteger, nullable=False),
    Column("place", Integer, nullable=False, comment="1, 2, 3, …; those that are not ranked come last"),
    Column("rank", Integer, comment="1, 2, 2, 4; null: not ranked"),
    Column("standing", String(16), nullable=False, comment="ranked, or why not"),
    Column("from_day", Date, nullable=False),
    Column("to_day", Date, nullable=False),
    *_ride_sums(),
    *_figures_before(*BEFORE, *BEFORE_WAITS),
    Index(None, "period", "place"),
    **MARIADB,
)

# One row. What is served depends on nothing else but the clock and the request, and steps when a job commits.
data_version = Table(
    "data_version",
    metadata,
    Column("only", SmallInteger, primary_key=True, autoincrement=False, comment="1"),
    Column("version", BigInteger, nullable=False),
    Column("stepped_at", UtcDateTime, nullable=False),
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
    Column("lateness_seconds", Double, comment="from scheduled_at to started_at: splay and waits included"),
    Column("release", String(100), comment="of this program"),
    Column("pid_start_ticks", BigInteger, comment="clock ticks since boot"),
    Column("finished_at", UtcDateTime),
    Column("duration_seconds", Double),
    Column("exit_code", SmallInteger),
    Column("signal", String(16)),
    Column("attempts", Integer, nullable=False),
    Column("attempt_ends", LongText, comment="JSON list: exit_code, signal, duration_seconds of each"),
    Column("cpu_seconds", Double),
    Column("minor_faults", BigInteger),
    Column("major_faults", BigInteger),
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
    Index(None, "state", "host"),
    **MARIADB,
)

# What was, or is, wrong with a job. A row is the newest state of an incident; its host's state directory decides.
incidents = Table(
    "incidents",
    metadata,
    Column("incident_id", String(36), primary_key=True),
    Column("job", String(64), nullable=False),
    Column("kind", String(16), nullable=False),
    Column("host", String(255), nullable=False),
    Column("opened_at", UtcDateTime, nullable=False),
    Column("ended_at", UtcDateTime),
    Column("failures", Integer, nullable=False),
    Column("told", Integer, nullable=False, comment="mails"),
    Column("run_id", String(36), comment="the newest of its runs"),
    Column("detail", String(500)),
    Column("acknowledged_at", UtcDateTime),
    Column("snoozed_until", UtcDateTime),
    Column("storm_id", String(36)),
    Column("is_flapping", Boolean, nullable=False),
    Column("changed_at", UtcDateTime, nullable=False),
    Index(None, "opened_at"),
    Index(None, "ended_at"),
    **MARIADB,
)

# Every decision about an incident, with its reason's name.
incident_changes = Table(
    "incident_changes",
    metadata,
    Column("change_id", String(36), primary_key=True),
    Column("incident_id", String(36), nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Column("decision", String(24), nullable=False),
    Column("kind", String(16), nullable=False),
    Column("run_id", String(36)),
    Index(None, "incident_id", "at"),
    **MARIADB,
)

# Every mail about incidents, and how it left. Its text stands in the outbox folder of the state directory.
outbox = Table(
    "outbox",
    metadata,
    Column("message_id", String(150), primary_key=True),
    Column("thread_id", String(64), nullable=False),
    Column("job", String(64)),
    Column("host", String(255), nullable=False),
    Column("subject", String(100), nullable=False),
    Column("recipients", LongText, nullable=False, comment="JSON list"),
    Column("queued_at", UtcDateTime, nullable=False),
    Column("accepted_at", UtcDateTime, comment="null: it waits"),
    Column("accepted_by", String(16)),
    Column("tries", LongText, nullable=False, comment="JSON list of sentences"),
    Index(None, "queued_at"),
    Index(None, "accepted_at"),
    **MARIADB,
)

# What somebody asked for through a mail's link: its host does it at the next tick.
alert_requests = Table(
    "alert_requests",
    metadata,
    Column("request_id", String(36), primary_key=True),
    Column("incident_id", String(36), nullable=False),
    Column("action", String(16), nullable=False, comment="acknowledge or snooze"),
    Column("asked_at", UtcDateTime, nullable=False),
    Column("done_at", UtcDateTime),
    Index(None, "done_at"),
    **MARIADB,
)

# One row per minute in which a watcher looked: whoever enters it first judges due times. Where rows are left out,
# nobody looked.
watch_ticks = Table(
    "watch_ticks",
    metadata,
    Column("minute", UtcDateTime, primary_key=True),
    Column("tick_id", String(36), nullable=False),
    Column("host", String(255), nullable=False),
    Column("ticked_at", UtcDateTime, nullable=False),
    Column("judged_at", UtcDateTime, comment="null: it broke off"),
    **MARIADB,
)
