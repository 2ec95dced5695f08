"""What a park's latest poll says by itself: how recent, which day's, how each ride stands, whether the park is open."""

from datetime import UTC, datetime, timedelta

import pytest

from hallofshame.model import RideState
from hallofshame.rules import live
from hallofshame.rules.live import Freshness, RideStanding
from tests.factories import NOON

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("age_minutes", "expected"),
    [
        (-1, Freshness.OK),
        (9, Freshness.OK),
        (20, Freshness.OK),
        (20.1, Freshness.WARN),
        (25, Freshness.WARN),
        (60, Freshness.WARN),
        (61, Freshness.FAIL),
    ],
)
def test_data_are_live_for_two_polls_and_lost_after_an_hour(age_minutes: float, expected: Freshness) -> None:
    """S19."""
    assert live.freshness(NOON - timedelta(minutes=age_minutes), NOON) is expected


def test_without_any_poll_freshness_is_unknown() -> None:
    assert live.freshness(None, NOON) is Freshness.UNKNOWN


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
    moment = datetime.fromisoformat(polled_at)
    assert live.day_starts_at(moment, timezone) == datetime.fromisoformat(starts_at)
    assert live.day_starts_at(moment, timezone).tzinfo is UTC


@pytest.mark.parametrize(
    ("newest", "is_listed", "has_opened", "expected"),
    [
        (RideState.OPEN, True, True, RideStanding.OPEN),
        (RideState.CLOSED, True, True, RideStanding.REPORTED_CLOSED),
        (RideState.CLOSED, True, False, RideStanding.NOT_OPENED_TODAY),
        (RideState.UNKNOWN, True, True, RideStanding.UNKNOWN),
        (RideState.UNKNOWN, True, False, RideStanding.UNKNOWN),
        (RideState.CLOSED, False, True, RideStanding.UNKNOWN),
        (RideState.OPEN, False, True, RideStanding.UNKNOWN),
        (RideState.CLOSED, False, False, RideStanding.GONE),
    ],
)
def test_only_a_listed_ride_that_opened_today_is_reported_closed(
    newest: RideState, is_listed: bool, has_opened: bool, expected: RideStanding
) -> None:
    assert live.standing(newest, is_listed=is_listed, has_opened=has_opened) is expected


@pytest.mark.parametrize(
    ("opened_today", "waiting", "is_open"),
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
def test_a_park_is_open_while_enough_of_its_rides_have_a_wait(opened_today: int, waiting: int, is_open: bool) -> None:
    assert live.is_open_now(opened_today, waiting) is is_open
