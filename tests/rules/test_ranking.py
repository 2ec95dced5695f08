"""Who is ranked, and in what order."""

from dataclasses import replace

import pytest

from hallofshame.rules import ranking
from hallofshame.rules.ranking import Badge, Entry, ParkSample, Span, Standing
from hallofshame.rules.score import Sums

pytestmark = pytest.mark.unit

SUMS = Sums(500_000, 7_200, 14_400, 1_014_400)
SAMPLE = ParkSample(operated_days=12, window_s=100_000, observed_s=95_000, rides_counted=9, sums=SUMS)


def entry(entry_id: int, name: str, weighted_down_s: int, weighted_sched_s: int, down_s: int = 0) -> Entry:
    return Entry(entry_id, name, Sums(0, down_s, weighted_down_s, weighted_sched_s))


def order(*entries: Entry) -> list[tuple[int, int]]:
    return [(place.rank, place.entry.entry_id) for place in ranking.rank(entries)]


def test_equal_exact_scores_are_an_equal_rank() -> None:
    """C26."""
    parks = entry(1, "P1", 7_200, 564_000), entry(2, "P2", 3_600, 282_000), entry(3, "P3", 7_201, 564_000)
    assert order(*parks) == order(*parks[::-1]) == [(1, 3), (2, 1), (2, 2)]


def test_after_two_of_equal_rank_comes_the_fourth() -> None:
    assert [rank for rank, _ in order(*(entry(i, "", down, 100) for i, down in enumerate((9, 7, 7, 5))))] == [
        1,
        2,
        2,
        4,
    ]


def test_scores_too_close_for_floats_are_told_apart() -> None:
    large = 10**17
    assert order(entry(1, "", large, 3 * large), entry(2, "", large + 1, 3 * large)) == [(1, 2), (2, 1)]


def test_ties_go_by_down_seconds_then_by_name_then_by_id() -> None:
    entries = (
        entry(5, "beta", 0, 100),
        entry(4, "Alpha", 0, 100),
        entry(3, "alpha", 0, 100),
        entry(2, "zeta", 0, 100, down_s=1),
    )
    assert order(*entries) == [(1, 2), (1, 3), (1, 4), (1, 5)]


def test_what_has_no_score_is_never_ranked() -> None:
    with pytest.raises(ValueError, match="without a score"):
        ranking.rank([Entry(1, "", Sums())])
    assert ranking.rank([]) == []


@pytest.mark.parametrize(
    ("sample", "span", "standing"),
    [
        (SAMPLE, Span.MONTH, Standing.RANKED),
        (replace(SAMPLE, is_status_only=True, operated_days=0), Span.WEEK, Standing.STATUS_ONLY),
        (replace(SAMPLE, operated_days=0), Span.WEEK, Standing.NOT_OPERATED),
        (replace(SAMPLE, observed_s=49_999), Span.WEEK, Standing.LOW_COVERAGE),
        (replace(SAMPLE, observed_s=50_000), Span.WEEK, Standing.RANKED),
        (replace(SAMPLE, rides_counted=2), Span.WEEK, Standing.FEW_RIDES),
        (replace(SAMPLE, rides_counted=3), Span.WEEK, Standing.RANKED),
        (replace(SAMPLE, window_s=7_199, observed_s=7_199), Span.TODAY, Standing.SHORT_WINDOW),
        (replace(SAMPLE, window_s=7_200, observed_s=7_200), Span.TODAY, Standing.RANKED),
        (replace(SAMPLE, window_s=7_199, observed_s=7_199, operated_days=1), Span.DAY, Standing.RANKED),
        (replace(SAMPLE, operated_days=2), Span.WEEK, Standing.FEW_DAYS),
        (replace(SAMPLE, operated_days=3), Span.WEEK, Standing.RANKED),
        (replace(SAMPLE, operated_days=9), Span.MONTH, Standing.FEW_DAYS),
        (replace(SAMPLE, operated_days=9), Span.YEAR, Standing.FEW_DAYS),
        (replace(SAMPLE, sums=Sums()), Span.DAY, Standing.NO_SCORE),
    ],
)
def test_a_park_needs_a_sample_to_be_ranked(sample: ParkSample, span: Span, standing: Standing) -> None:
    assert ranking.park_standing(sample, span) is standing


@pytest.mark.parametrize(
    ("up_s", "window_s", "observed_s", "span", "standing"),
    [
        (7_200, 10_000, 9_000, Span.TODAY, Standing.RANKED),
        (7_199, 10_000, 9_000, Span.DAY, Standing.LITTLE_TIME),
        (36_000, 90_000, 45_000, Span.WEEK, Standing.RANKED),
        (36_000, 90_000, 44_999, Span.WEEK, Standing.LOW_COVERAGE),
        (107_999, 200_000, 150_000, Span.MONTH, Standing.LITTLE_TIME),
        (0, 10_000, 9_000, Span.DAY, Standing.NO_SCORE),
        (0, 0, 0, Span.DAY, Standing.NOT_OPERATED),
    ],
)
def test_a_ride_needs_hours_to_be_ranked(
    up_s: int, window_s: int, observed_s: int, span: Span, standing: Standing
) -> None:
    assert ranking.ride_standing(Sums.of(up_s, 0, 2), window_s, observed_s, span) is standing


def test_a_figure_says_what_it_does_not_rest_on() -> None:
    assert ranking.badges(SAMPLE) == ()
    assert ranking.badges(replace(SAMPLE, observed_s=90_000)) == ()
    assert ranking.badges(
        replace(SAMPLE, observed_s=89_999, is_status_only=True), are_edges_known=False, is_zone_corrected=True
    ) == (Badge.PARTIAL_DATA, Badge.PARTIAL_DAY, Badge.ZONE_CORRECTED, Badge.STATUS_ONLY)
