"""Better or worse than before."""

import pytest

from hallofshame.rules.constants import PARK_TREND_POINTS_AT_LEAST, RIDE_TREND_POINTS_AT_LEAST
from hallofshame.rules.score import Sums
from hallofshame.rules.trends import Direction, Trend, trend

pytestmark = pytest.mark.unit


def uptime(up_per_thousand: int) -> Sums:
    return Sums.of(up_per_thousand, 1_000 - up_per_thousand, 2)


@pytest.mark.parametrize(
    ("before", "now", "points_at_least", "points", "direction"),
    [
        (900, 960, RIDE_TREND_POINTS_AT_LEAST, 6.0, Direction.IMPROVING),
        (960, 900, RIDE_TREND_POINTS_AT_LEAST, -6.0, Direction.DECLINING),
        (900, 949, RIDE_TREND_POINTS_AT_LEAST, 4.9, Direction.STEADY),
        (891, 901, PARK_TREND_POINTS_AT_LEAST, 1.0, Direction.IMPROVING),
        (901, 891, PARK_TREND_POINTS_AT_LEAST, -1.0, Direction.DECLINING),
        (900, 909, PARK_TREND_POINTS_AT_LEAST, 0.9, Direction.STEADY),
    ],
)
def test_a_trend_is_points_of_uptime(
    before: int, now: int, points_at_least: int, points: float, direction: Direction
) -> None:
    """S18."""
    assert trend(uptime(before), uptime(now), points_at_least) == Trend(points, direction)


def test_without_a_period_before_there_is_no_trend() -> None:
    assert trend(Sums(), uptime(900), 1) is None
    assert trend(uptime(900), Sums(), 1) is None
