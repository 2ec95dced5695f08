"""What leaves the database: the readings of final park-days, the old poll log. The caller owns the transaction.

Nothing is decided by age alone: a day that was never judged to its end keeps its readings, whatever came after it.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import Connection, and_, delete, exists, false, func, or_, select

from hallofshame.model import PollOutcome, Reading
from hallofshame.store.polls import SLOT_WITHIN
from hallofshame.store.schema import park_days, parks, polls, readings, ride_names

POLL_LOG_KEPT = timedelta(days=90)  # 0.11 GB; failures and response times are of no use for longer


@dataclass(frozen=True, slots=True)
class FinalDay:
    """A park-day that is final, with the zone it was cut by, and what is known of its park."""

    park_id: int
    op_day: date
    timezone: str
    is_purged: bool
    park: str
    country: str


@dataclass(frozen=True, slots=True)
class StoredPolls:
    """A park's successful polls: their slots, and what is left of their readings, by poll time. Lands are not kept."""

    slots: tuple[datetime, ...]
    readings: Mapping[datetime, Sequence[Reading]]


def final_days(conn: Connection) -> list[FinalDay]:
    """Final park-days that are not purged, or that may have got readings since, in order."""
    not_purged = park_days.c.readings_purged_at.is_(None)
    oldest = _oldest_slot(conn)
    refilled = park_days.c.op_day >= (oldest - SLOT_WITHIN).date() if oldest else false()
    query = (
        select(
            *(park_days.c.park_id, park_days.c.op_day, park_days.c.timezone),
            *(park_days.c.readings_purged_at.is_not(None), parks.c.name, parks.c.country),
        )
        .join_from(park_days, parks)
        .where(park_days.c.is_final, or_(not_purged, refilled))
        .order_by(park_days.c.op_day, park_days.c.park_id)
    )
    return [FinalDay(*row) for row in conn.execute(query)]


def polls_between(conn: Connection, park_id: int, starts_at: datetime, ends_at: datetime) -> StoredPolls:
    """A park's successful polls from `starts_at` up to, not including, `ends_at`; rides are named as at that time."""
    rows = conn.execute(
        select(polls.c.slot, polls.c.polled_at, *_READING)
        .join_from(polls, readings, _OF_POLL, isouter=True)
        .where(
            polls.c.park_id == park_id,
            polls.c.slot.between(starts_at - SLOT_WITHIN, ends_at + SLOT_WITHIN),
            polls.c.polled_at >= starts_at,
            polls.c.polled_at < ends_at,
            polls.c.outcome == PollOutcome.OK.value,
        )
        .order_by(polls.c.slot)
    ).all()
    names = _names(conn, {row.ride_id for row in rows if row.ride_id is not None})
    found: dict[datetime, list[Reading]] = {row.polled_at: [] for row in rows}
    for row in rows:
        if row.ride_id is not None:
            name = _name_at(names[row.ride_id], row.polled_at)
            reading = Reading(row.ride_id, name, row.is_open, row.wait_minutes, row.last_updated)
            found[row.polled_at].append(reading)
    return StoredPolls(tuple(dict.fromkeys(row.slot for row in rows)), found)


def purge(conn: Connection, park_id: int, slots: Iterable[datetime]) -> int:
    """Delete the readings of a park's slots; their lines in the poll log stay. Returns how many."""
    return conn.execute(delete(readings).where(readings.c.park_id == park_id, readings.c.slot.in_(slots))).rowcount


def parks_with_old_polls(conn: Connection, now: datetime) -> list[int]:
    """The parks with lines in the poll log that are too old to keep."""
    query = select(polls.c.park_id).where(polls.c.slot < now - POLL_LOG_KEPT).distinct()
    return sorted(conn.execute(query).scalars())


def forget_polls(conn: Connection, park_id: int, now: datetime) -> int:
    """Delete a park's lines of the poll log that are too old to keep; those with readings stay. Returns how many."""
    has_readings = exists().where(_OF_POLL)
    old = (polls.c.park_id == park_id, polls.c.slot < now - POLL_LOG_KEPT)
    return conn.execute(delete(polls).where(*old, ~has_readings)).rowcount


_READING = tuple(readings.c[name] for name in ("ride_id", "is_open", "wait_minutes", "last_updated"))
_OF_POLL = and_(readings.c.park_id == polls.c.park_id, readings.c.slot == polls.c.slot)


def _oldest_slot(conn: Connection) -> datetime | None:
    by_park = select(func.min(readings.c.slot)).group_by(readings.c.park_id)  # one step in the primary key a park
    return min(conn.execute(by_park).scalars(), default=None)


def _names(conn: Connection, ride_ids: set[int]) -> dict[int, list[tuple[datetime, str]]]:
    names: dict[int, list[tuple[datetime, str]]] = {}
    columns = (ride_names.c.ride_id, ride_names.c.since_at, ride_names.c.name)
    query = select(*columns).where(ride_names.c.ride_id.in_(ride_ids)).order_by(ride_names.c.since_at)
    for row in conn.execute(query):
        names.setdefault(row.ride_id, []).append((row.since_at, row.name))
    return names


def _name_at(history: Sequence[tuple[datetime, str]], moment: datetime) -> str:
    """The name a ride had then; its first known one for any moment before."""
    return next((name for since_at, name in reversed(history) if since_at <= moment), history[0][1])
