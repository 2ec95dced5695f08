"""Which ride or park a period's awards go to. An award nobody earned is not given."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from fractions import Fraction

from hallofshame.rules import ranking
from hallofshame.rules.constants import AWARDED_PARK_RIDES_AT_LEAST
from hallofshame.rules.ranking import Entry, Ranked
from hallofshame.rules.score import Sums


class RideAward(Enum):
    """What a ride can win. A record stands for itself; reliability needs a sample that is ranked."""

    LONGEST_WAIT = "longest wait"
    LONGEST_OUTAGE = "longest single outage"
    LEAST_RELIABLE = "least reliable"
    MOST_RELIABLE = "most reliable"


@dataclass(frozen=True, slots=True)
class RideRecord:
    """A ride's figures in a period. `is_ranked`: its `ranking.ride_standing` is RANKED."""

    ride_id: int
    name: str
    sums: Sums
    longest_outage_s: int
    longest_wait_minutes: int | None
    is_ranked: bool


def ride_awards(records: Iterable[RideRecord]) -> dict[RideAward, RideRecord]:
    """Each award that was earned, with its winner. Of equals the first by name, then by id, wins."""
    rides = sorted(records, key=lambda ride: (ride.name.casefold(), ride.ride_id))
    ranked = [ride for ride in rides if ride.is_ranked]
    winners = {
        RideAward.LONGEST_WAIT: _longest_wait(rides),
        RideAward.LONGEST_OUTAGE: _longest_outage(rides),
        RideAward.LEAST_RELIABLE: _least_reliable(ranked),
        RideAward.MOST_RELIABLE: _most_reliable(ranked),
    }
    return {award: winner for award, winner in winners.items() if winner}


def worst_park(ranked: Iterable[Ranked], rides_counted: Mapping[int, int]) -> Entry | None:
    """The first ranked park that lost time and has enough counted rides (by park id) for it to mean something."""
    parks = (place.entry for place in ranked)
    return next(
        (
            park
            for park in parks
            if park.sums.down_s and rides_counted.get(park.entry_id, 0) >= AWARDED_PARK_RIDES_AT_LEAST
        ),
        None,
    )


def _longest_wait(rides: Sequence[RideRecord]) -> RideRecord | None:
    return max((ride for ride in rides if ride.longest_wait_minutes), key=_wait_minutes, default=None)


def _wait_minutes(ride: RideRecord) -> int:
    return ride.longest_wait_minutes or 0


def _longest_outage(rides: Sequence[RideRecord]) -> RideRecord | None:
    return max((ride for ride in rides if ride.longest_outage_s), key=lambda ride: ride.longest_outage_s, default=None)


def _least_reliable(ranked: Sequence[RideRecord]) -> RideRecord | None:
    """The first of the ranking, if it lost any time."""
    by_id = {ride.ride_id: ride for ride in ranked}
    order = ranking.rank(Entry(ride.ride_id, ride.name, ride.sums) for ride in ranked)
    return by_id[order[0].entry.entry_id] if order and order[0].entry.sums.down_s else None


def _most_reliable(ranked: Sequence[RideRecord]) -> RideRecord | None:
    """The largest share of its time up, exactly; of equals the one that ran longer."""
    return max(ranked, key=lambda ride: (_uptime(ride.sums), ride.sums.up_s), default=None)


def _uptime(sums: Sums) -> Fraction:
    return Fraction(sums.up_s, sums.up_s + sums.down_s)
