"""How a park and its rides stand at its newest poll (domain page, 4.4, 4.5), and whether that is recent (4.8).

Judged from that poll and from what the judgement of its day as far as it went, each hour, has left: the whole day would
be far too slow to judge for every reader. Where nothing has come since that judgement both say the same.
"""

from dataclasses import dataclass
from datetime import date, datetime
from enum import Enum
from functools import lru_cache

from hallofshame.model import RideState
from hallofshame.rules import calendar, score
from hallofshame.rules.calendar import OperatingDay
from hallofshame.rules.ride_day import early_from_clock_s
from hallofshame.rules.window import Count, is_half, is_stop, reaches, waiting_needed


class ParkStanding(Enum):
    """Whether a park runs at its newest poll; `STOPPED`: it does, but stands still as a whole (domain page, 4.4)."""

    RUNNING = "running"
    STOPPED = "stopped"
    CLOSED = "closed"


class RideStanding(Enum):
    """How a ride stands at its park's newest poll, and if it is closed and not down, why it is not.

    `NOT_OPENED_TODAY`: not since its park opened. `OFF_HOURS`: about when it usually closes, or later. `STOPPED`: with
    most of the park. `PARK_CLOSED`: the park does not run. `GONE`: it opened on no poll today and is listed no more.
    """

    OPEN = "open"
    DOWN = "down"
    NOT_OPENED_TODAY = "not_opened_today"
    OFF_HOURS = "off_hours"
    STOPPED = "stopped"
    PARK_CLOSED = "park_closed"
    UNKNOWN = "unknown"
    GONE = "gone"


@dataclass(frozen=True, slots=True)
class ParkPolled:
    """A park's newest poll, and how many rides were open at some time of its operating day, that poll included.

    `opened_at`, `last_active_at` and `peak_rides_open` are those of `park_day.Operation`, None where the day has not
    been judged yet or the park did not operate until then.
    """

    polled_at: datetime
    day: OperatingDay
    count: Count
    rides_opened_today: int
    opened_at: datetime | None
    last_active_at: datetime | None
    peak_rides_open: int | None

    @property
    def clock_s(self) -> int:
        """What the wall clock showed, in seconds from 04:00."""
        return self.day.clock_s(int(self.polled_at.timestamp()))


@dataclass(frozen=True, slots=True)
class RidePolled:
    """A ride by the newest poll that held it, and its usual closing as of `history.Usual`."""

    state: RideState
    last_seen_at: datetime
    last_open_at: datetime | None
    usual_closing_clock_s: int | None

    def is_listed(self, park: ParkPolled) -> bool:
        """Tell whether its park's newest poll holds it."""
        return self.last_seen_at >= park.polled_at

    def was_open_since(self, moment: datetime) -> bool:
        """Tell whether it was open at that moment or after it."""
        return self.last_open_at is not None and self.last_open_at >= moment


def day_of(polled_at: datetime, timezone: str) -> OperatingDay:
    """The operating day that a poll belongs to."""
    return _operating_day(calendar.op_day_of(polled_at, timezone), timezone)


def park_standing(polled: ParkPolled) -> ParkStanding:
    """How a park stands: it runs inside its window, as an unfinished day's is found (domain page, 4.2, 4.4)."""
    count, peak = polled.count, polled.peak_rides_open or 0  # where this poll itself is the peak, it is as good as half
    is_active = count.waiting >= waiting_needed(polled.rides_opened_today) and is_half(count.opened, peak)
    if not count.opened or not (is_active or _is_extended(polled)):
        return ParkStanding.CLOSED
    return ParkStanding.STOPPED if is_stop(count, peak) else ParkStanding.RUNNING


def ride_standing(ride: RidePolled, park: ParkPolled, standing: ParkStanding) -> RideStanding:
    """How a ride stands. Only one that opened today is down, or missed where the poll does not list it.

    One that was open before its park alone, as if from the night on, has not opened (domain page, Q3).
    """
    if not ride.is_listed(park):
        return RideStanding.UNKNOWN if ride.was_open_since(park.day.starts_at) else RideStanding.GONE
    if ride.state is not RideState.CLOSED:
        return RideStanding(ride.state.value)
    if not ride.was_open_since(park.opened_at or park.day.starts_at):
        return RideStanding.NOT_OPENED_TODAY
    if standing is not ParkStanding.RUNNING:
        return RideStanding.STOPPED if standing is ParkStanding.STOPPED else RideStanding.PARK_CLOSED
    is_early = park.clock_s >= early_from_clock_s(ride.usual_closing_clock_s, is_over=False)
    return RideStanding.OFF_HOURS if is_early else RideStanding.DOWN


def live_shame(park: ParkPolled, standing: ParkStanding, weight_down: int, weight_open: int) -> float | None:
    """Weighted share of the queue rides that are down right now, times ten. None unless the park runs with some.

    A ride that is closed for another reason or unknown is in neither part. Before its day was judged first, nobody
    knows of a ride that is down whether it has a queue.
    """
    if standing is ParkStanding.CLOSED or park.opened_at is None:
        return None
    return score.shame(weight_down, weight_down + weight_open)


def _is_extended(polled: ParkPolled) -> bool:
    last_active_at = polled.last_active_at
    return last_active_at is not None and reaches(int(last_active_at.timestamp()), int(polled.polled_at.timestamp()))


@lru_cache(maxsize=256)  # two days of each zone, with room
def _operating_day(op_day: date, timezone: str) -> OperatingDay:
    return calendar.operating_day(op_day, timezone)
