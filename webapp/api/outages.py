"""Each outage of a ride, with start and end: a run of seconds reported closed, with no open reading in between."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from pydantic import BaseModel, Field

from hallofshame.store import histories
from hallofshame.store.engine import Connection

from . import day_range, figures, found
from .day_range import DayRange, Reach
from .envelope import Answer
from .questions import PagedQuestion, next_offset

_REACH = Reach(day_range.days_back(30), 731)


class OutagesQuestion(DayRange, PagedQuestion):
    """Parameters of a ride's outages: of the last 30 days; with from and to of at most 731."""


class Outage(BaseModel):
    """An outage, within one operating day."""

    op_day: date
    began_at: datetime
    ended_at: datetime = Field(description="after its last second reported closed")
    down_seconds: int = Field(description="may be less than the time between: what we did not see is not counted")
    has_reopened: bool = Field(description="it was seen open again that day")
    is_final: bool = Field(description="false: the day is not judged finally, it may still change")
    is_counted: bool = Field(description="the ride counts on that day, so that the outage is in its figures")


def get_ride(conn: Connection, asked: OutagesQuestion, now: datetime, ride_id: int) -> Answer[list[Outage]]:
    """A ride's outages, the newest first."""
    park = found.park_of_ride(conn, ride_id)
    span = day_range.resolve(asked, _REACH, now, park.timezone)
    operated = histories.operated_days(conn, park.park_id, span.first, span.last)
    finality = {row["op_day"]: row["is_final"] for row in operated}
    ride_days = histories.of_ride_days(conn, park.park_id, ride_id, finality)
    counted = {row["op_day"] for row in ride_days if row["days_counted"]}
    rows = histories.outages_of_ride(conn, park.park_id, ride_id, finality, limit=asked.limit, offset=asked.offset)
    total = histories.count_outages_of_ride(conn, park.park_id, ride_id, finality)
    return Answer(
        [_outage(row, is_final=finality[row["op_day"]], is_counted=row["op_day"] in counted) for row in rows],
        first=span.first,
        last=span.last,
        coverage=figures.coverage_of_ride(ride_days),
        total=total,
        next_offset=next_offset(asked, total),
    )


def _outage(row: Mapping[str, Any], *, is_final: bool, is_counted: bool) -> Outage:
    return Outage(
        op_day=row["op_day"],
        began_at=row["began_at"],
        ended_at=row["ended_at"],
        down_seconds=row["down_s"],
        has_reopened=row["has_reopened"],
        is_final=is_final,
        is_counted=is_counted,
    )
