"""The hall of shame of each period, as ranked: replaced whole, a period at a time. The caller owns the transaction."""

from collections.abc import Sequence

from sqlalchemy import Connection, delete, insert

from hallofshame.store.periods import Row
from hallofshame.store.schema import park_leaderboard, ride_leaderboard


def replace(conn: Connection, period: str, of_parks: Sequence[Row], of_rides: Sequence[Row]) -> None:
    """Put the rankings of a period in the place of what they were."""
    for table, rows in ((park_leaderboard, of_parks), (ride_leaderboard, of_rides)):
        conn.execute(delete(table).where(table.c.period == period))
        if rows:
            conn.execute(insert(table), [{"period": period} | row for row in rows])
