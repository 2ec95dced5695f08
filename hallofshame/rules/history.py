"""What a ride usually does: the facts of the park's last 14 operated days (domain page, 4.4).

Computed from what each ride-day stored, never from readings, so that the database and a file come to the same.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from hallofshame.rules.constants import (
    HISTORY_OPERATED_DAYS,
    USUAL_HOURS_DAYS_AT_LEAST,
    USUALLY_OPEN_DAYS_AT_LEAST,
)


@dataclass(frozen=True, slots=True)
class RideFacts:
    """What one ride-day of an operated day leaves to the days after it; stored with the ride-day.

    `waits_seen`: a wait above 0 in a fresh reading inside the window. The clocks are those of the first and the last
    OPEN reading inside the window, in seconds of the wall clock from 04:00; both None when there was none.
    """

    ride_id: int
    waits_seen: bool
    first_open_clock_s: int | None
    last_open_clock_s: int | None


@dataclass(frozen=True, slots=True)
class Usual:
    """What a ride usually does. The clocks count like those of `RideFacts`; None where the history is too short."""

    opening_clock_s: int | None = None
    closing_clock_s: int | None = None
    waits_seen: bool = False
    is_usually_open: bool = False


UNKNOWN = Usual()  # a ride without history


def usual(operated_days: Sequence[Iterable[RideFacts]]) -> Mapping[int, Usual]:
    """What each ride usually does, by ride id. `operated_days`: the days before the judged one, the newest last.

    Only the last 14 count. A park's operated days count, whether or not the ride was seen on them.
    """
    by_ride: dict[int, list[RideFacts]] = {}
    for day in operated_days[-HISTORY_OPERATED_DAYS:]:
        for facts in day:
            by_ride.setdefault(facts.ride_id, []).append(facts)
    return {ride_id: _usual(days) for ride_id, days in by_ride.items()}


def _usual(days: Sequence[RideFacts]) -> Usual:
    openings = [facts.first_open_clock_s for facts in days if facts.first_open_clock_s is not None]
    closings = [facts.last_open_clock_s for facts in days if facts.last_open_clock_s is not None]
    return Usual(
        opening_clock_s=_usual_clock_s(openings),
        closing_clock_s=_usual_clock_s(closings),
        waits_seen=any(facts.waits_seen for facts in days),
        is_usually_open=len(openings) >= USUALLY_OPEN_DAYS_AT_LEAST,
    )


def _usual_clock_s(clocks_s: list[int]) -> int | None:
    """The median, of an even number the lower."""
    return sorted(clocks_s)[(len(clocks_s) - 1) // 2] if len(clocks_s) >= USUAL_HOURS_DAYS_AT_LEAST else None
