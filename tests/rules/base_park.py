"""Park B of the domain page, 3.1, as snapshots: ten rides, open with a wait of 20 from 10:00 to 18:00 in New York."""

from collections.abc import Iterable, Mapping
from datetime import date

from hallofshame.model import RideState
from hallofshame.rules.calendar import operating_day
from hallofshame.rules.snapshot import Snapshot, StateAndWait

DAY = operating_day(date(2025, 9, 17), "America/New_York")
WINDOW_S = 28_200
RIDES = range(1, 11)

OPEN: StateAndWait = (RideState.OPEN, 20)
WALK_ON: StateAndWait = (RideState.OPEN, 0)
CLOSED: StateAndWait = (RideState.CLOSED, 0)
STALE: StateAndWait = (RideState.UNKNOWN, None)

Change = tuple[str, str, StateAndWait | None]  # from this clock time up to that one; None: not in the payload


def at(clock: str) -> int:
    """A clock time of the day as an epoch second."""
    hours, minutes = (int(part) for part in clock.split(":"))
    return DAY.starts_at_s + 3_600 * (hours - 4) + 60 * minutes


def polls(
    changes: Mapping[int, Iterable[Change]] | None = None,
    *,
    rides: Iterable[int] = RIDES,
    until: str = "28:00",
    without: tuple[str, str] = ("4:00", "4:00"),
) -> list[Snapshot]:
    """B's polls, up to a clock time and with a hole if one is given. Of a ride's changes the first that fits holds."""
    missing = range(*map(at, without))
    return [
        Snapshot(now, {ride: state for ride in rides if (state := _state(ride, now, changes or {}))})
        for now in range(DAY.starts_at_s, at(until), 600)
        if now not in missing
    ]


def _state(ride: int, now: int, changes: Mapping[int, Iterable[Change]]) -> StateAndWait | None:
    for start, end, state in changes.get(ride, ()):
        if at(start) <= now < at(end):
            return state
    return OPEN if at("10:00") <= now < at("18:00") else CLOSED
