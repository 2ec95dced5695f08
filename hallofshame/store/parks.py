"""Parks with the history of their names and time zones. The caller owns the transaction."""

from collections.abc import Collection, Iterable
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, func, insert, select, update

from hallofshame.model import ZONE_AS_LISTED, Park
from hallofshame.store.schema import park_names, park_time_zones, parks
from hallofshame.store.upsert import upsert

# A park that one list of parks leaves out is still asked for this long: lists have come short before.
LISTED_WITHIN = timedelta(days=7)

_FACTS = ("name", "operator_id", "operator", "country", "continent", "latitude", "longitude", "timezone")


def record(conn: Connection, listed: Iterable[Park], now: datetime) -> list[Park]:
    """Enter what a list of parks said: new parks, changed facts, and a history row for each new name or time zone.

    Returns the parks that were new or changed.
    """
    known = {row.park_id: row for row in conn.execute(select(parks))}
    by_id = {park.park_id: park for park in listed}
    changed = [park for park in by_id.values() if _facts(park) != _stored_facts(known.get(park.park_id))]
    seen = {"first_seen_at": now, "last_seen_at": now}
    upsert(conn, parks, [{"park_id": p.park_id, **_facts(p), **seen} for p in changed], update=_FACTS)
    conn.execute(update(parks).where(parks.c.park_id.in_(by_id), parks.c.last_seen_at < now).values(last_seen_at=now))
    for park in changed:
        _record_history(conn, known.get(park.park_id), park, now)
    return changed


def active(conn: Connection) -> list[Park]:
    """Every park on the newest list of parks, or on one not much older, by id."""
    newest = select(func.max(parks.c.last_seen_at)).scalar_subquery()
    latest = conn.execute(select(newest)).scalar()
    if latest is None:
        return []
    facts = (parks.c.park_id, *(parks.c[name] for name in _FACTS))
    query = select(*facts).where(parks.c.last_seen_at >= latest - LISTED_WITHIN).order_by(parks.c.park_id)
    return [_park(row) for row in conn.execute(query)]


def every(conn: Connection) -> list[Park]:
    """Every park that was ever listed, by id."""
    return [_park(row) for row in conn.execute(select(parks).order_by(parks.c.park_id))]


def one(conn: Connection, park_id: int) -> Park | None:
    """A park, None where it was never listed."""
    row = conn.execute(select(parks).where(parks.c.park_id == park_id)).first()
    return None if row is None else _park(row)


def with_corrected_zone(conn: Connection, park_ids: Collection[int]) -> set[int]:
    """Those of some parks whose zone the override file says, not parks.json."""
    zones = park_time_zones
    newest = select(zones.c.park_id, func.max(zones.c.since_at).label("since_at")).group_by(zones.c.park_id).subquery()
    query = (
        select(zones.c.park_id)
        .join(newest, (newest.c.park_id == zones.c.park_id) & (newest.c.since_at == zones.c.since_at))
        .where(zones.c.park_id.in_(park_ids), zones.c.source != ZONE_AS_LISTED)
    )
    return set(conn.execute(query).scalars())


def time_zone_at(conn: Connection, park_id: int, moment: datetime) -> str | None:
    """The zone a park's days were cut by at that moment; its first known zone for any moment before."""
    zones = park_time_zones
    history = conn.execute(
        select(zones.c.since_at, zones.c.timezone).where(zones.c.park_id == park_id).order_by(zones.c.since_at)
    ).all()
    valid = [row.timezone for row in history if row.since_at <= moment]
    return valid[-1] if valid else next((row.timezone for row in history), None)


def _record_history(conn: Connection, before: Row[Any] | None, park: Park, now: datetime) -> None:
    since = {"park_id": park.park_id, "since_at": now}
    if before is None or before.name != park.name:
        conn.execute(insert(park_names).values(**since, name=park.name))
    if before is None or before.timezone != park.timezone:
        conn.execute(insert(park_time_zones).values(**since, timezone=park.timezone, source=park.timezone_source))


def _facts(park: Park) -> dict[str, Any]:
    return {name: getattr(park, name) for name in _FACTS}


def _stored_facts(row: Row[Any] | None) -> dict[str, Any]:
    return {} if row is None else {name: getattr(row, name) for name in _FACTS}


def _park(row: Row[Any]) -> Park:
    return Park(park_id=row.park_id, **_stored_facts(row))
