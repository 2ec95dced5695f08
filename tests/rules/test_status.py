"""What one reading says."""

from datetime import timedelta

import pytest

from hallofshame.model import RideState
from hallofshame.rules import status
from tests.factories import NOON, reading

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("is_open", "wait_minutes", "state"),
    [
        (True, 0, RideState.OPEN),
        (True, None, RideState.OPEN),
        (False, 15, RideState.OPEN),
        (False, 0, RideState.CLOSED),
        (False, None, RideState.CLOSED),
    ],
)
def test_a_wait_or_the_open_flag_opens_a_ride(is_open: bool, wait_minutes: int | None, state: RideState) -> None:
    assert status.judge(reading(is_open=is_open, wait_minutes=wait_minutes), NOON) is state


@pytest.mark.parametrize(
    ("age_seconds", "state"),
    [(-60, RideState.OPEN), (0, RideState.OPEN), (1_800, RideState.OPEN), (1_801, RideState.UNKNOWN)],
)
def test_a_row_older_than_half_an_hour_says_nothing(age_seconds: int, state: RideState) -> None:
    assert status.judge(reading(last_updated=NOON - timedelta(seconds=age_seconds)), NOON) is state


def test_a_row_that_does_not_say_how_old_it_is_counts_as_fresh() -> None:
    assert status.judge(reading(last_updated=None), NOON) is RideState.OPEN


@pytest.mark.parametrize(("wait_minutes", "is_plausible"), [(-1, False), (0, True), (300, True), (301, False)])
def test_a_wait_is_between_nothing_and_five_hours(wait_minutes: int, is_plausible: bool) -> None:
    assert status.is_plausible_wait(wait_minutes) is is_plausible


@pytest.mark.parametrize(
    ("name", "is_single_rider"),
    [
        ("Crush's Coaster Single Rider", True),
        ("Test Track (single-rider line)", True),
        ("SINGLERIDER", True),
        ("Rider", False),
    ],
)
def test_a_second_queue_is_known_by_its_name(name: str, is_single_rider: bool) -> None:
    assert status.is_single_rider(name) is is_single_rider
