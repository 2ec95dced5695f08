"""The few rides of a period that an award can go to. Reads only; who wins is a rule's to say."""

from sqlalchemy import Connection, Select, func, select

from hallofshame.store.periods import Row
from hallofshame.store.quotients import share
from hallofshame.store.schema import ride_leaderboard, rides

_BOARD = ride_leaderboard
_MOST_UP = 20  # a rule tells them apart exactly; the database divides in doubles


def candidates(conn: Connection, period: str) -> list[Row]:
    """Rides with the longest wait or outage, the first of the ranking, and those with the highest uptimes."""
    ids = {
        ride_id
        for query in (
            _with_the_longest(period, "longest_wait_minutes"),
            _with_the_longest(period, "longest_outage_s"),
            select(_BOARD.c.ride_id).where(_BOARD.c.period == period, _BOARD.c.place == 1),
            _most_up(period),
        )
        for ride_id in conn.execute(query).scalars()
    }
    query = select(_BOARD, rides.c.name).join_from(_BOARD, rides, rides.c.ride_id == _BOARD.c.ride_id)
    query = query.where(_BOARD.c.period == period, _BOARD.c.ride_id.in_(ids))
    return [dict(row) for row in conn.execute(query).mappings()]


def _with_the_longest(period: str, figure: str) -> Select[tuple[int]]:
    longest = select(func.max(_BOARD.c[figure])).where(_BOARD.c.period == period).scalar_subquery()
    return select(_BOARD.c.ride_id).where(_BOARD.c.period == period, _BOARD.c[figure] == longest)


def _most_up(period: str) -> Select[tuple[int]]:
    up_s, down_s = _BOARD.c.counted_up_s, _BOARD.c.counted_down_s
    ranked = select(_BOARD.c.ride_id).where(_BOARD.c.period == period, _BOARD.c.rank.is_not(None))
    return ranked.order_by(share(up_s, up_s + down_s).desc(), up_s.desc(), _BOARD.c.place).limit(_MOST_UP)
