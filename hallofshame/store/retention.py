"""What leaves the database: the readings of final park-days, the old poll log. The caller owns the transaction.

Nothing is decided by age alone: a day that was never judged to its end keeps its readings, whatever came after it.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache

from sqlalchemy import Connection, String, and_, cast, delete, exists, false, func, or_, select

from hallofshame.model import Reading
from hallofshame.store.polls import ROWS_AT_ONCE, SLOT_WITHIN, answers, of_answer
from hallofshame.store.schema import park_days, parks, polls, readings, ride_names, rides

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
    numbered = answers(park_id, starts_at, ends_at)
    polled = conn.execute(select(numbered.c.number, numbered.c.slot, numbered.c.polled_at).order_by(numbered.c.slot))
    slots: list[datetime] = []
    found: dict[datetime, list[Reading]] = {}
    by_number: dict[int, tuple[datetime, list[Reading]]] = {}
    for number, slot, polled_at in polled:
        slots.append(slot)
        by_number[number] = (polled_at, found.setdefault(polled_at, []))
    names = _names(conn, park_id)
    query = select(numbered.c.number, *_READING).join_from(numbered, readings, of_answer(park_id, numbered))
    for rows in conn.execute(query).partitions(ROWS_AT_ONCE):
        for number, ride_id, is_open, wait_minutes, last_updated in rows:
            polled_at, said = by_number[number]
            name = _name_at(names[ride_id], polled_at)
            said.append(Reading(ride_id, name, is_open, wait_minutes, _moment(last_updated)))
    return StoredPolls(tuple(slots), found)


def has_readings(conn: Connection, park_id: int, starts_at: datetime, ends_at: datetime) -> bool:
    """Whether any readings are left of polls between the two; true as well for some of shortly before or after."""
    around = readings.c.slot.between(starts_at - SLOT_WITHIN, ends_at + SLOT_WITHIN)
    query = select(readings.c.slot).where(readings.c.park_id == park_id, around).limit(1)
    return conn.execute(query).first() is not None


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


# Most moments of a poll are the same: as text each is read once, where the driver would read every one.
_LAST_UPDATED = cast(readings.c.last_updated, String(26))
_READING = (readings.c.ride_id, readings.c.is_open, readings.c.wait_minutes, _LAST_UPDATED)
_OF_POLL = and_(readings.c.park_id == polls.c.park_id, readings.c.slot == polls.c.slot)


def _oldest_slot(conn: Connection) -> datetime | None:
    by_park = select(func.min(readings.c.slot)).group_by(readings.c.park_id)  # one step in the primary key a park
    return min(conn.execute(by_park).scalars(), default=None)


@lru_cache(maxsize=4_096)
def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text).replace(tzinfo=UTC) if text else None


def _names(conn: Connection, park_id: int) -> dict[int, list[tuple[datetime, str]]]:
    """Every name that each ride of a park ever had, with since when, in order."""
    columns = (ride_names.c.ride_id, ride_names.c.since_at, ride_names.c.name)
    query = select(*columns).join_from(ride_names, rides).where(rides.c.park_id == park_id)
    names: dict[int, list[tuple[datetime, str]]] = {}
    for ride_id, since_at, name in conn.execute(query.order_by(ride_names.c.since_at)):
        names.setdefault(ride_id, []).append((since_at, name))
    return names


def _name_at(history: Sequence[tuple[datetime, str]], moment: datetime) -> str:
    """The name a ride had then; its first known one for any moment before."""
    if len(history) == 1:
        return history[0][1]
    return next((name for since_at, name in reversed(history) if since_at <= moment), history[0][1])
