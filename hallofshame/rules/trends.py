"""Better or worse than the period before: points of uptime (domain page, 4.6)."""

from dataclasses import dataclass
from enum import Enum
from fractions import Fraction

from hallofshame.rules.score import Sums


class Direction(Enum):
    """Which way the uptime went. `STEADY`: by less than the points that mean something."""

    IMPROVING = "improving"
    DECLINING = "declining"
    STEADY = "steady"


@dataclass(frozen=True, slots=True)
class Trend:
    """Uptime now minus uptime before, in points: 90 % then 96 % is +6."""

    points: float
    direction: Direction


def trend(before: Sums, now: Sums, points_at_least: int) -> Trend | None:
    """Compare two periods, exactly at the threshold. None when one of them has no uptime."""
    sched_before_s, sched_now_s = before.up_s + before.down_s, now.up_s + now.down_s
    if not sched_before_s or not sched_now_s:
        return None
    points = 100 * (Fraction(now.up_s, sched_now_s) - Fraction(before.up_s, sched_before_s))
    return Trend(float(points), _direction(points, points_at_least))


def _direction(points: Fraction, points_at_least: int) -> Direction:
    if abs(points) < points_at_least:
        return Direction.STEADY
    return Direction.IMPROVING if points > 0 else Direction.DECLINING
