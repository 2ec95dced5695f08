"""Park-days judged once more: from their readings, and where those are purged from the archive."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from datetime import date, datetime
from functools import partial
from multiprocessing import get_context

from hallofshame import aggregation, archiving, tier_file
from hallofshame.aggregation import Outcome
from hallofshame.archive import Archive
from hallofshame.rules import calendar, periods
from hallofshame.rules.calendar import OperatingDay
from hallofshame.rules.constants import HISTORY_OPERATED_DAYS
from hallofshame.rules.snapshot import Snapshot
from hallofshame.rules.tiers import Tiers
from hallofshame.store import database, days
from hallofshame.store import engine as engines
from hallofshame.store.engine import Connection, Engine

WORKERS = 2  # judging is Python's work: a process for each core of a small host


def backfill_parks(
    database_url: str, archive_url: str, park_ids: Sequence[int], first: date, last: date, now: datetime
) -> Iterator[Counter[Outcome]]:
    """`backfill` of each park, several at once where there are several. Yields each as soon as it is known."""
    judge = partial(_backfill_park, database_url, archive_url, first=first, last=last, now=now)
    if len(park_ids) == 1:
        yield judge(park_ids[0])
        return
    with ProcessPoolExecutor(WORKERS, mp_context=get_context("spawn")) as pool:
        yield from pool.map(judge, park_ids)


def backfill(
    engine: Engine, archive: Archive, park_id: int, first: date, last: date, now: datetime, tiers: Tiers
) -> Counter[Outcome]:
    """Judge a park's days from the first to the last anew, then the days whose history they are. Returns what became.

    Each day in a transaction of its own, in order, so that a break leaves whole days, and at the end their weeks,
    months and years; safe to run again. Raises Permanent for a park that is not stored, or a day whose archive is
    damaged or gone.
    """
    zones = _zones_of_purged(engine, park_id, first)
    judge = partial(_judge, engine, archive, park_id, zones=zones, now=now, tiers=tiers)
    became = {day: judge(day) for day in periods.days(first, last)}
    with engines.read(engine) as conn:
        after = days.operated_after(conn, park_id, last, HISTORY_OPERATED_DAYS)
    became |= {day: judge(day) for day in after}
    final = [day for day, outcome in became.items() if outcome is Outcome.FINAL]
    engines.write(engine, partial(aggregation.lock_and_sum_periods, park_id=park_id, op_days=final))
    return Counter(became.values())


def _backfill_park(
    database_url: str, archive_url: str, park_id: int, first: date, last: date, now: datetime
) -> Counter[Outcome]:
    opened = database.open_ready(database_url)
    try:
        return backfill(opened, Archive(archive_url), park_id, first, last, now, tier_file.load())
    finally:
        opened.dispose()


def _zones_of_purged(engine: Engine, park_id: int, first: date) -> dict[date, str]:
    with engines.read(engine) as conn:
        return days.zones_of_purged(conn, park_id, first)


def _judge(
    engine: Engine,
    archive: Archive,
    park_id: int,
    op_day: date,
    *,
    zones: Mapping[date, str],
    now: datetime,
    tiers: Tiers,
) -> Outcome:
    """`zones`: those that purged days were cut by."""
    if op_day not in zones:
        outcome = aggregation.judge_again(engine, park_id, op_day, now, tiers)
        if outcome is not Outcome.PURGED:
            return outcome
        zones = _zones_of_purged(engine, park_id, op_day)  # it was purged meanwhile
    day = calendar.operating_day(op_day, zones[op_day])
    said = archiving.snapshots_of(engine, archive, park_id, day)
    engines.write(engine, partial(_replace, park_id=park_id, day=day, said=said, now=now, tiers=tiers))
    return Outcome.FINAL


def _replace(
    conn: Connection, park_id: int, day: OperatingDay, said: Sequence[Snapshot], now: datetime, tiers: Tiers
) -> None:
    days.lock(conn, park_id)
    aggregation.replace_day(conn, park_id, day, said, now, tiers)
