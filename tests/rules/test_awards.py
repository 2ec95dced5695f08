"""Who wins what."""

from typing import Any

import pytest

from hallofshame.rules import awards, ranking
from hallofshame.rules.awards import RideAward, RideRecord
from hallofshame.rules.ranking import Entry
from hallofshame.rules.score import Sums

pytestmark = pytest.mark.unit


def record(ride_id: int, up_s: int = 900, down_s: int = 100, **facts: Any) -> RideRecord:
    defaults: dict[str, Any] = {
        "name": f"Ride {ride_id}",
        "longest_outage_s": 0,
        "longest_wait_minutes": None,
        "is_ranked": True,
    }
    return RideRecord(ride_id=ride_id, sums=Sums.of(up_s, down_s, 2), **defaults | facts)


def winners(*records: RideRecord) -> dict[RideAward, int]:
    return {award: ride.ride_id for award, ride in awards.ride_awards(records).items()}


def test_each_award_goes_to_its_best() -> None:
    assert winners(
        record(1, 1_000, 0, longest_wait_minutes=45),
        record(2, 500, 500, longest_outage_s=300),
        record(3, 700, 300, longest_outage_s=299, longest_wait_minutes=120),
    ) == {
        RideAward.LONGEST_WAIT: 3,
        RideAward.LONGEST_OUTAGE: 2,
        RideAward.LEAST_RELIABLE: 2,
        RideAward.MOST_RELIABLE: 1,
    }


def test_an_award_nobody_earned_is_not_given() -> None:
    assert winners() == {}
    assert winners(record(1, 1_000, 0, longest_wait_minutes=0)) == {RideAward.MOST_RELIABLE: 1}


def test_a_small_sample_can_hold_a_record_but_is_not_called_reliable_or_not() -> None:
    small = record(1, 0, 1_000, longest_outage_s=1_000, longest_wait_minutes=5, is_ranked=False)
    assert winners(small, record(2)) == {
        RideAward.LONGEST_WAIT: 1,
        RideAward.LONGEST_OUTAGE: 1,
        RideAward.LEAST_RELIABLE: 2,
        RideAward.MOST_RELIABLE: 2,
    }


def test_of_equals_the_first_by_name_wins_and_of_flawless_ones_the_one_that_ran_longest() -> None:
    one = record(1, 1_000, 0, name="zeta", longest_wait_minutes=60)
    other = record(2, 2_000, 0, name="Alpha", longest_wait_minutes=60)
    assert winners(one, other) == {RideAward.LONGEST_WAIT: 2, RideAward.MOST_RELIABLE: 2}


def test_the_worst_park_has_lost_time_with_five_counted_rides() -> None:
    ranked = ranking.rank(
        Entry(i, f"Park {i}", Sums.of(1_000 - down_s, down_s, 2)) for i, down_s in ((1, 90), (2, 50), (3, 0))
    )
    winner = awards.worst_park(ranked, {1: 4, 2: 5, 3: 20})
    assert winner is not None
    assert winner.entry_id == 2
    assert awards.worst_park(ranked, {1: 4, 2: 4, 3: 20}) is None
