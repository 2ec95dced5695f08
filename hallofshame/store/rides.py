"""Rides with the history of their names. The caller owns the transaction."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, select, update

from hallofshame.model import Issue, Reading
from hallofshame.store import issues
from hallofshame.store.schema import ride_names, rides
from hallofshame.store.upsert import upsert


@dataclass(frozen=True, slots=True)
class KnownRide:
    """What the store holds of a ride."""

    park_id: int
    name: str
    land: str | None


def known(conn: Connection) -> dict[int, KnownRide]:
    """Every ride, by id (about 5,000)."""
    query = select(rides.c.ride_id, rides.c.park_id, rides.c.name, rides.c.land)
    return {row.ride_id: KnownRide(row.park_id, row.name, row.land) for row in conn.execute(query)}


def record(
    conn: Connection, park_id: int, readings: Sequence[Reading], now: datetime, before: Mapping[int, KnownRide]
) -> None:
    """Enter the rides of one payload: new ones, renamed ones, and when each was last seen.

    `before` is what `known` returned; it is only read, so that the transaction may be repeated.
    """
    changed = [r for r in readings if before.get(r.ride_id) != KnownRide(park_id, r.name, r.land)]
    rows = [{"ride_id": r.ride_id, "park_id": park_id, "name": r.name, "land": r.land} for r in changed]
    seen = {"first_seen_at": now, "last_seen_at": now}
    upsert(conn, rides, [row | seen for row in rows], update=("park_id", "name", "land"))
    renamed = [r for r in changed if r.ride_id not in before or before[r.ride_id].name != r.name]
    if renamed:
        names = [{"ride_id": r.ride_id, "since_at": now, "name": r.name} for r in renamed]
        upsert(conn, ride_names, names, update=("name",))
    present = [r.ride_id for r in readings]
    conn.execute(update(rides).where(rides.c.ride_id.in_(present), rides.c.last_seen_at < now).values(last_seen_at=now))
    issues.record(conn, _possible_new_ids(park_id, readings, before), now)


def _possible_new_ids(park_id: int, readings: Sequence[Reading], before: Mapping[int, KnownRide]) -> list[Issue]:
    """A ride that is new under the name of one that is gone may be the same ride (domain page, S16)."""
    present = {r.ride_id for r in readings}
    gone = {ride.name: i for i, ride in before.items() if ride.park_id == park_id and i not in present}
    return [
        Issue("possible_new_id", f"ride:{r.ride_id}", f"{r.name!r} was ride {gone[r.name]}, which is gone")
        for r in readings
        if r.ride_id not in before and r.name in gone
    ]
