"""Parks and rides by how their uptime has changed since the period before. Reads only; what is a trend is a rule's."""

from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, Table, select

from hallofshame.store.leaderboards import Chosen
from hallofshame.store.periods import Row
from hallofshame.store.quotients import share
from hallofshame.store.schema import park_leaderboard, ride_leaderboard, rides


def most_changed_parks(conn: Connection, chosen: Chosen, limit: int, *, is_better: bool) -> list[Row]:
    """Ranked parks that were up or down in both periods, with their up and down seconds now and before."""
    board = park_leaderboard
    now = board.c.up_s, board.c.down_s
    query = select(board.c.park_id, *_figures(board, *now))
    return _most(conn, query, chosen, board, now, limit, is_better=is_better)


def most_changed_rides(
    conn: Connection, chosen: Chosen, operating_s_at_least: int, limit: int, *, is_better: bool
) -> list[Row]:
    """Ranked rides that were up or down so long in the period before as well, with their `name`."""
    board = ride_leaderboard
    now = board.c.counted_up_s, board.c.counted_down_s
    query = (
        select(board.c.ride_id, board.c.park_id, rides.c.name, *_figures(board, *now))
        .join_from(board, rides, rides.c.ride_id == board.c.ride_id)
        .where(board.c.before_up_s + board.c.before_down_s >= operating_s_at_least)
    )
    return _most(conn, query, chosen, board, now, limit, is_better=is_better)


def _figures(board: Table, up_s: ColumnElement[int], down_s: ColumnElement[int]) -> list[ColumnElement[Any]]:
    before = board.c.before_up_s, board.c.before_down_s
    return [up_s, down_s, *before, board.c.from_day, board.c.to_day]


def _most(
    conn: Connection,
    query: Select[Any],
    chosen: Chosen,
    board: Table,
    now: tuple[ColumnElement[int], ColumnElement[int]],
    limit: int,
    *,
    is_better: bool,
) -> list[Row]:
    up_s, down_s = now
    before_up_s, before_down_s = board.c.before_up_s, board.c.before_down_s
    change = share(up_s, up_s + down_s) - share(before_up_s, before_up_s + before_down_s)
    of_parks = [] if chosen.park_ids is None else [board.c.park_id.in_(chosen.park_ids)]
    query = query.where(board.c.period == chosen.period, board.c.rank.is_not(None), *of_parks)
    query = query.where(change > 0 if is_better else change < 0)
    query = query.order_by(change.desc() if is_better else change.asc(), board.c.place)
    return [dict(row) for row in conn.execute(query.limit(limit)).mappings()]
