"""Who is ranked, in what order, and why the others are not (domain page, 4.7). The figures come from stored sums."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum
from functools import cmp_to_key

from hallofshame.rules.constants import (
    FULL_COVERAGE_PERCENT_AT_LEAST,
    RANKED_COVERAGE_PERCENT_AT_LEAST,
    RANKED_RIDES_AT_LEAST,
)
from hallofshame.rules.score import Sums


class Span(Enum):
    """How long the period of a ranking is."""

    TODAY = "today"
    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    YEAR = "year"


@dataclass(frozen=True, slots=True)
class Minimum:
    """The smallest sample that is ranked: a park's window and operated days, a ride's up and down seconds."""

    window_s: int
    operated_days: int
    ride_sched_s: int


MINIMUM = {
    Span.TODAY: Minimum(window_s=7_200, operated_days=1, ride_sched_s=7_200),
    Span.DAY: Minimum(window_s=0, operated_days=1, ride_sched_s=7_200),
    Span.WEEK: Minimum(window_s=0, operated_days=3, ride_sched_s=36_000),
    Span.MONTH: Minimum(window_s=0, operated_days=10, ride_sched_s=108_000),
    Span.YEAR: Minimum(window_s=0, operated_days=10, ride_sched_s=108_000),  # a short season is a year, too
}


class Standing(Enum):
    """Whether a park or ride is ranked, or the first reason why not: it is listed below the ranking with it."""

    RANKED = "ranked"
    STATUS_ONLY = "reports no waiting times, so we cannot tell when it runs"
    NOT_OPERATED = "did not operate in this period"
    LOW_COVERAGE = "we saw less than half of its opening hours"
    FEW_RIDES = "fewer than 3 rides could be counted"
    SHORT_WINDOW = "open for less than 2 hours so far"
    FEW_DAYS = "open on too few days of this period"
    LITTLE_TIME = "ran for too few hours in this period"
    NO_SCORE = "no ride ran or was down"


class Badge(Enum):
    """What a reader should know beside a figure."""

    PARTIAL_DATA = "partial data"
    PARTIAL_DAY = "partial day"
    ZONE_CORRECTED = "time zone corrected"
    STATUS_ONLY = "status only"


@dataclass(frozen=True, slots=True)
class ParkSample:
    """What a park's figures of a period rest on. `rides_counted`: rides counted on at least one of its days."""

    operated_days: int
    window_s: int
    observed_s: int
    rides_counted: int
    sums: Sums
    is_status_only: bool = False


@dataclass(frozen=True, slots=True)
class Entry:
    """A park or ride to rank, by its id."""

    entry_id: int
    name: str
    sums: Sums


@dataclass(frozen=True, slots=True)
class Ranked:
    """An entry and its place: 1, 2, 2, 4."""

    rank: int
    entry: Entry


def park_standing(sample: ParkSample, span: Span) -> Standing:
    """Tell whether a park is ranked for a period of that length."""
    minimum = MINIMUM[span]
    reasons = (
        (Standing.STATUS_ONLY, sample.is_status_only),
        (Standing.NOT_OPERATED, sample.operated_days == 0),
        (Standing.LOW_COVERAGE, _is_below(sample.observed_s, sample.window_s, RANKED_COVERAGE_PERCENT_AT_LEAST)),
        (Standing.FEW_RIDES, sample.rides_counted < RANKED_RIDES_AT_LEAST),
        (Standing.SHORT_WINDOW, sample.window_s < minimum.window_s),
        (Standing.FEW_DAYS, sample.operated_days < minimum.operated_days),
        (Standing.NO_SCORE, sample.sums.weighted_sched_s == 0),
    )
    return next((standing for standing, holds in reasons if holds), Standing.RANKED)


def ride_standing(sums: Sums, window_s: int, observed_s: int, span: Span) -> Standing:
    """Tell whether a ride is ranked; the seconds are those of its days, `observed_s` without its own unknown ones."""
    sched_s = sums.up_s + sums.down_s
    reasons = (
        (Standing.NOT_OPERATED, window_s == 0),
        (Standing.LOW_COVERAGE, _is_below(observed_s, window_s, RANKED_COVERAGE_PERCENT_AT_LEAST)),
        (Standing.NO_SCORE, sched_s == 0),
        (Standing.LITTLE_TIME, sched_s < MINIMUM[span].ride_sched_s),
    )
    return next((standing for standing, holds in reasons if holds), Standing.RANKED)


def badges(sample: ParkSample, *, are_edges_known: bool = True, is_zone_corrected: bool = False) -> tuple[Badge, ...]:
    """What to say beside a park's figures. `are_edges_known`: both ends of the window, of a single day."""
    found = (
        (Badge.PARTIAL_DATA, _is_below(sample.observed_s, sample.window_s, FULL_COVERAGE_PERCENT_AT_LEAST)),
        (Badge.PARTIAL_DAY, not are_edges_known),
        (Badge.ZONE_CORRECTED, is_zone_corrected),
        (Badge.STATUS_ONLY, sample.is_status_only),
    )
    return tuple(badge for badge, holds in found if holds)


def rank(entries: Iterable[Entry]) -> list[Ranked]:
    """Rank entries, the worst first; equal exact scores share a rank. Raises ValueError for one without a score."""
    in_order = sorted(entries, key=cmp_to_key(_compare))
    if any(not entry.sums.weighted_sched_s for entry in in_order):
        raise ValueError("an entry without a score cannot be ranked")
    ranked: list[Ranked] = []
    for place, entry in enumerate(in_order, start=1):
        is_tied = bool(ranked) and _compare_scores(ranked[-1].entry.sums, entry.sums) == 0
        ranked.append(Ranked(ranked[-1].rank if is_tied else place, entry))
    return ranked


def _compare(one: Entry, other: Entry) -> int:
    """Negative when `one` comes first: by score, weighted down seconds, down seconds, name, id."""
    return _compare_scores(one.sums, other.sums) or (-1 if _tie_break(one) < _tie_break(other) else 1)


def _compare_scores(one: Sums, other: Sums) -> int:
    """Compare two quotients exactly, by cross-multiplication; the larger comes first."""
    return other.weighted_down_s * one.weighted_sched_s - one.weighted_down_s * other.weighted_sched_s


def _tie_break(entry: Entry) -> tuple[int, int, str, int]:
    return -entry.sums.weighted_down_s, -entry.sums.down_s, entry.name.casefold(), entry.entry_id


def _is_below(part: int, whole: int, percent: int) -> bool:
    return 100 * part < percent * whole
