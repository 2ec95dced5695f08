"""The hall of shame of each period, as ranked: replaced whole, a period at a time, and read in pages.

The caller owns the transaction.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    Select,
    Table,
    cast,
    delete,
    func,
    insert,
    literal,
    select,
)

from hallofshame.store.periods import Row
from hallofshame.store.quotients import share
from hallofshame.store.schema import BUCKETS, park_leaderboard, parks, ride_classifications, ride_leaderboard, rides


@dataclass(frozen=True, slots=True)
class Chosen:
    """Which rows of a period's ranking: those of some parks, None: of all; of rides those of a tier, None: of all."""

    period: str
    park_ids: Collection[int] | None = None
    tier: int | None = None


@dataclass(frozen=True, slots=True)
class Order:
    """By what rows are sorted; those that are not ranked stay below. Equals stand as they are ranked."""

    by: str
    is_descending: bool


@dataclass(frozen=True, slots=True)
class Page:
    """Rows to take, and rows to leave out before."""

    limit: int
    offset: int


@dataclass(frozen=True, slots=True)
class Extent:
    """What chosen rows are of: how many they are, from when to when, and what of their windows was seen."""

    rows: int
    first: date | None
    last: date | None
    observed_s: int
    window_s: int


def replace(conn: Connection, period: str, of_parks: Sequence[Row], of_rides: Sequence[Row]) -> None:
    """Put the rankings of a period in the place of what they were."""
    for table, rows in ((park_leaderboard, of_parks), (ride_leaderboard, of_rides)):
        conn.execute(delete(table).where(table.c.period == period))
        if rows:
            conn.execute(insert(table), [{"period": period} | row for row in rows])


def parks_page(conn: Connection, chosen: Chosen, order: Order, page: Page) -> list[Row]:
    """Rows of the ranking of parks."""
    board = park_leaderboard
    query = select(board).join_from(board, parks, board.c.park_id == parks.c.park_id).where(*_are(board, chosen))
    figures = _Figures(board.c.up_s, board.c.down_s, board.c.outages, parks.c.name)
    return _rows(conn, query.order_by(*_in_order(board, figures, order)), page)


def rides_page(conn: Connection, chosen: Chosen, order: Order, page: Page) -> list[Row]:
    """Rows of the ranking of rides, each with its `name`, `land` and `tier`."""
    board = ride_leaderboard
    query = _rides(select(board, rides.c.name, rides.c.land, ride_classifications.c.tier), chosen)
    figures = _Figures(board.c.counted_up_s, board.c.counted_down_s, board.c.counted_outages, rides.c.name)
    return _rows(conn, query.order_by(*_in_order(board, figures, order)), page)


def parks_extent(conn: Connection, chosen: Chosen) -> Extent:
    """What the chosen parks' rows are of."""
    board = park_leaderboard
    query = select(*_extent_of(board, board.c.observed_s, board.c.window_s)).where(*_are(board, chosen))
    return _extent(conn, query)


def rides_extent(conn: Connection, chosen: Chosen) -> Extent:
    """What the chosen rides' rows are of; seconds of which a ride's state is not known are not seen."""
    board = ride_leaderboard
    window_s = sum((board.c[name] for name in BUCKETS), start=literal(0))
    return _extent(conn, _rides(select(*_extent_of(board, window_s - board.c.unobserved_s, window_s)), chosen))


def of_park(conn: Connection, park_id: int, periods: Collection[str]) -> dict[str, Row]:
    """A park's row in the ranking of each period, by period."""
    board = park_leaderboard
    return _by_period(conn, select(board).where(board.c.period.in_(periods), board.c.park_id == park_id))


def of_ride(conn: Connection, ride_id: int, periods: Collection[str]) -> dict[str, Row]:
    """A ride's row in the ranking of each period, by period."""
    board = ride_leaderboard
    return _by_period(conn, select(board).where(board.c.period.in_(periods), board.c.ride_id == ride_id))


def of_rides(conn: Connection, period: str, ride_ids: Collection[int]) -> dict[int, Row]:
    """The rows of some rides in one period, by ride id."""
    board = ride_leaderboard
    query = select(board).where(board.c.period == period, board.c.ride_id.in_(ride_ids))
    return {row["ride_id"]: dict(row) for row in conn.execute(query).mappings()}


def coverage(conn: Connection, period: str) -> dict[int, tuple[int, int]]:
    """Observed seconds and seconds of the windows of each park in a period, by park id."""
    board = park_leaderboard
    query = select(board.c.park_id, board.c.observed_s, board.c.window_s).where(board.c.period == period)
    return {row[0]: (row[1], row[2]) for row in conn.execute(query)}


@dataclass(frozen=True, slots=True)
class _Figures:
    """What the rows of a board are sorted by."""

    up_s: ColumnElement[int]
    down_s: ColumnElement[int]
    outages: ColumnElement[int]
    name: ColumnElement[str]


def _in_order(board: Table, figures: _Figures, order: Order) -> list[ColumnElement[Any]]:
    """The ranked ones first. The score needs no key of its own: rows lie by it, exactly."""
    keys: dict[str, ColumnElement[Any]] = {
        # Equals have one rank, and the score falls while it rises.
        "score": -board.c.rank,
        "downtime": figures.down_s,
        "uptime": share(figures.up_s, figures.up_s + figures.down_s),
        "outages": figures.outages,
        "name": func.lower(figures.name),
    }
    key = keys[order.by].desc() if order.is_descending else keys[order.by].asc()
    if order.by == "score" and order.is_descending:
        return [board.c.place]
    return [board.c.rank.is_(None), key, board.c.place]


def _are(board: Table, chosen: Chosen) -> list[ColumnElement[bool]]:
    of_parks = [] if chosen.park_ids is None else [board.c.park_id.in_(chosen.park_ids)]
    return [board.c.period == chosen.period, *of_parks]


def _rides(query: Select[Any], chosen: Chosen) -> Select[Any]:
    board, verdict = ride_leaderboard, ride_classifications
    query = query.select_from(
        board.join(rides, rides.c.ride_id == board.c.ride_id).outerjoin(verdict, verdict.c.ride_id == board.c.ride_id)
    ).where(*_are(board, chosen))
    return query if chosen.tier is None else query.where(verdict.c.tier == chosen.tier)


def _extent_of(board: Table, observed_s: ColumnElement[int], window_s: ColumnElement[int]) -> list[ColumnElement[Any]]:
    sums = [cast(func.coalesce(func.sum(seconds), 0), BigInteger) for seconds in (observed_s, window_s)]
    return [func.count(), func.min(board.c.from_day), func.max(board.c.to_day), *sums]


def _extent(conn: Connection, query: Select[Any]) -> Extent:
    return Extent(*conn.execute(query).one())


def _rows(conn: Connection, query: Select[Any], page: Page) -> list[Row]:
    return [dict(row) for row in conn.execute(query.limit(page.limit).offset(page.offset)).mappings()]


def _by_period(conn: Connection, query: Select[Any]) -> dict[str, Row]:
    return {row["period"]: dict(row) for row in conn.execute(query).mappings()}
