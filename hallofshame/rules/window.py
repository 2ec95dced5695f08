"""When a park ran on one day, and how many rides were open at each poll (domain page, 4.2). Not what they did."""

from collections.abc import Sequence
from dataclasses import dataclass

from hallofshame.model import RideState
from hallofshame.rules.constants import (
    EXTENSION_BELOW_SECONDS,
    PEAK_PARTS,
    STOP_PEAK_AT_LEAST,
    WAITING_RIDES_BY_RIDES_OPEN,
    WINDOW_AT_LEAST_SECONDS,
)
from hallofshame.rules.snapshot import Snapshot

_OPEN, _CLOSED = RideState.OPEN, RideState.CLOSED


@dataclass(frozen=True, slots=True)
class Count:
    """How many rides of one poll were fresh, open, and open with a wait above 0."""

    fresh: int
    opened: int
    waiting: int


@dataclass(frozen=True, slots=True)
class Window:
    """A park's window by its polls' index in the day, and the day's peak of open rides.

    From the first active poll to the last, or beyond `last_active` where the day is not finished.
    """

    first: int
    last_active: int
    last: int
    peak: int


def count(snapshot: Snapshot) -> Count:
    """Count one poll's rides. A stale row is none of the three."""
    fresh = opened = waiting = 0
    for state, wait_minutes in snapshot.rides.values():
        if state is _OPEN:
            opened += 1
            if wait_minutes:
                waiting += 1
        elif state is _CLOSED:
            fresh += 1
    return Count(fresh + opened, opened, waiting)


def rides_open_any(snapshots: Sequence[Snapshot]) -> int:
    """How many rides were open at least once in the day: R of 4.2."""
    return len({ride_id for snapshot in snapshots for ride_id, (state, _) in snapshot.rides.items() if state is _OPEN})


def waiting_needed(rides_open: int) -> int:
    """How many rides must report a wait for a poll to show the park running, by the rides open at least once."""
    return next(waiting for at_least, waiting in WAITING_RIDES_BY_RIDES_OPEN if rides_open >= at_least)


def is_half(opened: int, peak: int) -> bool:
    """Tell whether the park runs with at least half of its peak."""
    return PEAK_PARTS * opened >= peak


def is_stop(count: Count, peak: int) -> bool:
    """Tell a poll in which the park as a whole stood still: storm, power, feed fault (domain page, 4.4)."""
    return peak >= STOP_PEAK_AT_LEAST and count.fresh > 0 and not is_half(count.opened, peak)


def reaches(last_active_s: int, latest_s: int) -> bool:
    """Tell whether an unfinished day's window still reaches to the latest poll (domain page, 4.4)."""
    return latest_s - last_active_s < EXTENSION_BELOW_SECONDS


def find(snapshots: Sequence[Snapshot], counts: Sequence[Count], rides_open: int, *, is_over: bool) -> Window | None:
    """The park's window, or None when it did not operate. `is_over` is false for a day that still lasts."""
    needed = waiting_needed(rides_open)
    candidates = [index for index, polled in enumerate(counts) if polled.waiting >= needed]
    peak = max((counts[index].opened for index in candidates), default=0)
    active = [index for index in candidates if is_half(counts[index].opened, peak)]
    if not active:
        return None
    first, last = active[0], active[-1]  # a single active poll is a window of no length, and so no window
    if snapshots[last].polled_at_s - snapshots[first].polled_at_s < WINDOW_AT_LEAST_SECONDS:
        return None
    reaches_latest = not is_over and reaches(snapshots[last].polled_at_s, snapshots[-1].polled_at_s)
    return Window(first, last, len(snapshots) - 1 if reaches_latest else last, peak)
