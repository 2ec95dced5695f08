"""How a park and its rides stand at its latest poll (domain page, 4.5), and whether that is recent (4.8)."""

from datetime import date, datetime
from enum import Enum
from functools import lru_cache

from hallofshame.model import RideState
from hallofshame.rules import calendar, score
from hallofshame.rules.constants import LIVE_WITHIN_SECONDS, LOST_AFTER_SECONDS
from hallofshame.rules.park_day import Operation
from hallofshame.rules.ride_day import Bucket
from hallofshame.rules.window import waiting_needed


class Freshness(Enum):
    """How old the newest successful poll is: none ever, live, too old to speak of now, lost (domain page, 4.8, S19)."""

    UNKNOWN = "unknown"
    OK = "ok"
    WARN = "warn"
    FAIL = "fail"


class RideStanding(Enum):
    """What a park's latest poll says of one ride. Only one that opened that day is reported closed, or missed."""

    OPEN = "open"
    REPORTED_CLOSED = "reported_closed"
    NOT_OPENED_TODAY = "not_opened_today"
    UNKNOWN = "unknown"
    GONE = "gone"


def freshness(polled_at: datetime | None, now: datetime) -> Freshness:
    """Judge the age of the newest successful poll, None where there never was one."""
    if polled_at is None:
        return Freshness.UNKNOWN
    age_seconds = (now - polled_at).total_seconds()
    if age_seconds <= LIVE_WITHIN_SECONDS:
        return Freshness.OK
    return Freshness.WARN if age_seconds <= LOST_AFTER_SECONDS else Freshness.FAIL


def day_starts_at(polled_at: datetime, timezone: str) -> datetime:
    """When the operating day began that a poll belongs to."""
    return _starts_at(calendar.op_day_of(polled_at, timezone), timezone)


def standing(newest: RideState, *, is_listed: bool, has_opened: bool) -> RideStanding:
    """How a ride stands: by its newest reading, whether the latest poll lists it, and whether it opened that day."""
    if not is_listed:
        return RideStanding.UNKNOWN if has_opened else RideStanding.GONE
    if newest is RideState.CLOSED:
        return RideStanding.REPORTED_CLOSED if has_opened else RideStanding.NOT_OPENED_TODAY
    return RideStanding(newest.value)


def is_open_now(rides_opened_today: int, rides_waiting: int) -> bool:
    """Tell whether a park is open at its latest poll: enough rides of that poll have a wait (domain page, 4.2)."""
    return rides_waiting >= waiting_needed(rides_opened_today)


def is_running(operation: Operation) -> bool:
    """Tell whether the latest poll lies in the park's window, with some ride open."""
    return operation.reaches_latest_poll and any(ride.last_bucket is Bucket.UP for ride in operation.rides)


def live_shame(operation: Operation) -> float | None:
    """Weighted share of the counted rides that are down right now, times ten. None unless the park runs.

    A ride that is closed for another reason (before its hours, early, a stop) or unknown is in neither part.
    """
    if not is_running(operation):
        return None
    counted = [ride for ride in operation.rides if ride.is_counted]
    down, up = (
        sum(ride.weight for ride in counted if ride.last_bucket is bucket) for bucket in (Bucket.DOWN, Bucket.UP)
    )
    return score.shame(down, down + up)


@lru_cache(maxsize=256)  # two days of each zone, with room
def _starts_at(op_day: date, timezone: str) -> datetime:
    return calendar.operating_day(op_day, timezone).starts_at
