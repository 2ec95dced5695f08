"""One day of a simulated park: what truly happened, to the second. Times are POSIX seconds.

A park-day is drawn as a whole from (seed, park, date): any moment of it can be asked for without the ones before.
"""

import math
import random
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from .draws import draws
from .opening_hours import opening_minutes
from .parks import Park, Season
from .rides import Ride

_DAY_STARTS = timedelta(hours=4)  # after the last closing, before the first opening
_UNPLANNED_CLOSURE = 0.004
_WEATHER_STOP = 0.05
_FAILS_AT_OPENING = 0.012


@dataclass(frozen=True, slots=True)
class Span:
    """From `start` up to, not including, `end`."""

    start: int
    end: int

    def __contains__(self, at: int) -> bool:
        return self.start <= at < self.end


_NEVER = Span(0, 0)


@dataclass(frozen=True, slots=True)
class RideDay:
    """A ride's hours, its breakdowns and its queue (`rhythm` shifts the queue's ups and downs from ride to ride)."""

    hours: Span
    breakdowns: tuple[Span, ...]
    longest_queue_minutes: float
    rhythm: float
    weather: Span

    def is_open(self, at: int) -> bool:
        return at in self.hours and at not in self.weather and not any(at in span for span in self.breakdowns)

    def wait_minutes(self, at: int, crowding: float) -> int:
        """As signs show it, in steps of five minutes. `crowding` is the park's, 1 at the height of a usual day."""
        swell = 1 + 0.2 * math.sin(at / 1_700 + self.rhythm)
        return 5 * round(self.longest_queue_minutes * crowding * swell / 5)


@dataclass(frozen=True, slots=True)
class ParkDay:
    """A park's day, its rides in the order of `Park.rides`. A closed park has hours that hold no second."""

    hours: Span
    weather: Span
    crowd: float
    rides: tuple[RideDay, ...]

    def crowding(self, at: int) -> float:
        """Queues grow through the morning, stand highest after noon and thin out until closing."""
        elapsed = (at - self.hours.start) / (self.hours.end - self.hours.start)
        return self.crowd * (0.35 + 0.65 * math.sin(math.pi * elapsed**0.8))


def date_of(park: Park, at: int) -> date:
    """The date of the park-day that `at` belongs to: 01:30 is still the evening before."""
    return (datetime.fromtimestamp(at, park.zone).replace(tzinfo=None) - _DAY_STARTS).date()


def draw_park_day(seed: int, park: Park, day: date) -> ParkDay:
    """Draw hours, weather, crowd and every ride's breakdowns."""
    draw = draws(seed, park.park_id, day)
    hours = _draw_hours(draw, park, day)
    weather = _draw_weather(draw, park, hours)
    crowd = draw.uniform(0.6, 1.2) * (1.25 if day.weekday() >= 5 else 1)
    return ParkDay(hours, weather, crowd, tuple(_draw_ride_day(draw, ride, day, hours, weather) for ride in park.rides))


def _draw_hours(draw: random.Random, park: Park, day: date) -> Span:
    minutes = opening_minutes(park, day)
    if minutes is None or draw.random() < _UNPLANNED_CLOSURE:
        return _NEVER
    midnight = datetime.combine(day, time(), park.zone)
    # Adding to an aware time moves the wall clock, which is what a park's sign promises, also when the clocks change.
    opens, closes = (int((midnight + timedelta(minutes=minute)).timestamp()) for minute in minutes)
    return Span(opens, closes)


def _draw_weather(draw: random.Random, park: Park, hours: Span) -> Span:
    """A storm that stops everything outdoors, on a few days of the year."""
    if hours is _NEVER or park.season is Season.INDOOR or draw.random() > _WEATHER_STOP:
        return _NEVER
    start = draw.randrange(hours.start, hours.end)
    return Span(start, min(start + draw.randint(1_800, 9_000), hours.end))


def _draw_ride_day(draw: random.Random, ride: Ride, day: date, park_hours: Span, weather: Span) -> RideDay:
    hours = _NEVER
    if ride.runs_on(day) and park_hours is not _NEVER:
        # A crew is a few minutes early or late every day.
        opens = park_hours.start + ride.opens_late_seconds + draw.randrange(300)
        hours = Span(opens, max(park_hours.end - ride.closes_early_seconds, opens))
    return RideDay(
        hours=hours,
        breakdowns=tuple(_draw_breakdowns(draw, ride, hours)),
        longest_queue_minutes=ride.longest_queue_minutes * draw.uniform(0.7, 1.2),
        rhythm=draw.uniform(0, math.tau),
        weather=weather if ride.kind.outdoors else _NEVER,
    )


def _draw_breakdowns(draw: random.Random, ride: Ride, hours: Span) -> list[Span]:
    breakdowns: list[Span] = []
    if ride.failures_per_second == 0:
        return breakdowns
    start = hours.start if draw.random() < _FAILS_AT_OPENING else hours.start + _until_failure(draw, ride)
    while start in hours:
        end = min(start + _repair_seconds(draw), hours.end)
        breakdowns.append(Span(start, end))
        start = end + _until_failure(draw, ride)
    return breakdowns


def _until_failure(draw: random.Random, ride: Ride) -> int:
    return 1 + int(draw.expovariate(ride.failures_per_second))


def _repair_seconds(draw: random.Random) -> int:
    """Half are over within 25 minutes, one in twenty lasts two hours or more."""
    return 120 + int(draw.lognormvariate(math.log(1_400), 0.95))
