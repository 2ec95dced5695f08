"""The longest waits: now, on average, and at their longest, with how the average has moved in a week."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Annotated, Any

from pydantic import Field

from hallofshame.model import RideState
from hallofshame.rules import score
from hallofshame.rules.constants import LIVE_WITHIN_SECONDS
from hallofshame.rules.periods import Period
from hallofshame.store import waits
from hallofshame.store.engine import Connection
from hallofshame.store.leaderboards import Chosen, Page

from .. import live
from ..world import live_now
from .chosen_parks import ChosenParks, choose
from .envelope import Answer
from .questions import FILTER, LIVE, OneOf, PagedQuestion, next_offset
from .subjects import RideRef, ride_ref

Row = Mapping[str, Any]

_AVERAGES = Period.LAST_7_DAYS
_NOT_SEEN: Row = {
    **dict.fromkeys(("wait_minutes_sum", "wait_readings", "before_wait_minutes_sum", "before_wait_readings"), 0),
    "longest_wait_minutes": None,
}
_LIVE_WITHIN = timedelta(seconds=LIVE_WITHIN_SECONDS)


class WaitsQuestion(PagedQuestion):
    """Parameters of the waits."""

    period: Annotated[str, OneOf((LIVE, _AVERAGES.value, "peak"))] = Field(
        LIVE, description="by the wait now, by the average of the last 7 days, or by the longest wait in them"
    )
    filter: str = FILTER


class RideWait(RideRef):
    """How long a ride's queue is and was. The averages are of its counted days while it was open."""

    land: str | None
    wait_minutes: int | None = Field(description="now; null: not open, or not known")
    average_wait_minutes: float | None = Field(description="of the last 7 finished operating days")
    longest_wait_minutes: int | None = Field(description="of the last 7 finished operating days")
    trend_minutes: float | None = Field(description="that average minus that of the 7 days before; null: not known")


def get(conn: Connection, asked: WaitsQuestion, now: datetime) -> Answer[list[RideWait]]:
    """The longest waits."""
    chosen = choose(conn, asked.filter)
    return _now(conn, asked, chosen, now) if asked.period == LIVE else _averages(conn, asked, chosen, now)


def _now(conn: Connection, asked: WaitsQuestion, chosen: ChosenParks, now: datetime) -> Answer[list[RideWait]]:
    waiting = live.waits_now(conn, live_now(conn, now), chosen.ids, asked.limit, asked.offset)
    usual = waits.of_rides(conn, _AVERAGES.value, [ride.ride_id for ride in waiting.rides])
    rows = [
        RideWait(
            **ride_ref(ride.ride_id, ride.name, chosen.by_id[ride.park_id]),
            **_usual(usual.get(ride.ride_id, _NOT_SEEN)),
            land=ride.land,
            wait_minutes=ride.wait_minutes,
        )
        for ride in waiting.rides
    ]
    return Answer(rows, period=LIVE, total=waiting.total, next_offset=next_offset(asked, waiting.total))


def _averages(conn: Connection, asked: WaitsQuestion, chosen: ChosenParks, now: datetime) -> Answer[list[RideWait]]:
    of = Chosen(_AVERAGES.value, chosen.ids)
    found = waits.longest(conn, of, Page(asked.limit, asked.offset), by_average=asked.period == _AVERAGES)
    rows = [
        RideWait(
            **ride_ref(row["ride_id"], row["name"], chosen.by_id[row["park_id"]]),
            **_usual(row),
            land=row["land"],
            wait_minutes=_wait_now(row, now),
        )
        for row in found
    ]
    total = waits.count(conn, of)
    return Answer(
        rows,
        period=asked.period,
        first=min((row["from_day"] for row in found), default=None),
        last=max((row["to_day"] for row in found), default=None),
        total=total,
        next_offset=next_offset(asked, total),
    )


def _usual(row: Row) -> dict[str, Any]:
    average = score.average_wait_minutes(row["wait_minutes_sum"], row["wait_readings"])
    before = score.average_wait_minutes(row["before_wait_minutes_sum"] or 0, row["before_wait_readings"] or 0)
    return {
        "average_wait_minutes": average,
        "longest_wait_minutes": row["longest_wait_minutes"],
        "trend_minutes": None if average is None or before is None else average - before,
    }


def _wait_now(row: Row, now: datetime) -> int | None:
    is_fresh = now - row["last_seen_at"] <= _LIVE_WITHIN
    return row["wait_minutes"] if is_fresh and row["state"] == RideState.OPEN.value else None
