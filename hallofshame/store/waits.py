"""Rides by how long their queues were in a period. Reads only."""

from collections.abc import Collection

from sqlalchemy import ColumnElement, Connection, func, select

from hallofshame.store.leaderboards import Chosen, Page
from hallofshame.store.periods import Row
from hallofshame.store.quotients import share
from hallofshame.store.schema import ride_leaderboard, rides

_BOARD = ride_leaderboard
_FIGURES = (
    *(_BOARD.c.ride_id, _BOARD.c.park_id, rides.c.name, rides.c.land),
    *(_BOARD.c.wait_readings, _BOARD.c.wait_minutes_sum, _BOARD.c.longest_wait_minutes),
    *(_BOARD.c.before_wait_readings, _BOARD.c.before_wait_minutes_sum),
    *(_BOARD.c.from_day, _BOARD.c.to_day),
    *(rides.c.state, rides.c.wait_minutes, rides.c.last_seen_at),
)
_AVERAGE = share(_BOARD.c.wait_minutes_sum, _BOARD.c.wait_readings)


def longest(conn: Connection, chosen: Chosen, page: Page, *, by_average: bool) -> list[Row]:
    """Rides with waits, by their average or their longest one; equals by name."""
    key = _AVERAGE if by_average else _BOARD.c.longest_wait_minutes
    query = select(*_FIGURES).join_from(_BOARD, rides, rides.c.ride_id == _BOARD.c.ride_id).where(*_with_waits(chosen))
    query = query.order_by(key.desc(), rides.c.name, _BOARD.c.ride_id).limit(page.limit).offset(page.offset)
    return [dict(row) for row in conn.execute(query).mappings()]


def count(conn: Connection, chosen: Chosen) -> int:
    """How many rides had waits."""
    return conn.execute(select(func.count()).select_from(_BOARD).where(*_with_waits(chosen))).scalar_one()


def of_rides(conn: Connection, period: str, ride_ids: Collection[int]) -> dict[int, Row]:
    """The same figures of some rides, by id."""
    query = select(*_FIGURES).join_from(_BOARD, rides, rides.c.ride_id == _BOARD.c.ride_id)
    query = query.where(_BOARD.c.period == period, _BOARD.c.ride_id.in_(ride_ids))
    return {row["ride_id"]: dict(row) for row in conn.execute(query).mappings()}


def _with_waits(chosen: Chosen) -> list[ColumnElement[bool]]:
    of_parks = [] if chosen.park_ids is None else [_BOARD.c.park_id.in_(chosen.park_ids)]
    return [_BOARD.c.period == chosen.period, _BOARD.c.longest_wait_minutes > 0, *of_parks]
