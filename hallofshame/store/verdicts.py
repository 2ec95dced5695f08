"""What is stored of one park-day, to hold a recomputation against. Reads only."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from sqlalchemy import Connection, select

from hallofshame.errors import Permanent
from hallofshame.store.schema import park_days, ride_days

Row = Mapping[str, Any]


def park_day(conn: Connection, park_id: int, op_day: date) -> Row:
    """A park-day as it is stored. Raises Permanent where it is not."""
    query = select(park_days).where(park_days.c.park_id == park_id, park_days.c.op_day == op_day)
    row = conn.execute(query).mappings().first()
    if row is None:
        raise Permanent(f"park {park_id}, {op_day}: was never judged: hos backfill judges it where there are polls")
    return dict(row)


def ride_days_of(conn: Connection, park_id: int, op_day: date) -> dict[int, Row]:
    """The park-day's rides as they are stored, by id."""
    query = select(ride_days).where(ride_days.c.park_id == park_id, ride_days.c.op_day == op_day)
    return {row["ride_id"]: dict(row) for row in conn.execute(query).mappings()}
