"""Each stretch of a ride has the rule behind it, in a sentence."""

import pytest

from hallofshame.auditing import _differences, _reason
from hallofshame.rules.history import UNKNOWN, Usual
from hallofshame.rules.park_day import ParkDay
from hallofshame.rules.ride_day import Bucket, Segment
from tests.factories import NOON

pytestmark = pytest.mark.unit

TEN_TO_SIX = Usual(opening_clock_s=6 * 3_600, closing_clock_s=14 * 3_600)  # from 04:00


@pytest.mark.parametrize(
    ("bucket", "up", "usual", "said"),
    [
        (Bucket.UP, [1], UNKNOWN, "reported open"),
        (Bucket.DOWN, [0, 2], UNKNOWN, "between two openings"),
        (Bucket.DOWN, [2], TEN_TO_SIX, "later than 30 min after its usual opening at 10:00"),
        (Bucket.DOWN, [0], TEN_TO_SIX, "not come back, before its usual closing at 18:00 less 30 min"),
        (Bucket.DOWN, [0], UNKNOWN, "while the day lasts and its usual closing is not known"),
        (Bucket.PRE, [2], TEN_TO_SIX, "which is usual at 10:00, give or take 30 min"),
        (Bucket.PRE, [2], UNKNOWN, "whose usual hour is not known"),
        (Bucket.EARLY, [0], TEN_TO_SIX, "at or after its usual closing at 18:00 less 30 min"),
        (Bucket.EARLY, [0], UNKNOWN, "its usual closing is not known"),
        (Bucket.STOP, [0], UNKNOWN, "the park as a whole stood still: fewer than 1 in 2 of the day's peak"),
        (Bucket.CLOSED, [], UNKNOWN, "not open once while the park ran"),
        (Bucket.UNOBSERVED, [0], UNKNOWN, "missing, older than 30 min, or more than 20 min after a poll"),
    ],
)
def test_a_stretch_is_explained(bucket: Bucket, up: list[int], usual: Usual, said: str) -> None:
    assert said in _reason(Segment(NOON, 600, bucket), 1, up, usual)


def test_a_figure_that_is_stored_otherwise_is_told() -> None:
    judged = ParkDay(NOON.date(), snapshots=144, rides_open_any=3, operation=None)
    stored = {"snapshots": 143, "rides_open_any": 3}
    assert list(_differences(judged, stored, {})) == ["the park: snapshots is stored as 143, recomputed it is 144"]
