"""The seconds each poll of a window stands for (domain page, 4.3): left-hold, capped, split at local hours."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from hallofshame.rules.calendar import OperatingDay
from hallofshame.rules.constants import HOLD_AT_MOST_SECONDS
from hallofshame.rules.snapshot import Snapshot
from hallofshame.rules.window import Count, Window, is_stop


@dataclass(frozen=True, slots=True)
class Hold:
    """One poll inside the window.

    `held_s` seconds from it on are credited to what it says, the `beyond_s` after them to nobody: they are unobserved.
    Both are 0 for the window's last poll. `hours` splits the held seconds: (epoch second of the local hour, seconds).
    """

    polled_at_s: int
    clock_s: int
    held_s: int
    beyond_s: int
    is_stop: bool
    hours: tuple[tuple[int, int], ...]


def holds(
    day: OperatingDay, snapshots: Sequence[Snapshot], counts: Sequence[Count], window: Window
) -> tuple[Hold, ...]:
    """The polls of the window, in order. Their held and beyond seconds add up to the window, exactly."""
    inside = range(window.first, window.last + 1)
    polled_at_s = [snapshots[index].polled_at_s for index in inside]
    gaps_s = [later - earlier for earlier, later in pairwise(polled_at_s)] + [0]
    return tuple(
        _hold(day, at_s, gap_s, is_stop=is_stop(counts[index], window.peak))
        for index, at_s, gap_s in zip(inside, polled_at_s, gaps_s, strict=True)
    )


def _hold(day: OperatingDay, polled_at_s: int, gap_s: int, *, is_stop: bool) -> Hold:
    held_s = min(gap_s, HOLD_AT_MOST_SECONDS)
    hours = tuple(day.hours(polled_at_s, held_s))
    return Hold(polled_at_s, day.clock_s(polled_at_s), held_s, gap_s - held_s, is_stop, hours)
