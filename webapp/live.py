"""What is so right now: read from the store, decided by the rules. The API and the page say it each in its own way."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from hallofshame.model import Park
from hallofshame.rules import live as rules
from hallofshame.rules.live import Freshness, RideStanding
from hallofshame.rules.status import is_single_rider
from hallofshame.store import engine, live, parks
from hallofshame.store.engine import Engine
from hallofshame.store.live import RideNow

LONGEST_WAITS = 3


@dataclass(frozen=True, slots=True)
class ParkNow:
    """A park at its latest poll. `reported_closed`: the longest closed first; `longest_waits`: the longest first."""

    park: Park
    polled_at: datetime
    is_open: bool
    rides_open: int
    rides_not_opened_today: int
    rides_unknown: int
    reported_closed: Sequence[RideNow]
    longest_waits: Sequence[RideNow]


@dataclass(frozen=True, slots=True)
class Live:
    """Every park. `open_parks`: that with the longest closed ride first; `silent_parks` gave no recent answer."""

    as_of: datetime | None
    freshness: Freshness
    parks: Sequence[Park]
    open_parks: Sequence[ParkNow]
    silent_parks: Sequence[Park]


def read(database: Engine, now: datetime) -> Live:
    """Look at every park. Raises Transient where the database does not answer."""
    with engine.read(database) as conn:
        listed, polled_at = parks.active(conn), live.latest_polls(conn)
        recent = [park for park in listed if rules.freshness(polled_at.get(park.park_id), now) is Freshness.OK]
        opened_since = {park.park_id: rules.day_starts_at(polled_at[park.park_id], park.timezone) for park in recent}
        rides = _by_park(live.rides_of(conn, opened_since))
    standing = [_park_now(park, polled_at[park.park_id], rides[park.park_id]) for park in recent]
    as_of = max((polled_at[park.park_id] for park in listed if park.park_id in polled_at), default=None)
    return Live(
        as_of,
        rules.freshness(as_of, now),
        listed,
        sorted((park for park in standing if park.is_open), key=_longest_closed_first),
        [park for park in listed if park.park_id not in opened_since],
    )


def _by_park(rides: list[RideNow]) -> Mapping[int, list[RideNow]]:
    by_park = defaultdict(list)
    for ride in rides:
        if not is_single_rider(ride.name):
            by_park[ride.park_id].append(ride)
    return by_park


def _park_now(park: Park, polled_at: datetime, rides: list[RideNow]) -> ParkNow:
    by_standing = defaultdict(list)
    for ride in rides:
        by_standing[rules.standing(ride.state, is_listed=ride.is_listed, has_opened=ride.has_opened)].append(ride)
    closed = by_standing[RideStanding.REPORTED_CLOSED]
    waiting = [ride for ride in by_standing[RideStanding.OPEN] if ride.wait_minutes]
    return ParkNow(
        park,
        polled_at,
        is_open=rules.is_open_now(sum(ride.has_opened for ride in rides), len(waiting)),
        rides_open=len(by_standing[RideStanding.OPEN]),
        rides_not_opened_today=len(by_standing[RideStanding.NOT_OPENED_TODAY]),
        rides_unknown=len(by_standing[RideStanding.UNKNOWN]),
        reported_closed=sorted(closed, key=lambda ride: ride.closed_since_at or polled_at),
        longest_waits=sorted(waiting, key=lambda ride: ride.wait_minutes or 0, reverse=True)[:LONGEST_WAITS],
    )


def _longest_closed_first(now: ParkNow) -> tuple[bool, datetime, str]:
    closed_since_at = now.reported_closed[0].closed_since_at if now.reported_closed else None
    return (closed_since_at is None, closed_since_at or now.polled_at, now.park.name.casefold())
