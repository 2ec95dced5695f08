"""When a park ran."""

import pytest

from hallofshame.model import RideState
from hallofshame.rules import window
from hallofshame.rules.snapshot import Snapshot, StateAndWait
from hallofshame.rules.window import Count
from tests.rules.base_park import CLOSED, DAY, OPEN, RIDES, STALE, WALK_ON, at, polls

pytestmark = pytest.mark.unit


def find(snapshots: list[Snapshot], *, is_over: bool = True) -> tuple[int, int] | None:
    """The window's edges in epoch seconds."""
    counts = [window.count(snapshot) for snapshot in snapshots]
    found = window.find(snapshots, counts, window.rides_open_any(snapshots), is_over=is_over)
    return None if found is None else (snapshots[found.first].polled_at_s, snapshots[found.last].polled_at_s)


def row(*states: StateAndWait, polled_at_s: int = DAY.starts_at_s) -> Snapshot:
    return Snapshot(polled_at_s, dict(enumerate(states)))


def test_a_poll_counts_fresh_open_and_waiting_rides() -> None:
    stale_with_wait: StateAndWait = (RideState.UNKNOWN, 70)
    assert window.count(row(OPEN, OPEN, WALK_ON, (RideState.OPEN, None), CLOSED, STALE, stale_with_wait)) == Count(
        5, 4, 2
    )


def test_the_window_reaches_from_the_first_to_the_last_active_poll() -> None:
    assert find(polls()) == (at("10:00"), at("17:50"))


@pytest.mark.parametrize(
    ("rides", "waiting", "operates"),
    [(10, 2, False), (10, 3, True), (9, 1, False), (9, 2, True), (5, 1, False), (5, 2, True), (4, 1, True)],
)
def test_a_larger_park_needs_more_rides_with_a_wait(rides: int, waiting: int, operates: bool) -> None:
    walk_ons = {ride: [("10:00", "18:00", WALK_ON)] for ride in range(waiting + 1, rides + 1)}
    assert (find(polls(walk_ons, rides=range(1, rides + 1))) is not None) is operates


@pytest.mark.parametrize(("until", "operates"), [("10:50", False), ("11:00", False), ("11:10", True)])
def test_less_than_an_hour_is_no_operating_day(until: str, operates: bool) -> None:
    closing = {ride: [(until, "18:00", CLOSED)] for ride in RIDES}
    assert (find(polls(closing)) is not None) is operates


def test_a_single_active_poll_is_no_operating_day() -> None:
    closed = {ride: [("10:10", "18:00", CLOSED)] for ride in RIDES}
    assert find(polls(closed)) is None


def test_half_of_the_peak_is_active_and_less_is_not() -> None:
    early_entry = {ride: [("8:00", "10:00", OPEN)] for ride in range(1, 6)}
    assert find(polls(early_entry)) == (at("8:00"), at("17:50"))
    assert find(polls({ride: early_entry[ride] for ride in range(1, 5)})) == (at("10:00"), at("17:50"))


@pytest.mark.parametrize(
    ("until", "edge"), [("16:10", "16:00"), ("18:30", "18:20"), ("18:50", "18:40"), ("19:00", "17:50")]
)
def test_an_unfinished_window_reaches_to_the_latest_poll_for_an_hour_after_closing(until: str, edge: str) -> None:
    assert find(polls(until=until), is_over=False) == (at("10:00"), at(edge))
    assert find(polls(until=until)) == (at("10:00"), min(at("17:50"), at(edge)))


@pytest.mark.parametrize(("until", "last_active"), [("16:10", "16:00"), ("18:30", "17:50")])
def test_the_last_active_poll_is_known_beside_what_the_window_was_extended_to(until: str, last_active: str) -> None:
    snapshots = polls(until=until)
    counts = [window.count(snapshot) for snapshot in snapshots]
    found = window.find(snapshots, counts, window.rides_open_any(snapshots), is_over=False)
    assert found is not None
    assert snapshots[found.last_active].polled_at_s == at(last_active)


@pytest.mark.parametrize(
    ("peak", "count", "is_stop"),
    [
        (10, Count(10, 4, 0), True),
        (10, Count(10, 5, 0), False),
        (9, Count(9, 4, 0), True),
        (5, Count(5, 2, 0), True),
        (4, Count(4, 0, 0), False),
        (10, Count(0, 0, 0), False),
    ],
)
def test_a_stop_is_less_than_half_of_a_peak_of_five_with_something_fresh(
    peak: int, count: Count, is_stop: bool
) -> None:
    assert window.is_stop(count, peak) is is_stop
