"""What a park's newest poll says: how recent, which day's, whether the park runs, how each ride stands, the score."""

from datetime import UTC, datetime, timedelta

import pytest

from hallofshame.model import RideState
from hallofshame.rules import live
from hallofshame.rules.calendar import utc
from hallofshame.rules.live import ParkPolled, ParkStanding, RidePolled, RideStanding
from hallofshame.rules.window import Count
from tests.factories import NOON
from tests.rules.base_park import DAY, at

pytestmark = pytest.mark.unit

OPENED_AT = utc(at("10:00"))
RUNNING = Count(fresh=10, opened=9, waiting=9)


def park(clock: str = "15:00", count: Count = RUNNING, last_active: str | None = "14:00", peak: int = 10) -> ParkPolled:
    """The base park at a clock time; `last_active` is None where its day has not been judged yet."""
    if last_active is None:
        return ParkPolled(utc(at(clock)), DAY, count, 10, None, None, None)
    return ParkPolled(utc(at(clock)), DAY, count, 10, OPENED_AT, utc(at(last_active)), peak)


def ride(
    state: RideState, seen: str = "15:00", opened: str | None = "14:30", usual_closing: str | None = None
) -> RidePolled:
    """A ride by clock times."""
    closing_clock_s = None if usual_closing is None else at(usual_closing) - DAY.starts_at_s
    return RidePolled(state, utc(at(seen)), None if opened is None else utc(at(opened)), closing_clock_s)


@pytest.mark.parametrize(
    ("polled_at", "timezone", "starts_at"),
    [
        ("2026-07-04T18:00Z", "America/New_York", "2026-07-04T08:00Z"),
        ("2026-07-04T07:59Z", "America/New_York", "2026-07-03T08:00Z"),
        ("2026-07-04T18:59Z", "Asia/Tokyo", "2026-07-03T19:00Z"),
        ("2026-07-04T19:00Z", "Asia/Tokyo", "2026-07-04T19:00Z"),
    ],
)
def test_a_poll_belongs_to_the_day_that_began_at_four_in_its_park(
    polled_at: str, timezone: str, starts_at: str
) -> None:
    found = live.day_of(datetime.fromisoformat(polled_at), timezone).starts_at
    assert found == datetime.fromisoformat(starts_at)
    assert found.tzinfo is UTC


@pytest.mark.parametrize(
    ("waiting", "last_active", "expected"),
    [
        (3, "14:00", ParkStanding.RUNNING),
        (2, "14:00:01", ParkStanding.RUNNING),
        (2, "14:00", ParkStanding.CLOSED),
        (3, None, ParkStanding.RUNNING),
        (2, None, ParkStanding.CLOSED),
    ],
)
def test_a_park_runs_while_enough_rides_have_a_wait_and_less_than_an_hour_longer(
    waiting: int, last_active: str | None, expected: ParkStanding
) -> None:
    """The hour is counted from the last active poll; before the day was judged nothing is known of one."""
    seconds = 1 if last_active == "14:00:01" else 0
    polled = park(count=Count(10, 9, waiting), last_active=last_active and last_active[:5])
    if polled.last_active_at:
        moved = polled.last_active_at + timedelta(seconds=seconds)
        polled = ParkPolled(polled.polled_at, DAY, polled.count, 10, OPENED_AT, moved, 10)
    assert live.park_standing(polled) is expected


@pytest.mark.parametrize(
    ("opened_today", "waiting", "runs"),
    [
        (0, 0, False),
        (1, 1, True),
        (4, 1, True),
        (5, 1, False),
        (5, 2, True),
        (9, 2, True),
        (10, 2, False),
        (10, 3, True),
    ],
)
def test_a_larger_park_needs_more_rides_with_a_wait(opened_today: int, waiting: int, runs: bool) -> None:
    polled = ParkPolled(NOON, DAY, Count(10, waiting, waiting), opened_today, None, None, None)
    assert (live.park_standing(polled) is ParkStanding.RUNNING) is runs


@pytest.mark.parametrize(
    ("opened", "last_active", "expected"),
    [
        (5, "13:00", ParkStanding.RUNNING),
        (4, "13:00", ParkStanding.CLOSED),
        (4, "14:50", ParkStanding.STOPPED),
        (0, "14:50", ParkStanding.CLOSED),
    ],
)
def test_below_half_of_its_peak_a_park_stands_still_for_an_hour_and_is_closed_from_then_on(
    opened: int, last_active: str, expected: ParkStanding
) -> None:
    """Events after hours are not the park; with nothing open there is nothing to be scored."""
    assert live.park_standing(park(count=Count(10, opened, opened), last_active=last_active)) is expected


def test_a_new_peak_counts_at_once_and_one_of_a_poll_without_waits_does_not() -> None:
    assert live.park_standing(park(count=Count(20, 20, 3), peak=1)) is ParkStanding.RUNNING
    few = park(count=Count(20, 4, 2), last_active="14:50", peak=8)
    assert live.park_standing(few) is ParkStanding.RUNNING


def test_in_a_park_with_a_peak_below_five_nothing_is_called_a_stop() -> None:
    assert live.park_standing(park(count=Count(4, 1, 0), last_active="14:50", peak=4)) is ParkStanding.RUNNING


@pytest.mark.parametrize(
    ("polled", "expected"),
    [
        (ride(RideState.OPEN), RideStanding.OPEN),
        (ride(RideState.UNKNOWN), RideStanding.UNKNOWN),
        (ride(RideState.UNKNOWN, opened=None), RideStanding.UNKNOWN),
        (ride(RideState.CLOSED), RideStanding.DOWN),
        (ride(RideState.CLOSED, opened="10:00"), RideStanding.DOWN),
        (ride(RideState.CLOSED, opened="9:50"), RideStanding.NOT_OPENED_TODAY),
        (ride(RideState.CLOSED, opened=None), RideStanding.NOT_OPENED_TODAY),
        (ride(RideState.CLOSED, usual_closing="15:30"), RideStanding.OFF_HOURS),
        (ride(RideState.CLOSED, usual_closing="15:31"), RideStanding.DOWN),
        (ride(RideState.CLOSED, seen="14:50"), RideStanding.UNKNOWN),
        (ride(RideState.OPEN, seen="14:50"), RideStanding.UNKNOWN),
        (ride(RideState.OPEN, seen="14:50", opened="3:50"), RideStanding.GONE),
        (ride(RideState.CLOSED, seen="14:50", opened=None), RideStanding.GONE),
    ],
)
def test_only_a_listed_ride_that_opened_with_its_park_and_in_its_usual_hours_is_down(
    polled: RidePolled, expected: RideStanding
) -> None:
    assert live.ride_standing(polled, park(), ParkStanding.RUNNING) is expected


def test_before_the_day_was_judged_a_ride_has_opened_if_it_was_open_at_any_time_of_it() -> None:
    early = ride(RideState.CLOSED, opened="4:00")
    assert live.ride_standing(early, park(last_active=None), ParkStanding.RUNNING) is RideStanding.DOWN
    last_night = ride(RideState.CLOSED, opened="3:50")
    assert live.ride_standing(last_night, park(last_active=None), ParkStanding.RUNNING) is RideStanding.NOT_OPENED_TODAY


@pytest.mark.parametrize(
    ("standing", "expected"),
    [(ParkStanding.STOPPED, RideStanding.STOPPED), (ParkStanding.CLOSED, RideStanding.PARK_CLOSED)],
)
def test_no_ride_is_down_while_its_park_stands_still_or_does_not_run(
    standing: ParkStanding, expected: RideStanding
) -> None:
    assert live.ride_standing(ride(RideState.CLOSED), park(), standing) is expected
    assert live.ride_standing(ride(RideState.OPEN), park(), standing) is RideStanding.OPEN


def test_the_live_score_is_the_weighted_share_of_rides_that_are_down() -> None:
    assert live.live_shame(park(), ParkStanding.RUNNING, 3, 17) == 1.5
    assert live.live_shame(park(), ParkStanding.STOPPED, 0, 4) == 0
    assert live.live_shame(park(), ParkStanding.RUNNING, 0, 0) is None
    assert live.live_shame(park(), ParkStanding.CLOSED, 0, 17) is None
    assert live.live_shame(park(last_active=None), ParkStanding.RUNNING, 0, 17) is None
