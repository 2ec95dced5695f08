"""Decide what one reading says about a ride. Pure; the verdict is stored with the reading and queries only count it."""

import re
from datetime import datetime, timedelta
from functools import lru_cache

from hallofshame.model import Reading, RideState
from hallofshame.rules.constants import LONGEST_WAIT_MINUTES, STALE_AFTER_SECONDS

_STALE_AFTER = timedelta(seconds=STALE_AFTER_SECONDS)
_SINGLE_RIDER = re.compile(r"single.?rider", re.IGNORECASE)


def judge(reading: Reading, polled_at: datetime) -> RideState:
    """Open, closed or unknown (source: domain page, 4.1). A missing or future `last_updated` counts as fresh."""
    return state(reading.last_updated, polled_at, reading.wait_minutes, is_open=reading.is_open)


def state(last_updated: datetime | None, polled_at: datetime, wait_minutes: int | None, *, is_open: bool) -> RideState:
    """The same, where there are too many rides to make a reading of each."""
    if is_stale(last_updated, polled_at):
        return RideState.UNKNOWN
    return RideState.OPEN if is_open or (wait_minutes or 0) > 0 else RideState.CLOSED


def is_stale(last_updated: datetime | None, polled_at: datetime) -> bool:
    """Tell whether a row is older than any row of a living feed."""
    return last_updated is not None and polled_at - last_updated > _STALE_AFTER


def is_plausible_wait(wait_minutes: int) -> bool:
    """Tell whether a wait can be kept; others become null with an issue (domain page, Q14)."""
    return 0 <= wait_minutes <= LONGEST_WAIT_MINUTES


@lru_cache(maxsize=16_384)  # a ride's name stands in each of its readings
def is_single_rider(name: str) -> bool:
    """Tell a second queue of a ride from a ride (domain page, Q9)."""
    return _SINGLE_RIDER.search(name) is not None
