"""The minutes in which a watcher looked. The caller owns the transaction."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, delete, func, select, update

from hallofshame.store.schema import watch_ticks
from hallofshame.store.upsert import upsert

KEPT = timedelta(days=90)  # as the poll log: who was blind when is asked of later
ROWS_AT_ONCE = 1_000


@dataclass(frozen=True, slots=True)
class Tick:
    """One look of one watcher. `tick_id` tells it from another in the same minute."""

    tick_id: str
    host: str
    ticked_at: datetime

    @property
    def minute(self) -> datetime:
        """What watchers compete for."""
        return self.ticked_at.replace(second=0, microsecond=0)


def claim(conn: Connection, tick: Tick) -> bool:
    """Enter the tick's minute. False when another tick has it, which then judges."""
    row = {"minute": tick.minute, "tick_id": tick.tick_id, "host": tick.host, "ticked_at": tick.ticked_at}
    upsert(conn, watch_ticks, [row])
    is_ours = (watch_ticks.c.minute == tick.minute, watch_ticks.c.tick_id == tick.tick_id)
    return conn.execute(select(watch_ticks.c.minute).where(*is_ours)).first() is not None


def judged(conn: Connection, tick: Tick, now: datetime) -> None:
    """Note that what the tick found has been passed on: the next one begins where it looked."""
    conn.execute(update(watch_ticks).where(watch_ticks.c.minute == tick.minute).values(judged_at=now))


def judged_until(conn: Connection, tick: Tick) -> datetime | None:
    """When the newest tick before this one looked that was judged to its end; None before the first."""
    is_judged = (watch_ticks.c.judged_at.is_not(None), watch_ticks.c.minute < tick.minute)
    query = select(watch_ticks.c.ticked_at).where(*is_judged).order_by(watch_ticks.c.minute.desc())
    return conn.execute(query.limit(1)).scalar()


def newest(conn: Connection) -> datetime | None:
    """When a watcher looked last; None where none ever did."""
    return conn.execute(select(watch_ticks.c.ticked_at).order_by(watch_ticks.c.minute.desc()).limit(1)).scalar()


def ticked(conn: Connection, since: datetime, until: Tick) -> list[datetime]:
    """When watchers looked, in order: from the last time at or before `since` up to this tick."""
    before = select(func.max(watch_ticks.c.minute)).where(watch_ticks.c.minute <= since)
    span = watch_ticks.c.minute.between(conn.execute(before).scalar() or since, until.minute)
    query = select(watch_ticks.c.ticked_at).where(span).order_by(watch_ticks.c.minute)
    return list(conn.execute(query).scalars())


def forget_old(conn: Connection, now: datetime) -> int:
    """Delete some of the minutes that are too old to keep. Returns how many."""
    query = select(watch_ticks.c.minute).where(watch_ticks.c.minute < now - KEPT).order_by(watch_ticks.c.minute)
    old = conn.execute(query.limit(ROWS_AT_ONCE)).scalars().all()
    return conn.execute(delete(watch_ticks).where(watch_ticks.c.minute.in_(old))).rowcount if old else 0
