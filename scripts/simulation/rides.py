"""The rides of a simulated park. Their names are invented: no real ride had the breakdowns made up here."""

import random
from dataclasses import dataclass
from datetime import date
from itertools import product


@dataclass(frozen=True)
class Kind:
    """A kind of attraction. Where the longest queue is 0 minutes, only an open flag is published (gardens, shows)."""

    longest_queue_minutes: tuple[int, int]
    failures_per_100_hours: float
    outdoors: bool
    nouns: str
    only_in_october: bool = False


COASTER = Kind((20, 90), 9.0, True, "Whirligig Gander Teakettle Stampede Corkscrew Meteor Grasshopper Hurdle")
DARK_RIDE = Kind((15, 70), 6.0, False, "Voyage Lighthouse Cellar Observatory Library Expedition Clockwork")
WATER_RIDE = Kind((15, 60), 7.0, True, "Rapids Flume Sluice Waterwheel Millstream Geyser")
SLIDE = Kind((5, 45), 4.0, True, "Slide Funnel Plunge Chute Tube Splash Eddy Cascade")
FLAT_RIDE = Kind((5, 40), 4.0, True, "Carousel Swings Teacups Bumpers Balloons Pendulum Gliders Wheel Hoppers")
TRANSPORT = Kind((5, 20), 2.0, True, "Railway Monorail Ferry Tramway")
MEETING = Kind((10, 40), 0.3, False, "Greeting Portrait Reception")
SHOW = Kind((0, 0), 0.5, False, "Revue Theatre Parade Matinee")
GARDEN = Kind((0, 0), 0.0, True, "Garden Playground Maze Farmyard")
HAUNT = Kind((20, 60), 1.0, False, "Crypt Haunt Gallows", only_in_october=True)

# How many of a hundred rides are of which kind.
_DRY_PARK = {
    COASTER: 20,
    DARK_RIDE: 14,
    WATER_RIDE: 9,
    FLAT_RIDE: 28,
    TRANSPORT: 4,
    MEETING: 6,
    SHOW: 8,
    GARDEN: 8,
    HAUNT: 3,
}
_WATER_PARK = {SLIDE: 75, GARDEN: 20, SHOW: 5}

_FIRST_WORDS = (
    "Marmalade Gooseberry Pewter Saffron Tinker's Grandmother's Velvet Barnacle Hazelnut Lantern Mothwing Parsnip "
    "Quicksilver Rhubarb Sealskin Thimble Umbrella Walnut Zephyr Cinnamon Dandelion Gingham Inkwell Juniper Kettledrum "
    "Nutmeg Pickle Bramble Tumbledown Featherweight"
)
_LAND_WORDS = "Harbour Orchard Foundry Meadow Bazaar Summit Lagoon Quarter Hollow Fairground"
LAND_NAMES = tuple(map(" ".join, zip(_FIRST_WORDS.split(), _LAND_WORDS.split(), strict=False)))


@dataclass(frozen=True, slots=True)
class Ride:
    """A ride and its habits. `land` is an index, None at the top level; `lingers`: stays "open" in a park that does."""

    ride_id: int
    name: str
    kind: Kind
    land: int | None
    longest_queue_minutes: int
    failures_per_second: float
    opens_late_seconds: int
    closes_early_seconds: int
    lingers: bool
    refurbishment_days: int
    refurbishment_phase_days: int

    def runs_on(self, day: date) -> bool:
        """False in the yearly refurbishment, and for what belongs to one season only."""
        if self.kind.only_in_october and day.month != 10:
            return False
        return (day.toordinal() + self.refurbishment_phase_days) % 365 >= self.refurbishment_days


def draw_rides(draw: random.Random, first_id: int, count: int, lands: int, *, watery: bool) -> tuple[Ride, ...]:
    """As many rides of a park, spread evenly over its lands (none: all at the top level)."""
    mix = _WATER_PARK if watery else _DRY_PARK
    kinds = draw.choices(list(mix), weights=list(mix.values()), k=count)
    names = {kind: iter(_names(draw, kind)) for kind in mix}
    park_factor = draw.lognormvariate(0, 0.6)  # some parks keep their rides better than others
    return tuple(
        _draw_ride(
            draw, first_id + number, next(names[kind]), kind, number * lands // count if lands else None, park_factor
        )
        for number, kind in enumerate(kinds)
    )


def _names(draw: random.Random, kind: Kind) -> list[str]:
    names = [f"{first} {noun}" for first, noun in product(_FIRST_WORDS.split(), kind.nouns.split())]
    draw.shuffle(names)
    return names


def _draw_ride(draw: random.Random, ride_id: int, name: str, kind: Kind, land: int | None, park_factor: float) -> Ride:
    return Ride(
        ride_id=ride_id,
        name=name,
        kind=kind,
        land=land,
        longest_queue_minutes=draw.randint(*kind.longest_queue_minutes),
        failures_per_second=kind.failures_per_100_hours / 360_000 * park_factor * draw.lognormvariate(0, 0.6),
        opens_late_seconds=draw.choices((0, 1_800, 3_600, 5_400), weights=(88, 5, 5, 2))[0],
        closes_early_seconds=draw.choices((0, 1_800, 3_600, 7_200), weights=(85, 6, 6, 3))[0],
        lingers=draw.random() < 0.85,
        refurbishment_days=draw.choices((0, 4, 12, 25), weights=(70, 12, 12, 6))[0],
        refurbishment_phase_days=draw.randrange(365),
    )
