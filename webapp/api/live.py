"""Right now: every park that runs, what is down in it and since when, and its longest waits."""

from datetime import datetime
from typing import Any

from pydantic import Field

from hallofshame.store.engine import Connection
from hallofshame.store.live import RideNow

from .. import live
from ..live import ParkNow
from ..world import live_now
from .envelope import Answer
from .questions import LIVE, ListQuestion
from .subjects import ParkRef, RideRef, park_ref, ride_ref


class RideDown(RideRef):
    """A ride that is reported closed during its park's operating hours."""

    land: str | None
    closed_since_at: datetime | None


class RideWaiting(RideRef):
    """A ride with a queue."""

    land: str | None
    wait_minutes: int | None


class LivePark(ParkRef):
    """A park at its newest poll. The four counts of rides add up to those we track."""

    polled_at: datetime
    is_running: bool
    shame_now: float | None = Field(description="weighted share of its rides that are down, times ten; null: not known")
    rides_open: int
    rides_down: int
    rides_closed: int = Field(description="not opened today, past their usual hours, or with the park as a whole")
    rides_unknown: int
    down: list[RideDown] = Field(description="the longest first")
    longest_waits: list[RideWaiting]


def get(conn: Connection, asked: ListQuestion, now: datetime) -> Answer[list[LivePark]]:
    """Every park that runs: that with the longest down ride first."""
    seen = live_now(conn, now)
    rows = [live_park(park) for park in seen.running_parks]
    return Answer(rows, period=LIVE, coverage=live.coverage(seen), total=len(rows))


def live_park(now: ParkNow) -> LivePark:
    """A park as the API shows it."""
    return LivePark(
        **park_ref(now.park),
        polled_at=now.polled_at,
        is_running=now.is_running,
        shame_now=now.shame,
        rides_open=now.rides_open,
        rides_down=now.rides_down,
        rides_closed=now.rides_closed,
        rides_unknown=now.rides_unknown,
        down=[RideDown(**_ride(ride, now), land=ride.land, closed_since_at=ride.closed_since_at) for ride in now.down],
        longest_waits=[
            RideWaiting(**_ride(ride, now), land=ride.land, wait_minutes=ride.wait_minutes)
            for ride in now.longest_waits
        ],
    )


def _ride(ride: RideNow, now: ParkNow) -> dict[str, Any]:
    return ride_ref(ride.ride_id, ride.name, now.park)
