"""The simulated parks: ids, names and places as Queue-Times lists them (parks.csv), invented sizes, habits and rides.

`listed_timezone` is the source's word for a park's zone, wrong for some; `true_timezone` is where the park is.
"""

import csv
import random
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from zoneinfo import ZoneInfo

from .draws import draws
from .rides import LAND_NAMES, Ride, draw_rides

FACTS = Path(__file__).with_name("parks.csv")
# Park 6 has the rides 600, 601, … and the lands 600, 601, …: as in the real feed, two number spaces that overlap.
IDS_A_PARK = 100


class Season(Enum):
    """Which part of the year a park is made for."""

    RESORT = "resort"
    SEASONAL = "seasonal"
    WATER = "water"
    INDOOR = "indoor"


@dataclass(frozen=True)
class Listing:
    """A park as the feed lists it, errors in zone, country and coordinates included. Coordinates are strings there."""

    park_id: int
    name: str
    company_id: int
    company: str
    country: str
    continent: str
    latitude: str
    longitude: str
    timezone: str


@dataclass(frozen=True)
class Hours:
    """A park's habits in minutes of the local clock. `summer_night_closes` is past midnight; None: no such nights."""

    opens: int
    closes: int
    summer_night_closes: int | None
    closed_weekdays: frozenset[int]
    winter_weekends: bool


@dataclass(frozen=True, eq=False)  # a park is itself: compared, and looked up, by identity
class Park:
    """A park of one seed.

    `zone` is where its clocks really stand, and the only one the simulation keeps time by. `lingers`: rides stay "open"
    with no wait while the park is closed. `reports_waits`: False where only the open flag is published.
    """

    listing: Listing
    zone: ZoneInfo
    season: Season
    hours: Hours
    rides: tuple[Ride, ...]
    lands: tuple[str, ...]
    lingers: bool
    reports_waits: bool
    refresh_offset_seconds: int

    @property
    def park_id(self) -> int:
        return self.listing.park_id


def draw_parks(seed: int) -> list[Park]:
    """Every park of parks.csv, with the habits and rides that the seed gives it."""
    with FACTS.open(encoding="utf-8", newline="") as lines:
        return [_draw_park(seed, facts) for facts in csv.DictReader(lines)]


def _draw_park(seed: int, facts: dict[str, str]) -> Park:
    listing = _listing(facts)
    season = Season(facts["season"])
    draw = draws(seed, listing.park_id)
    lands = int(facts["lands"])
    return Park(
        listing=listing,
        zone=ZoneInfo(facts["true_timezone"]),
        season=season,
        hours=_draw_hours(draw, season),
        rides=draw_rides(
            draw,
            first_id=listing.park_id * IDS_A_PARK,
            count=int(facts["rides"]),
            lands=lands,
            watery=season is Season.WATER,
        ),
        lands=LAND_NAMES[:lands],
        lingers=draw.random() < 0.25,
        reports_waits=season is Season.RESORT or draw.random() > 0.05,
        refresh_offset_seconds=draw.randrange(240),
    )


def _listing(facts: dict[str, str]) -> Listing:
    return Listing(
        park_id=int(facts["park_id"]),
        name=facts["name"],
        company_id=int(facts["company_id"]),
        company=facts["company"],
        country=facts["country"],
        continent=facts["continent"],
        latitude=facts["latitude"],
        longitude=facts["longitude"],
        timezone=facts["listed_timezone"],
    )


_CLOSES = {
    Season.RESORT: (20 * 60, 21 * 60, 22 * 60),
    Season.SEASONAL: (17 * 60 + 30, 18 * 60, 19 * 60),
    Season.WATER: (17 * 60, 18 * 60),
    Season.INDOOR: (17 * 60, 18 * 60),
}


def _draw_hours(draw: random.Random, season: Season) -> Hours:
    return Hours(
        opens=draw.choice((540, 570, 600, 600, 630)),
        closes=draw.choice(_CLOSES[season]),
        summer_night_closes=draw.choice((None, None, None, 24 * 60, 25 * 60, 26 * 60)),
        closed_weekdays=frozenset(draw.choice(((), (), (0, 1), (1, 2), (0, 1, 2, 3)))),
        winter_weekends=draw.random() < 0.45,
    )
