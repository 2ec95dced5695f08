"""Hour by day: when a park, or a ride, loses time or makes people wait."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Annotated, Any

from pydantic import BaseModel, Field

from hallofshame.rules import calendar
from hallofshame.rules.periods import Days
from hallofshame.store import histories
from hallofshame.store.engine import Connection

from . import day_range, figures, found
from .day_range import DayRange, Reach
from .envelope import Answer
from .figures import HeatFigures
from .questions import LARGEST_ID, ListQuestion, OneOf

Row = Mapping[str, Any]
Heat = tuple[Row, dict[str, Any]]  # an hour as it is stored, and the fields of its HeatFigures

_REACH = Reach(day_range.days_back(14), 31)
_PARK = "park"
_MEASURES = {"downtime": "lost_share_percent", "wait": "average_wait_minutes"}
_NO_WAITS: Row = {"wait_minutes_sum": 0, "wait_readings": 0}


class HeatmapQuestion(DayRange, ListQuestion):
    """Parameters of a heatmap: of the last 14 days; with from and to of at most 31."""

    kind: Annotated[str, OneOf((_PARK, "ride"))]
    id: int = Field(ge=1, le=LARGEST_ID, description="of the park or ride")
    measure: Annotated[str, OneOf(tuple(_MEASURES))] = Field("downtime", description="what `value` is")


class HeatHour(BaseModel):
    """What a cell is of, and what to colour it by."""

    op_day: date
    hour: datetime = Field(description="when the local hour began")
    local_hour: int = Field(description="0 to 23 on the park's clocks of that day; twice where they were set back")
    value: float | None = Field(description="lost_share_percent; with measure=wait average_wait_minutes")


class HeatCell(HeatFigures, HeatHour):
    """One hour of one operating day, where a counted ride was up or down in it. Both measures stand in every cell."""


def get(conn: Connection, asked: HeatmapQuestion, now: datetime) -> Answer[list[HeatCell]]:
    """The hours of a park's or a ride's days."""
    park = found.park(conn, asked.id) if asked.kind == _PARK else found.park_of_ride(conn, asked.id)
    span = day_range.resolve(asked, _REACH, now, park.timezone)
    operated = histories.operated_days(conn, park.park_id, span.first, span.last)
    zones = {row["op_day"]: row["timezone"] for row in operated}
    if asked.kind == _PARK:
        heat = _heat_of_park(conn, asked.id, span)
        coverage = figures.coverage_of_park(histories.of_park_days(conn, asked.id, span.first, span.last))
    else:
        heat = [
            (row, figures.heat_of_ride(row)) for row in histories.of_ride_hours(conn, park.park_id, asked.id, zones)
        ]
        coverage = figures.coverage_of_ride(histories.of_ride_days(conn, park.park_id, asked.id, zones))
    cells = [_cell(row, told, zones[row["op_day"]], _MEASURES[asked.measure]) for row, told in heat]
    return Answer(cells, first=span.first, last=span.last, coverage=coverage)


def _heat_of_park(conn: Connection, park_id: int, span: Days) -> list[Heat]:
    waits = {row["hour"]: row for row in histories.waits_of_park_hours(conn, park_id, span.first, span.last)}
    hours = histories.of_park_hours(conn, park_id, span.first, span.last)
    return [(row, figures.heat_of_park(row, waits.get(row["hour"], _NO_WAITS))) for row in hours]


def _cell(row: Row, told: dict[str, Any], timezone: str, measured: str) -> HeatCell:
    local_hour = row["hour"].astimezone(calendar.zone(timezone)).hour
    return HeatCell(op_day=row["op_day"], hour=row["hour"], local_hour=local_hour, value=told[measured], **told)
