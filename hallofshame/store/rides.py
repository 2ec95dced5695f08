"""Rides: their facts, the history of their names, and how they stand now. The caller owns the transaction."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, select

from hallofshame.model import Issue, Reading, RideState
from hallofshame.store import issues
from hallofshame.store.classifications import Classified, is_no_second_queue
from hallofshame.store.schema import ride_classifications, ride_names, rides
from hallofshame.store.upsert import upsert


@dataclass(frozen=True, slots=True)
class KnownRide:
    """What the store holds of a ride that the next reading is compared with."""

    park_id: int
    name: str
    last_seen_at: datetime
    last_open_at: datetime | None
    closed_since_at: datetime | None


def known(conn: Connection, park_id: int | None = None) -> dict[int, KnownRide]:
    """The rides of one park, or every ride (about 5,000), by id."""
    columns = [rides.c[name] for name in KnownRide.__dataclass_fields__]
    query = select(rides.c.ride_id, *columns)
    if park_id is not None:
        query = query.where(rides.c.park_id == park_id)
    return {row.ride_id: KnownRide(*row[1:]) for row in conn.execute(query)}


@dataclass(frozen=True, slots=True)
class Facts:
    """What is stored of a ride; `verdict` is None where the classifier has not seen it yet."""

    ride_id: int
    park_id: int
    name: str
    land: str | None
    first_seen_at: datetime
    last_seen_at: datetime
    verdict: Classified | None


_OWN_FACTS = [name for name in Facts.__dataclass_fields__ if name != "verdict"]


def facts(conn: Connection, ride_id: int) -> Facts | None:
    """A ride, None where it was never seen."""
    columns = [rides.c[name] for name in _OWN_FACTS]
    verdict = [ride_classifications.c[name] for name in Classified.__dataclass_fields__]
    query = select(*columns, *verdict).outerjoin_from(rides, ride_classifications).where(rides.c.ride_id == ride_id)
    row = conn.execute(query).first()
    if row is None:
        return None
    said = row[len(columns) :]
    return Facts(**dict(zip(_OWN_FACTS, row, strict=False)), verdict=None if said[0] is None else Classified(*said))


@dataclass(frozen=True, slots=True)
class Tracked:
    """A park's newest poll that held rides, and how many; single-rider lines left out."""

    polled_at: datetime
    rides: int


def tracked(conn: Connection, park_id: int | None = None) -> dict[int, Tracked]:
    """What is tracked in each park, or in one, by park id; a park that never answered is left out."""
    newest = select(rides.c.park_id, func.max(rides.c.last_seen_at).label("polled_at")).group_by(rides.c.park_id)
    if park_id is not None:
        newest = newest.where(rides.c.park_id == park_id)
    latest = newest.subquery("latest")
    verdict = ride_classifications
    query = (
        select(rides.c.park_id, latest.c.polled_at, func.count())
        .join_from(latest, rides, (rides.c.park_id == latest.c.park_id) & (rides.c.last_seen_at == latest.c.polled_at))
        .outerjoin(verdict, verdict.c.ride_id == rides.c.ride_id)
        .where(is_no_second_queue())
        .group_by(rides.c.park_id, latest.c.polled_at)
    )
    return {row[0]: Tracked(row[1], row[2]) for row in conn.execute(query)}


def record(
    conn: Connection,
    park_id: int,
    judged: Mapping[Reading, RideState],
    polled_at: datetime,
    before: Mapping[int, KnownRide],
) -> None:
    """Enter the rides of one payload: new ones, renamed ones, and how each stands now.

    `before` is what `known` returned; it is only read, so that the transaction may be repeated. A payload that is
    older than what is known changes nothing.
    """
    newer = [r for r in judged if r.ride_id not in before or before[r.ride_id].last_seen_at < polled_at]
    rows = [_row(park_id, r, judged[r], polled_at, before.get(r.ride_id)) for r in newer]
    update = [name for name in rows[0] if name not in {"ride_id", "first_seen_at"}] if rows else []
    upsert(conn, rides, rows, update=update)
    renamed = [r for r in newer if r.ride_id not in before or before[r.ride_id].name != r.name]
    names = [{"ride_id": r.ride_id, "since_at": polled_at, "name": r.name} for r in renamed]
    upsert(conn, ride_names, names, update=("name",))
    issues.record(conn, _possible_new_ids(park_id, newer, judged, before), polled_at)


def _row(
    park_id: int, reading: Reading, state: RideState, polled_at: datetime, before: KnownRide | None
) -> dict[str, Any]:
    last_open_at = before.last_open_at if before else None
    closed_since_at = before.closed_since_at if before else None
    if state is RideState.OPEN:
        last_open_at, closed_since_at = polled_at, None
    elif state is RideState.CLOSED:
        closed_since_at = closed_since_at or polled_at
    return {
        "ride_id": reading.ride_id,
        "park_id": park_id,
        "name": reading.name,
        "land": reading.land,
        "first_seen_at": polled_at,
        "last_seen_at": polled_at,
        "state": state.value,
        "wait_minutes": reading.wait_minutes,
        "last_open_at": last_open_at,
        "closed_since_at": closed_since_at,
    }


def _possible_new_ids(
    park_id: int, newer: Sequence[Reading], judged: Mapping[Reading, RideState], before: Mapping[int, KnownRide]
) -> list[Issue]:
    """A ride that is new under the name of one that is gone may be the same ride (domain page, S16)."""
    new = [r for r in newer if r.ride_id not in before]
    if not new:
        return []
    present = {r.ride_id for r in judged}
    gone = {ride.name: i for i, ride in before.items() if ride.park_id == park_id and i not in present}
    return [
        Issue("possible_new_id", f"ride:{r.ride_id}", f"{r.name!r} was ride {gone[r.name]}, which is gone")
        for r in new
        if r.name in gone
    ]
