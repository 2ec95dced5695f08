"""The hall of shame: parks and rides of a period, the worst first; those without a sample below, with the reason."""

from datetime import datetime
from typing import TypeVar

from hallofshame.rules import score
from hallofshame.store import leaderboards
from hallofshame.store.engine import Connection
from hallofshame.store.leaderboards import Chosen, Extent, Order, Page

from . import live_rankings
from .chosen_parks import choose
from .envelope import Answer
from .questions import LIVE, RankingQuestion, RideRankingQuestion, next_offset
from .ranked import RankedPark, RankedRide, badges, ranked_park, ranked_ride

_WORST_IS_LEAST = {"uptime", "name"}  # what is asked for without a direction begins with the worst, or with A

T = TypeVar("T")


def get_parks(conn: Connection, asked: RankingQuestion, now: datetime) -> Answer[list[RankedPark]]:
    """The ranking of parks."""
    listed = choose(conn, asked.filter)
    if asked.period == LIVE:
        return live_rankings.parks(conn, asked, listed, now)
    chosen = Chosen(asked.period, listed.ids)
    rows = leaderboards.parks_page(conn, chosen, _order(asked), Page(asked.limit, asked.offset))
    told = zip(rows, badges(conn, rows), strict=True)
    ranked = [ranked_park(row, listed.by_id[row["park_id"]], beside) for row, beside in told]
    return _answer(asked, leaderboards.parks_extent(conn, chosen), ranked)


def get_rides(conn: Connection, asked: RideRankingQuestion, now: datetime) -> Answer[list[RankedRide]]:
    """The ranking of rides."""
    listed = choose(conn, asked.filter)
    park_ids = listed.ids
    if asked.park is not None:
        park_ids = [asked.park] if park_ids is None or asked.park in park_ids else []
    if asked.period == LIVE:
        return live_rankings.rides(conn, asked, listed, park_ids, now)
    chosen = Chosen(asked.period, park_ids, asked.tier)
    rows = leaderboards.rides_page(conn, chosen, _order(asked), Page(asked.limit, asked.offset))
    ranked = [ranked_ride(row, listed.by_id[row["park_id"]]) for row in rows]
    return _answer(asked, leaderboards.rides_extent(conn, chosen), ranked)


def _order(asked: RankingQuestion) -> Order:
    direction = asked.order or ("asc" if asked.sort in _WORST_IS_LEAST else "desc")
    return Order(asked.sort, is_descending=direction == "desc")


def _answer(asked: RankingQuestion, extent: Extent, rows: list[T]) -> Answer[list[T]]:
    return Answer(
        rows,
        period=asked.period,
        first=extent.first,
        last=extent.last,
        coverage=score.coverage(extent.observed_s, extent.window_s),
        total=extent.rows,
        next_offset=next_offset(asked, extent.rows),
    )
