"""Most improved and most declined: points of uptime against the period before."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any

from pydantic import BaseModel, Field

from hallofshame.rules import score
from hallofshame.rules.periods import Period
from hallofshame.rules.ranking import MINIMUM
from hallofshame.rules.trends import Direction
from hallofshame.store import changes
from hallofshame.store.engine import Connection
from hallofshame.store.leaderboards import Chosen

from ..source import park_page, ride_page
from . import figures
from .chosen_parks import ChosenParks, choose
from .envelope import Answer
from .questions import FILTER, FinishedPeriod, ListQuestion, OneOf

Row = Mapping[str, Any]
Kind = Annotated[str, OneOf(("park", "ride"))]


class TrendsQuestion(ListQuestion):
    """Parameters of the trends."""

    period: FinishedPeriod = "7days"
    filter: str = FILTER
    kind: Kind = "ride"
    limit: int = Field(10, ge=1, le=50, description="rows of each direction")


class Changed(BaseModel):
    """A park or ride whose uptime has changed by points that mean something."""

    direction: Annotated[str, OneOf((Direction.IMPROVING.value, Direction.DECLINING.value))]
    points: float = Field(description="uptime_percent minus uptime_percent_before")
    uptime_percent: float | None
    uptime_percent_before: float | None = Field(description="of the period before")
    down_seconds: int
    ride_id: int | None = Field(description="null: a park")
    name: str
    park_id: int
    park_name: str
    queue_times_url: str


def get(conn: Connection, asked: TrendsQuestion, now: datetime) -> Answer[list[Changed]]:
    """The improved ones, the most improved first, then the declined ones, the most declined first."""
    listed = choose(conn, asked.filter)
    chosen = Chosen(asked.period, listed.ids)
    rows = [row for is_better in (True, False) for row in _most_changed(conn, asked, chosen, is_better=is_better)]
    changed = [told for row in rows if (told := _changed(row, listed))]
    return Answer(
        changed,
        period=asked.period,
        first=min((row["from_day"] for row in rows), default=None),
        last=max((row["to_day"] for row in rows), default=None),
        total=len(changed),
    )


def _most_changed(conn: Connection, asked: TrendsQuestion, chosen: Chosen, *, is_better: bool) -> list[Row]:
    if asked.kind == "park":
        return [*changes.most_changed_parks(conn, chosen, asked.limit, is_better=is_better)]
    operating_s_at_least = MINIMUM[Period(asked.period).span].ride_sched_s
    return [*changes.most_changed_rides(conn, chosen, operating_s_at_least, asked.limit, is_better=is_better)]


def _changed(row: Row, listed: ChosenParks) -> Changed | None:
    park, ride_id = listed.by_id[row["park_id"]], row.get("ride_id")
    found = figures.trend_of_park(row) if ride_id is None else figures.trend_of_ride(row)
    if found is None or found.direction is Direction.STEADY:
        return None
    up_s, down_s = (row["up_s"], row["down_s"]) if ride_id is None else (row["counted_up_s"], row["counted_down_s"])
    return Changed(
        direction=found.direction.value,
        points=found.points,
        uptime_percent=score.uptime_percent(up_s, down_s),
        uptime_percent_before=score.uptime_percent(row["before_up_s"], row["before_down_s"]),
        down_seconds=down_s,
        ride_id=ride_id,
        name=park.name if ride_id is None else row["name"],
        park_id=park.park_id,
        park_name=park.name,
        queue_times_url=park_page(park.park_id) if ride_id is None else ride_page(park.park_id, ride_id),
    )
