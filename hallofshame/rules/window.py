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
    """The polls from the first to the last active one, by their index in the day, and the day's peak of open rides."""

    first: int
    last: int
    peak: int

    def is_stop(self, count: Count) -> bool:
        """Tell a poll in which the park as a whole stood still: storm, power, feed fault (domain page, 4.4)."""
        return self.peak >= STOP_PEAK_AT_LEAST and count.fresh > 0 and not _is_half(count.opened, self.peak)


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


def find(snapshots: Sequence[Snapshot], counts: Sequence[Count], rides_open: int, *, is_over: bool) -> Window | None:
    """The park's window, or None when it did not operate.

    An unfinished day's window reaches to the latest poll while that is less than an hour after the last active one
    (domain page, 4.4).
    """
    needed = waiting_needed(rides_open)
    candidates = [index for index, polled in enumerate(counts) if polled.waiting >= needed]
    peak = max((counts[index].opened for index in candidates), default=0)
    active = [index for index in candidates if _is_half(counts[index].opened, peak)]
    if not active:
        return None
    first, last = active[0], active[-1]  # a single active poll is a window of no length, and so no window
    if snapshots[last].polled_at_s - snapshots[first].polled_at_s < WINDOW_AT_LEAST_SECONDS:
        return None
    if not is_over and snapshots[-1].polled_at_s - snapshots[last].polled_at_s < EXTENSION_BELOW_SECONDS:
        last = len(snapshots) - 1
    return Window(first, last, peak)


def _is_half(opened: int, peak: int) -> bool:
    return PEAK_PARTS * opened >= peak
