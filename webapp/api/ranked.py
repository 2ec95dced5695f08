"""A row of the hall of shame: who, where it stands, with which figures, and what to know beside them."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from pydantic import BaseModel, Field

from hallofshame.model import Park
from hallofshame.rules import ranking
from hallofshame.rules.periods import Period
from hallofshame.rules.ranking import Badge, ParkSample, Standing
from hallofshame.rules.score import Sums
from hallofshame.store import days, parks
from hallofshame.store.days import Edges
from hallofshame.store.engine import Connection

from . import figures
from .figures import ParkFigures, RideFigures, Trended
from .subjects import ParkRef, RideRef, park_ref, ride_ref

Row = Mapping[str, Any]

_SINGLE_DAYS = {Period.TODAY, Period.YESTERDAY}
_NO_EDGES = Edges(opening_known=True, closing_known=True)  # of a period, or of a day that did not operate


class Place(BaseModel):
    """Where a row stands."""

    rank: int | None = Field(description="1, 2, 2, 4 among all of the period, whatever the filter; null: not ranked")
    standing: str = Field(description="ranked, or why not")
    reason: str | None = Field(description="why it is not ranked, in words")
    from_day: date | None = Field(description="first operating day of its park in the period; null: live")
    to_day: date | None = Field(description="last operating day of its park in the period; null: live")


class RankedPark(Trended, ParkFigures, ParkRef, Place):
    """A park in the ranking. `rides_down` and `rides_open` are of now, and null unless the period is live."""

    badges: list[str] = Field(description="what to know beside the figures")
    rides_down: int | None = None
    rides_open: int | None = None


class RankedRide(Trended, RideFigures, RideRef, Place):
    """A ride in the ranking. `down_since_at` is of now, and null unless the period is live."""

    land: str | None
    tier: int | None = Field(description="1 to 3, weighing 3 to 1; null: not judged yet")
    down_since_at: datetime | None = None


def _place(row: Row) -> dict[str, Any]:
    """The fields of a Place, from a row of a leaderboard."""
    standing = Standing[row["standing"].upper()]
    return {
        "rank": row["rank"],
        "standing": row["standing"],
        "reason": None if standing is Standing.RANKED else standing.value,
        "from_day": row["from_day"],
        "to_day": row["to_day"],
    }


def ranked_park(row: Row, park: Park, badges: Sequence[str]) -> RankedPark:
    """A row of the leaderboard of parks."""
    trend = figures.trended(figures.trend_of_park(row))
    return RankedPark(**_place(row), **park_ref(park), **figures.of_park(row), **trend, badges=list(badges))


def ranked_ride(row: Row, park: Park) -> RankedRide:
    """A row of the leaderboard of rides."""
    subject, trend = ride_ref(row["ride_id"], row["name"], park), figures.trended(figures.trend_of_ride(row))
    return RankedRide(**_place(row), **subject, **figures.of_ride(row), **trend, land=row["land"], tier=row["tier"])


def badges(conn: Connection, rows: Sequence[Row]) -> list[list[str]]:
    """What to know beside the figures of each of some rows of the leaderboard of parks."""
    park_ids = {row["park_id"] for row in rows}
    corrected = parks.with_corrected_zone(conn, park_ids)
    edges = days.edges(conn, park_ids, {row["from_day"] for row in rows if row["period"] in _SINGLE_DAYS})
    return [
        [badge.value for badge in _badges(row, corrected, edges.get((row["park_id"], row["from_day"]), _NO_EDGES))]
        for row in rows
    ]


def _badges(row: Row, corrected: set[int], edges: Edges) -> tuple[Badge, ...]:
    # While a day lasts its end cannot be known.
    known = edges.opening_known and (edges.closing_known or row["period"] == Period.TODAY)
    sample = ParkSample(
        row["operated_days"],
        row["window_s"],
        row["observed_s"],
        row["rides_counted"],
        Sums(row["up_s"], row["down_s"], row["weighted_down_s"], row["weighted_sched_s"]),
        is_status_only=row["standing"] == Standing.STATUS_ONLY.name.lower(),
    )
    return ranking.badges(sample, are_edges_known=known, is_zone_corrected=row["park_id"] in corrected)
