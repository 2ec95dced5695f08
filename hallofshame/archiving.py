"""Park-days go to the archive, and only then leave the database; and what both hold of one, together.

A day leaves when it is final, old enough, written and read back. Once purged it can be judged from the archive alone:
nothing that is archived is ever taken away, only added to.
"""

import logging
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from threading import Event

from hallofshame.archive import Archive, Polls
from hallofshame.errors import Permanent, Transient
from hallofshame.model import Payload, Reading
from hallofshame.polls_file import Header
from hallofshame.rules import calendar, snapshot
from hallofshame.rules.calendar import OperatingDay
from hallofshame.rules.constants import FINAL_AFTER_SECONDS
from hallofshame.rules.readings import clean
from hallofshame.rules.snapshot import Snapshot
from hallofshame.store import days, retention
from hallofshame.store import engine as engines
from hallofshame.store.engine import Engine
from hallofshame.store.retention import FinalDay, StoredPolls

SOURCE = "archive, Powered by Queue-Times.com"
WORKERS = 2  # while the database deletes for one day, another is packed
SLOTS_A_TRANSACTION = 24  # some 900 rows: no lock lasts longer than a collector's own

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Retired:
    """What left the database: park-days with how many readings, lines of the poll log; and what could not, and why."""

    days: int
    readings: int
    polls: int
    failures: tuple[str, ...]


def retire(engine: Engine, archive: Archive, now: datetime, keep: timedelta) -> Retired:
    """Archive and purge every park-day that has been final for `keep`, and the poll log that is too old.

    A day that fails stays as it is and is named; when the archive does not answer, the rest is left for the next run.
    Safe to run again after a break, or twice at once. Raises what the database raises.
    """
    with engines.read(engine) as conn:
        final, logged = retention.final_days(conn), retention.parks_with_old_polls(conn, now)
    failures: list[str] = []
    is_away = Event()

    def attempt(day: FinalDay) -> int | None:
        try:
            return None if is_away.is_set() else _retire_day(engine, archive, day, now)
        except (Permanent, Transient) as error:
            failures.append(f"park {day.park_id}, {day.op_day}: {error}")
            log.warning("readings stay: %s", failures[-1])
            if isinstance(error, Transient):
                is_away.set()
            return None

    with ThreadPoolExecutor(WORKERS) as pool:
        left = list(pool.map(attempt, (day for day in final if _is_due(day, now, keep))))
    readings = [count for count in left if count is not None]
    polls = sum(engines.write(engine, partial(retention.forget_polls, park_id=each, now=now)) for each in logged)
    return Retired(len(readings), sum(readings), polls, tuple(failures))


def polls_of(engine: Engine, archive: Archive, park_id: int, day: OperatingDay) -> Polls:
    """Everything that is known of a park's operating day: what the database holds, and what is archived.

    Raises Permanent for a day whose readings are purged while the archive does not hold it.
    """
    with engines.read(engine) as conn:
        standing = days.standing(conn, park_id, day.op_day)
        stored = retention.polls_between(conn, park_id, day.starts_at, day.ends_at)
    archived = archive.read(park_id, day.op_day)
    if archived is None and standing and standing.readings_purged_at:
        raise Permanent(f"park {park_id}, {day.op_day}: its readings are purged, and {archive.url} does not hold them")
    return _together(stored, archived or {})


def snapshots_of(engine: Engine, archive: Archive, park_id: int, day: OperatingDay) -> list[Snapshot]:
    """The same as the rules take it, in far less time where everything has left the database."""
    with engines.read(engine) as conn:
        has_left = not retention.has_readings(conn, park_id, day.starts_at, day.ends_at)
    archived = archive.snapshots(park_id, day.op_day) if has_left else None
    return snapshots(polls_of(engine, archive, park_id, day)) if archived is None else archived


def snapshots(polls: Polls) -> list[Snapshot]:
    """A day's polls as the rules take them."""
    return [snapshot.take(readings.values(), polled_at) for polled_at, readings in polls.items()]


def _is_due(day: FinalDay, now: datetime, keep: timedelta) -> bool:
    final_at = _operating_day(day).ends_at + timedelta(seconds=FINAL_AFTER_SECONDS)
    return final_at + keep <= now


def _retire_day(engine: Engine, archive: Archive, day: FinalDay, now: datetime) -> int | None:
    """Archive one park-day and delete its readings. Returns how many, None where nothing was left to do."""
    operating_day = _operating_day(day)
    with engines.read(engine) as conn:
        stored = retention.polls_between(conn, day.park_id, operating_day.starts_at, operating_day.ends_at)
    if day.is_purged and not any(stored.readings.values()):
        return None
    _archive(archive, day, stored)
    # First, so that a break between the two leaves no day that looks whole and is not.
    engines.write(engine, partial(days.mark_purged, park_id=day.park_id, op_day=day.op_day, now=now))
    batches = [stored.slots[at : at + SLOTS_A_TRANSACTION] for at in range(0, len(stored.slots), SLOTS_A_TRANSACTION)]
    purge = partial(retention.purge, park_id=day.park_id)
    return sum(engines.write(engine, partial(purge, slots=batch)) for batch in batches)


def _archive(archive: Archive, day: FinalDay, stored: StoredPolls) -> None:
    """Bring a park-day to the archive, unless it is there and whole. Raises Permanent when it does not read back."""
    archived = archive.read(day.park_id, day.op_day) or {}
    whole = _together(stored, archived)
    if whole != archived:
        archive.write(day.op_day, Header(day.park_id, day.park, day.timezone, day.country, SOURCE), whole)


def _together(stored: StoredPolls, archived: Polls) -> Polls:
    """Each poll with every ride that either of both has; where both have it, they say the same."""
    from_store = {polled_at: _by_ride(readings) for polled_at, readings in stored.readings.items()}
    moments = sorted(from_store.keys() | archived.keys())
    return {moment: {**from_store.get(moment, {}), **archived.get(moment, {})} for moment in moments}


def _by_ride(readings: Sequence[Reading]) -> Mapping[int, Reading]:
    """Two polls of one second are one (domain page, 4.4)."""
    by_ride = {reading.ride_id: reading for reading in readings}
    if len(by_ride) == len(readings):
        return by_ride  # cleaned on arrival
    return {reading.ride_id: reading for reading in clean(Payload(tuple(readings))).readings}


def _operating_day(day: FinalDay) -> OperatingDay:
    return calendar.operating_day(day.op_day, day.timezone)
