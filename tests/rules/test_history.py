"""What a ride usually does."""

from collections.abc import Sequence

import pytest

from hallofshame.rules import history
from hallofshame.rules.history import RideFacts, Usual

pytestmark = pytest.mark.unit


def days(closings: Sequence[int | None], *, waits_seen: bool = False) -> list[list[RideFacts]]:
    """One ride's days; it opens an hour before it closes."""
    return [[RideFacts(1, waits_seen, None if last is None else last - 3_600, last)] for last in closings]


def test_a_ride_without_history_is_unknown() -> None:
    assert history.usual([]) == {}
    assert Usual(None, None, waits_seen=False, is_usually_open=False) == history.UNKNOWN


@pytest.mark.parametrize(
    ("closings", "usual_closing"),
    [
        ([40_000, 40_000], None),
        ([40_000, None, 40_000], None),
        ([50_000, 30_000, 40_000], 40_000),
        ([50_000, None, 30_000, 40_000], 40_000),
        ([50_000, 30_000, 40_000, 45_000], 40_000),
    ],
)
def test_the_usual_hours_are_lower_medians_of_three_days_or_more(
    closings: list[int | None], usual_closing: int | None
) -> None:
    usual = history.usual(days(closings))[1]
    assert usual.closing_clock_s == usual_closing
    assert usual.opening_clock_s == (None if usual_closing is None else usual_closing - 3_600)


def test_only_the_last_fourteen_days_count() -> None:
    long_ago = days([10_000] * 20, waits_seen=True)
    usual = history.usual(long_ago + days([None] * 14))[1]
    assert usual == history.UNKNOWN


@pytest.mark.parametrize(("open_days", "is_usually_open"), [(6, False), (7, True)])
def test_a_ride_is_usually_open_on_seven_days_of_fourteen(open_days: int, is_usually_open: bool) -> None:
    usual = history.usual(days([40_000] * open_days + [None] * (14 - open_days)))[1]
    assert usual.is_usually_open is is_usually_open


def test_one_day_with_a_wait_makes_a_queue_ride() -> None:
    assert history.usual(days([40_000], waits_seen=True) + days([40_000] * 13))[1].waits_seen


def test_days_on_which_a_ride_was_not_seen_are_days_of_its_history() -> None:
    seen = days([40_000] * 7)
    assert history.usual([*seen, *[[] for _ in range(7)]])[1].is_usually_open
    assert not history.usual([*seen, *[[] for _ in range(8)]])[1].is_usually_open
