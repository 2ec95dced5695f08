"""The figures people read."""

import pytest

from hallofshame.rules import score
from hallofshame.rules.score import Band, Sums

pytestmark = pytest.mark.unit


def test_the_shame_of_two_days_is_the_quotient_of_sums_not_the_mean_of_quotients() -> None:
    """C17."""
    first, second = Sums(278_400, 3_600, 7_200, 564_000), Sums(62_400, 3_600, 7_200, 132_000)
    both = Sums.total([first, second])
    assert both == Sums(340_800, 7_200, 14_400, 696_000)
    assert round(score.shame(both.weighted_down_s, both.weighted_sched_s) or 0, 4) == 0.2069


def test_sums_of_a_ride_carry_its_weight() -> None:
    assert Sums.of(100, 20, 3) == Sums(100, 20, 60, 360)
    assert Sums.total([]) == Sums()


def test_where_there_was_nothing_to_lose_there_is_no_figure() -> None:
    assert score.shame(0, 0) is None
    assert score.lost_share_percent(0, 0) is None
    assert score.uptime_percent(0, 0) is None
    assert score.outages_per_100_hours(0, 0, 0) is None
    assert score.coverage(0, 0) is None


def test_an_hour_lost_of_7_50() -> None:
    """C02."""
    assert round(score.uptime_percent(24_600, 3_600) or 0, 2) == 87.23
    assert round(score.outages_per_100_hours(1, 24_600, 3_600) or 0, 2) == 12.77
    assert round(score.lost_share_percent(7_200, 564_000) or 0, 3) == 1.277


def test_all_time_lost_is_ten() -> None:
    assert score.shame(600, 600) == 10


@pytest.mark.parametrize(
    ("shame", "band"),
    [
        (0.0, Band.GOOD),
        (0.1999, Band.GOOD),
        (10 * 2 / 100, Band.FAIR),
        (0.4999, Band.FAIR),
        (0.5, Band.POOR),
        (0.9999, Band.POOR),
        (1.0, Band.SHAME),
        (10.0, Band.SHAME),
    ],
)
def test_the_bands_fit_real_values(shame: float, band: Band) -> None:
    assert score.band(shame) is band
