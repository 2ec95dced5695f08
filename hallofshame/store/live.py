"""What the newest polls say: when each park answered last, and how its rides stand since. Reads only."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, and_, false, func, or_, select

from hallofshame.model import PollOutcome, RideState
from hallofshame.store.schema import parks, polls, rides

# One step in the primary key a park, however long the log is.
_NEWEST_ANSWER = (
    select(polls.c.polled_at)
    .where(polls.c.park_id == parks.c.park_id, polls.c.outcome == PollOutcome.OK.value)
    .order_by(polls.c.slot.desc())
    .limit(1)
    .correlate(parks)
    .scalar_subquery()
)
_LATEST = select(parks.c.park_id, _NEWEST_ANSWER.label("polled_at")).subquery("latest")


@dataclass(frozen=True, slots=True)
class RideNow:
    """A ride by its newest reading.

    `is_listed`: its park's latest poll holds it. `has_opened`: that was open at or after the moment asked for.
    """

    state: RideState
    ride_id: int
    park_id: int
    name: str
    land: str | None
    wait_minutes: int | None
    closed_since_at: datetime | None
    is_listed: bool
    has_opened: bool


def latest_polls(conn: Connection) -> dict[int, datetime]:
    """When each park answered last, by park id; a park that never did is left out."""
    query = select(_LATEST).where(_LATEST.c.polled_at.is_not(None))
    return {row.park_id: row.polled_at for row in conn.execute(query)}


def rides_of(conn: Connection, opened_since: Mapping[int, datetime]) -> list[RideNow]:
    """Every ride of the parks given, with whether it was open since its park's moment.

    The database compares the moments: to read those of 5,000 rides would take longer than all the rest.
    """
    query = (
        select(
            *(rides.c.state, rides.c.ride_id, rides.c.park_id, rides.c.name, rides.c.land, rides.c.wait_minutes),
            *(rides.c.closed_since_at, rides.c.last_seen_at >= _LATEST.c.polled_at, _has_opened(opened_since)),
        )
        .join_from(rides, _LATEST, rides.c.park_id == _LATEST.c.park_id)
        .where(rides.c.park_id.in_(opened_since))
    )
    return [RideNow(RideState(state), *facts) for state, *facts in conn.execute(query).all()]


def _has_opened(since: Mapping[int, datetime]) -> ColumnElement[bool]:
    """Parks share their moments: there are no more than time zones."""
    parks_by_moment = defaultdict(list)
    for park_id, moment in since.items():
        parks_by_moment[moment].append(park_id)
    opened = (and_(rides.c.park_id.in_(ids), rides.c.last_open_at >= moment) for moment, ids in parks_by_moment.items())
    return func.coalesce(or_(false(), *opened), false())
