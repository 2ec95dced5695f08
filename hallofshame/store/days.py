"""Judged park-days: each replaced whole, with its rides, hours and outages. The caller owns the transaction."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Table, delete, exists, func, select, tuple_, update

from hallofshame.store.schema import outages, park_days, park_hours, parks, ride_days, ride_hours
from hallofshame.store.upsert import upsert

Row = dict[str, Any]
Facts = tuple[int, bool, int | None, int | None]  # ride id, waits seen, clocks of the first and the last OPEN reading


@dataclass(frozen=True, slots=True)
class DayRows:
    """A judged park-day as rows of its five tables; what they share, park and day, stands in `park_day` alone."""

    park_day: Row
    ride_days: Sequence[Row] = ()
    outages: Sequence[Row] = ()
    ride_hours: Sequence[Row] = ()
    park_hours: Sequence[Row] = ()


@dataclass(frozen=True, slots=True)
class Standing:
    """Whether a stored park-day may be judged again."""

    is_final: bool
    readings_purged_at: datetime | None


@dataclass(frozen=True, slots=True)
class Edges:
    """Whether a poll shortly outside a window shows that it begins, and ends, there."""

    opening_known: bool
    closing_known: bool


def lock(conn: Connection, park_id: int) -> None:
    """Wait until no one else judges days of this park. Comes before the first read, which would fix what is seen."""
    conn.execute(select(parks.c.park_id).where(parks.c.park_id == park_id).with_for_update())


def standing(conn: Connection, park_id: int, op_day: date) -> Standing | None:
    """How a stored park-day stands; None where it is not stored."""
    columns = (park_days.c[name] for name in Standing.__dataclass_fields__)
    row = conn.execute(select(*columns).where(*_is(park_days, park_id, op_day))).first()
    return None if row is None else Standing(*row)


def replace(conn: Connection, rows: DayRows) -> None:
    """Put a judged park-day in the place of what was stored of it; a row that stays as it is is not written."""
    key: Row = {name: rows.park_day[name] for name in ("park_id", "op_day")}
    upsert(conn, park_days, [rows.park_day], update=[name for name in rows.park_day if name not in key])
    parts = {ride_days: rows.ride_days, outages: rows.outages, ride_hours: rows.ride_hours, park_hours: rows.park_hours}
    for table, lines in parts.items():
        _replace_part(conn, table, key, lines)


def _replace_part(conn: Connection, table: Table, key: Row, lines: Sequence[Row]) -> None:
    """Most rows of a day that is judged again are what they were, and reading one costs a quarter of writing it."""
    identity = [column.name for column in table.primary_key if column.name not in key]
    names = identity + [name for name in (lines[0] if lines else ()) if name not in identity]
    query = select(*(table.c[name] for name in names)).where(*_is(table, **key))
    stored = {row[:] for row in conn.execute(query)}
    judged = {tuple(map(line.__getitem__, names)): line for line in lines}
    changed = [key | line for row, line in judged.items() if row not in stored]
    upsert(conn, table, changed, update=names[len(identity) :])
    gone = {row[: len(identity)] for row in stored - judged.keys()} - {row[: len(identity)] for row in judged}
    if gone:
        is_gone = tuple_(*(table.c[name] for name in identity)).in_(gone)
        conn.execute(delete(table).where(*_is(table, **key), is_gone))


def facts_before(conn: Connection, park_id: int, op_day: date, limit: int) -> list[list[Facts]]:
    """What the rides of each of the park's newest operated days before a day left to it, the newest day last."""
    number = func.row_number().over(order_by=park_days.c.op_day.desc()).label("number")  # cheaper to read than a date
    newest = (
        select(park_days.c.op_day, number)
        .where(park_days.c.park_id == park_id, park_days.c.op_day < op_day, park_days.c.operated)
        .order_by(park_days.c.op_day.desc())
        .limit(limit)
        .subquery("newest")
    )
    facts = (ride_days.c[name] for name in ("ride_id", "waits_seen", "first_open_clock_s", "last_open_clock_s"))
    query = (
        select(newest.c.number, *facts)
        .join_from(newest, ride_days, (ride_days.c.park_id == park_id) & (ride_days.c.op_day == newest.c.op_day))
        .order_by(newest.c.number.desc())
    )
    by_day: dict[int, list[Facts]] = {}
    for day, ride_id, waits_seen, first_open_clock_s, last_open_clock_s in conn.execute(query):
        by_day.setdefault(day, []).append((ride_id, waits_seen, first_open_clock_s, last_open_clock_s))
    return list(by_day.values())


def operated_after(conn: Connection, park_id: int, op_day: date, limit: int) -> list[date]:
    """The park's next operated days after a day: those whose history holds it."""
    query = (
        select(park_days.c.op_day)
        .where(park_days.c.park_id == park_id, park_days.c.op_day > op_day, park_days.c.operated)
        .order_by(park_days.c.op_day)
        .limit(limit)
    )
    return list(conn.execute(query).scalars())


def zones_of_purged(conn: Connection, park_id: int, since: date) -> dict[date, str]:
    """The zone that each of a park's purged days from a day on was cut by."""
    query = select(park_days.c.op_day, park_days.c.timezone).where(
        park_days.c.park_id == park_id, park_days.c.op_day >= since, park_days.c.readings_purged_at.is_not(None)
    )
    return {row.op_day: row.timezone for row in conn.execute(query)}


def final_since(conn: Connection, op_day: date) -> set[tuple[int, date]]:
    """Every final park-day from a day on, by park and day."""
    query = select(park_days.c.park_id, park_days.c.op_day).where(park_days.c.op_day >= op_day, park_days.c.is_final)
    return {(row.park_id, row.op_day) for row in conn.execute(query)}


def newest_judgement(conn: Connection, since: date) -> datetime | None:
    """When an unfinished day was judged last, of the days from a day on."""
    query = select(func.max(park_days.c.computed_at)).where(park_days.c.op_day >= since, ~park_days.c.is_final)
    return conn.execute(query).scalar()


def newest_final(conn: Connection, since: date) -> dict[int, date]:
    """Each park's newest final day of the days from a day on, by park id."""
    query = select(park_days.c.park_id, func.max(park_days.c.op_day))
    query = query.where(park_days.c.op_day >= since, park_days.c.is_final).group_by(park_days.c.park_id)
    return {row[0]: row[1] for row in conn.execute(query)}


def newest(conn: Connection, park_id: int, not_after: date) -> Row | None:
    """A park's newest judged day."""
    query = select(park_days).where(park_days.c.park_id == park_id, park_days.c.op_day <= not_after)
    row = conn.execute(query.order_by(park_days.c.op_day.desc()).limit(1)).mappings().first()
    return None if row is None else dict(row)


def edges(conn: Connection, park_ids: Collection[int], op_days: Collection[date]) -> dict[tuple[int, date], Edges]:
    """Whether the ends of the windows of some parks and days are known, by park and day; where they operated."""
    columns = (park_days.c.park_id, park_days.c.op_day, park_days.c.open_edge_known, park_days.c.close_edge_known)
    query = select(*columns).where(
        park_days.c.park_id.in_(park_ids), park_days.c.op_day.in_(op_days), park_days.c.operated
    )
    return {(park_id, op_day): Edges(opening, closing) for park_id, op_day, opening, closing in conn.execute(query)}


def parks_with_waits(conn: Connection) -> set[int]:
    """The parks that have ever reported a wait; the others tell open and closed alone."""
    reported = exists().where(ride_days.c.park_id == parks.c.park_id, ride_days.c.waits_seen)
    return set(conn.execute(select(parks.c.park_id).where(reported)).scalars())


def mark_purged(conn: Connection, park_id: int, op_day: date, now: datetime) -> None:
    """Note that a park-day's readings are gone, so that nobody takes their absence for an empty day."""
    conn.execute(update(park_days).where(*_is(park_days, park_id, op_day)).values(readings_purged_at=now))


def _is(table: Table, park_id: int, op_day: date) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return table.c.park_id == park_id, table.c.op_day == op_day
