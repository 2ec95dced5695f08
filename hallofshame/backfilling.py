"""Park-days judged once more: from their readings, and where those are purged from the archive."""

from collections import Counter
from collections.abc import Sequence
from datetime import date, datetime
from functools import partial

from hallofshame import aggregation, archiving
from hallofshame.aggregation import Outcome
from hallofshame.archive import Archive
from hallofshame.rules import calendar, periods
from hallofshame.rules.calendar import OperatingDay
from hallofshame.rules.constants import HISTORY_OPERATED_DAYS
from hallofshame.rules.snapshot import Snapshot
from hallofshame.rules.tiers import Tiers
from hallofshame.store import days, verdicts
from hallofshame.store import engine as engines
from hallofshame.store.engine import Connection, Engine


def backfill(
    engine: Engine, archive: Archive, park_id: int, first: date, last: date, now: datetime, tiers: Tiers
) -> Counter[Outcome]:
    """Judge a park's days from the first to the last anew, then the days whose history they are. Returns what became.

    Each day in a transaction of its own, in order, so that a break leaves whole days, and at the end their weeks,
    months and years; safe to run again. Raises Permanent for a park that is not stored, or a day whose archive is
    damaged or gone.
    """
    judge = partial(_judge, engine, archive, park_id, now=now, tiers=tiers)
    became = {day: judge(day) for day in periods.days(first, last)}
    with engines.read(engine) as conn:
        after = days.operated_after(conn, park_id, last, HISTORY_OPERATED_DAYS)
    became |= {day: judge(day) for day in after}
    final = [day for day, outcome in became.items() if outcome is Outcome.FINAL]
    engines.write(engine, partial(aggregation.lock_and_sum_periods, park_id=park_id, op_days=final))
    return Counter(became.values())


def _judge(engine: Engine, archive: Archive, park_id: int, op_day: date, *, now: datetime, tiers: Tiers) -> Outcome:
    outcome = aggregation.judge_again(engine, park_id, op_day, now, tiers)
    if outcome is not Outcome.PURGED:
        return outcome
    with engines.read(engine) as conn:
        day = calendar.operating_day(op_day, verdicts.park_day(conn, park_id, op_day)["timezone"])
    said = archiving.snapshots(archiving.polls_of(engine, archive, park_id, day))
    engines.write(engine, partial(_replace, park_id=park_id, day=day, said=said, now=now, tiers=tiers))
    return Outcome.FINAL


def _replace(
    conn: Connection, park_id: int, day: OperatingDay, said: Sequence[Snapshot], now: datetime, tiers: Tiers
) -> None:
    days.lock(conn, park_id)
    aggregation.replace_day(conn, park_id, day, said, now, tiers)
