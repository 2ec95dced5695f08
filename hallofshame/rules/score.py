"""The figures people read, from stored sums of counted ride-days (domain page, 4.5, 4.6). Never from averages."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum
from typing import Self

from hallofshame.rules.constants import FAIR_FROM_SHAME, POOR_FROM_SHAME, SHAME_FROM_SHAME

_OUTAGE_RATE_SECONDS = 360_000  # outages are given per 100 hours


@dataclass(frozen=True, slots=True)
class Sums:
    """Seconds of counted rides, plain and times the ride's weight. They add up over rides, hours, days and parks."""

    up_s: int = 0
    down_s: int = 0
    weighted_down_s: int = 0
    weighted_sched_s: int = 0

    @classmethod
    def of(cls, up_s: int, down_s: int, weight: int) -> Self:
        return cls(up_s, down_s, weight * down_s, weight * (up_s + down_s))

    @classmethod
    def total(cls, parts: Iterable[Self]) -> Self:
        return sum(parts, cls())

    def __add__(self, other: Self) -> Self:
        return type(self)(
            self.up_s + other.up_s,
            self.down_s + other.down_s,
            self.weighted_down_s + other.weighted_down_s,
            self.weighted_sched_s + other.weighted_sched_s,
        )


class Band(Enum):
    """The colour of a park's score."""

    GOOD = "good"
    FAIR = "fair"
    POOR = "poor"
    SHAME = "shame"


def shame(down_s: int, sched_s: int) -> float | None:
    """Share of operating ride time lost, times ten: 0 to 10. None when there was none to lose.

    With the weighted sums it is the park's score; with the plain ones the same for `weighted=false`, or for one ride.
    """
    return 10 * down_s / sched_s if sched_s else None


def lost_share_percent(down_s: int, sched_s: int) -> float | None:
    """The same share in per cent: what the score means, stated next to it."""
    return 100 * down_s / sched_s if sched_s else None


def uptime_percent(up_s: int, down_s: int) -> float | None:
    """None when the ride neither ran nor was down."""
    return 100 * up_s / (up_s + down_s) if up_s + down_s else None


def outages_per_100_hours(outages: int, up_s: int, down_s: int) -> float | None:
    """Per 100 hours of up and down together. None when there were none."""
    return _OUTAGE_RATE_SECONDS * outages / (up_s + down_s) if up_s + down_s else None


def average_wait_minutes(wait_minutes_sum: int, wait_readings: int) -> float | None:
    """Mean of the waits that were read while the ride was open. None when there were none."""
    return wait_minutes_sum / wait_readings if wait_readings else None


def coverage(observed_s: int, window_s: int) -> float | None:
    """Share of the window in which some poll stood for the park: 0 to 1. None without a window."""
    return observed_s / window_s if window_s else None


def band(score: float) -> Band:
    """The colour of a score: most real days are good or fair, and the last is rare enough to mean something."""
    if score >= SHAME_FROM_SHAME:
        return Band.SHAME
    if score >= POOR_FROM_SHAME:
        return Band.POOR
    return Band.FAIR if score >= FAIR_FROM_SHAME else Band.GOOD
