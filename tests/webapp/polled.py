"""Polls as the collector enters them, in words."""

from datetime import datetime

from hallofshame.model import Park, Reading, RideState
from hallofshame.store import engine as engines
from hallofshame.store import parks, polls, rides
from hallofshame.store.engine import Engine
from tests.factories import park, poll, reading

Judged = tuple[Reading, RideState]


def opened(ride_id: int, wait_minutes: int | None = 20, **facts: str) -> Judged:
    return reading(ride_id, wait_minutes=wait_minutes, **facts), RideState.OPEN


def closed(ride_id: int, **facts: str) -> Judged:
    return reading(ride_id, is_open=False, wait_minutes=0, **facts), RideState.CLOSED


def stale(ride_id: int, **facts: str) -> Judged:
    return reading(ride_id, wait_minutes=70, **facts), RideState.UNKNOWN


def polled(engine: Engine, at: datetime, *rows: Judged, of: Park | None = None) -> None:
    """Enter a park and what it answered."""
    judged, here = dict(rows), of or park()
    with engines.begin(engine) as conn:
        parks.record(conn, [here], at)
        polls.record(conn, poll(here.park_id, at), judged)
        rides.record(conn, here.park_id, judged, at, rides.known(conn))
