"""The figures people read, each computed here and nowhere else in the API, from stored sums.

Every route that shows a figure takes it from these, so that a ranking, a park's page, its history and a table of it
agree to the last digit.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from pydantic import BaseModel, Field

from hallofshame.rules import score, trends
from hallofshame.rules.constants import PARK_TREND_POINTS_AT_LEAST, RIDE_TREND_POINTS_AT_LEAST
from hallofshame.rules.score import Sums
from hallofshame.rules.trends import Trend
from hallofshame.store.schema import BUCKETS


class ParkFigures(BaseModel):
    """What a park's days come to. Counted rides only; all null where the period is live."""

    shame: float | None = Field(description="0 to 10: weighted share of operating ride time lost, times ten")
    band: str | None = Field(description="good, fair, poor or shame")
    lost_share_percent: float | None = Field(description="the same share in per cent")
    uptime_percent: float | None = Field(description="not weighted; null: no ride ran or was down")
    down_seconds: int | None = Field(description="reported closed during operating hours, all rides together")
    up_seconds: int | None
    weighted_down_seconds: int | None = Field(description="each ride's seconds times its weight (3, 2 or 1)")
    weighted_operating_seconds: int | None = Field(description="the same of up and down together")
    outages: int | None
    outages_per_100_hours: float | None = Field(description="of up and down together")
    stop_seconds: int | None = Field(description="the park as a whole stood still: shown, not counted")
    coverage: float | None = Field(description="share of the opening hours that we saw, 0 to 1")
    opening_seconds: int | None = Field(description="the park's opening hours, as far as the waits tell them")
    operated_days: int | None
    rides_counted: int | None = Field(description="on at least one of the days")
    rides_closed_all_day: int | None = Field(description="usually open, and not once that day; ride-days, not counted")


class Trended(BaseModel):
    """How the uptime has changed since the period before; null where one of them has none, and for today and live."""

    trend: str | None = Field(description="improving, declining or steady: by less than means something")
    trend_points: float | None = Field(description="uptime_percent minus that of the period before")


class RideFigures(BaseModel):
    """What a ride's days come to: those on which it counted. All null where the period is live."""

    shame: float | None = Field(description="0 to 10: share of its operating time lost, times ten")
    uptime_percent: float | None
    down_seconds: int | None = Field(description="reported closed during operating hours")
    up_seconds: int | None
    outages: int | None
    outages_per_100_hours: float | None = Field(description="of up and down together")
    longest_outage_seconds: int | None
    average_wait_minutes: float | None = Field(description="while it was open")
    longest_wait_minutes: int | None
    coverage: float | None = Field(
        description="share of the park's opening hours in which we know how it stood, 0 to 1"
    )
    days_counted: int | None
    days_closed_all_day: int | None = Field(description="usually open, and not once that day; not counted")


class HeatFigures(BaseModel):
    """What one hour comes to. Counted rides only."""

    down_seconds: int = Field(description="reported closed during operating hours; of a park all rides together")
    operating_seconds: int = Field(description="up and down together, likewise")
    lost_share_percent: float | None = Field(description="share of operating time lost; of a park weighted")
    average_wait_minutes: float | None = Field(description="of open rides; null: no wait was read")


_NO_PARK_FIGURES: dict[str, Any] = dict.fromkeys(ParkFigures.model_fields)
_NO_RIDE_FIGURES: dict[str, Any] = dict.fromkeys(RideFigures.model_fields)


def of_park(row: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of ParkFigures, from `store.periods.PARK_FIGURES` and `rides_counted`."""
    return {
        **_of_park_sums(row),
        "outages": row["outages"],
        "outages_per_100_hours": score.outages_per_100_hours(row["outages"], row["up_s"], row["down_s"]),
        "stop_seconds": row["stop_s"],
        "coverage": score.coverage(row["observed_s"], row["window_s"]),
        "opening_seconds": row["window_s"],
        "operated_days": row["operated_days"],
        "rides_counted": row["rides_counted"],
        "rides_closed_all_day": row["rides_closed_all_day"],
    }


def of_ride(row: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of RideFigures, from `store.periods.RIDE_FIGURES`."""
    up_s, down_s, outages = row["counted_up_s"], row["counted_down_s"], row["counted_outages"]
    window_s = sum(row[name] for name in BUCKETS)
    return {
        "shame": score.shame(down_s, up_s + down_s),
        "uptime_percent": score.uptime_percent(up_s, down_s),
        "down_seconds": down_s,
        "up_seconds": up_s,
        "outages": outages,
        "outages_per_100_hours": score.outages_per_100_hours(outages, up_s, down_s),
        "longest_outage_seconds": row["longest_outage_s"],
        "average_wait_minutes": score.average_wait_minutes(row["wait_minutes_sum"], row["wait_readings"]),
        "longest_wait_minutes": row["longest_wait_minutes"],
        "coverage": score.coverage(window_s - row["unobserved_s"], window_s),
        "days_counted": row["days_counted"],
        "days_closed_all_day": row["days_closed_all_day"],
    }


def of_park_hour(row: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of ParkFigures that an hour has, from a row of park_hours; the others are null."""
    return _NO_PARK_FIGURES | _of_park_sums(row)


def of_ride_hour(row: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of RideFigures that an hour has, from a row of ride_hours; the others are null."""
    up_s, down_s = row["up_s"], row["down_s"]
    return _NO_RIDE_FIGURES | {
        "shame": score.shame(down_s, up_s + down_s),
        "uptime_percent": score.uptime_percent(up_s, down_s),
        "down_seconds": down_s,
        "up_seconds": up_s,
        "average_wait_minutes": score.average_wait_minutes(row["wait_minutes_sum"], row["wait_readings"]),
        "longest_wait_minutes": row["longest_wait_minutes"],
    }


def heat_of_park(row: Mapping[str, Any], waits: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of HeatFigures, from a row of park_hours and the waits of the park's rides in that hour."""
    return {
        "down_seconds": row["down_s"],
        "operating_seconds": row["up_s"] + row["down_s"],
        "lost_share_percent": score.lost_share_percent(row["weighted_down_s"], row["weighted_sched_s"]),
        "average_wait_minutes": score.average_wait_minutes(waits["wait_minutes_sum"], waits["wait_readings"]),
    }


def heat_of_ride(row: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of HeatFigures, from a row of ride_hours."""
    operating_s = row["up_s"] + row["down_s"]
    return {
        "down_seconds": row["down_s"],
        "operating_seconds": operating_s,
        "lost_share_percent": score.lost_share_percent(row["down_s"], operating_s),
        "average_wait_minutes": score.average_wait_minutes(row["wait_minutes_sum"], row["wait_readings"]),
    }


def coverage_of_park(rows: Iterable[Mapping[str, Any]]) -> float | None:
    """Share of a park's opening hours that we saw, over all of some days or periods."""
    parts = [(row["observed_s"], row["window_s"]) for row in rows]
    return score.coverage(sum(observed_s for observed_s, _ in parts), sum(window_s for _, window_s in parts))


def coverage_of_ride(rows: Iterable[Mapping[str, Any]]) -> float | None:
    """Share of its park's opening hours in which we know how a ride stood, over all of some days or periods."""
    parts = [(row["unobserved_s"], sum(row[name] for name in BUCKETS)) for row in rows]
    window_s = sum(each for _, each in parts)
    return score.coverage(window_s - sum(unobserved_s for unobserved_s, _ in parts), window_s)


def _of_park_sums(row: Mapping[str, Any]) -> dict[str, Any]:
    shame = score.shame(row["weighted_down_s"], row["weighted_sched_s"])
    return {
        "shame": shame,
        "band": None if shame is None else score.band(shame).value,
        "lost_share_percent": score.lost_share_percent(row["weighted_down_s"], row["weighted_sched_s"]),
        "uptime_percent": score.uptime_percent(row["up_s"], row["down_s"]),
        "down_seconds": row["down_s"],
        "up_seconds": row["up_s"],
        "weighted_down_seconds": row["weighted_down_s"],
        "weighted_operating_seconds": row["weighted_sched_s"],
    }


def trend_of_park(row: Mapping[str, Any]) -> Trend | None:
    """A park against its period before, from a row of the leaderboard."""
    return trends.trend(_before(row), Sums(row["up_s"], row["down_s"]), PARK_TREND_POINTS_AT_LEAST)


def trend_of_ride(row: Mapping[str, Any]) -> Trend | None:
    """A ride against its period before, from a row of the leaderboard."""
    return trends.trend(_before(row), Sums(row["counted_up_s"], row["counted_down_s"]), RIDE_TREND_POINTS_AT_LEAST)


def trended(found: Trend | None) -> dict[str, Any]:
    """The fields of Trended."""
    return {"trend": found.direction.value if found else None, "trend_points": found.points if found else None}


def _before(row: Mapping[str, Any]) -> Sums:
    return Sums(row["before_up_s"] or 0, row["before_down_s"] or 0)
