"""Times in words."""

from datetime import timedelta

import pytest

from tests.factories import NOON
from webapp import wording

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (-60, "less than a minute ago"),
        (59, "less than a minute ago"),
        (60, "1 minute ago"),
        (1_500, "25 minutes ago"),
        (3_600, "1 hour ago"),
        (10_799, "2 hours ago"),
        (86_400, "1 day ago"),
        (200_000, "2 days ago"),
    ],
)
def test_an_age_is_told_in_its_largest_unit(seconds: int, words: str) -> None:
    assert wording.ago(timedelta(seconds=seconds)) == words


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0, "just now"), (600, "10 min"), (3_600, "1 h 0 min"), (13_800, "3 h 50 min"), (90_000, "25 h 0 min")],
)
def test_a_duration_is_told_in_hours_and_minutes(seconds: int, words: str) -> None:
    assert wording.duration(timedelta(seconds=seconds)) == words


def test_a_moment_is_told_in_utc_and_by_the_clocks_of_the_park() -> None:
    assert wording.utc(NOON) == "12:00 UTC on 1 May 2026"
    assert wording.local_clock(NOON, "America/New_York") == "08:00"
    assert wording.local_clock(NOON, "Asia/Kolkata") == "17:30"
