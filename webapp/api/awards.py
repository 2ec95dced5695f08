"""The awards of a period: longest wait, longest outage, least and most reliable ride, and the park that lost most."""

from collections.abc import Iterator, Mapping
from datetime import date, datetime
from typing import Any

from pydantic import BaseModel, Field

from hallofshame.model import Park
from hallofshame.rules import awards
from hallofshame.rules.awards import RideRecord
from hallofshame.rules.ranking import Entry, Ranked, Standing
from hallofshame.rules.score import Sums
from hallofshame.store import leaderboards, parks, records
from hallofshame.store.engine import Connection
from hallofshame.store.leaderboards import Chosen, Order, Page

from ..source import park_page, ride_page
from . import figures
from .envelope import Answer
from .questions import JudgedPeriod, ListQuestion

Row = Mapping[str, Any]

WORST_PARK = "worst park"
_LOOKED_AT = Page(limit=20, offset=0)  # the first with five counted rides wins: nearly always the first


class AwardsQuestion(ListQuestion):
    """Parameters of the awards."""

    period: JudgedPeriod = "7days"


class Award(BaseModel):
    """Who won what. An award that nobody earned is not given."""

    award: str = Field(description="longest wait, longest single outage, least reliable, most reliable, or worst park")
    ride_id: int | None = Field(description="null: a park")
    name: str
    park_id: int
    park_name: str
    queue_times_url: str
    shame: float | None
    uptime_percent: float | None
    down_seconds: int
    longest_outage_seconds: int | None
    longest_wait_minutes: int | None
    from_day: date
    to_day: date


def get(conn: Connection, asked: AwardsQuestion, now: datetime) -> Answer[list[Award]]:
    """The awards of a period."""
    by_id = {park.park_id: park for park in parks.every(conn)}
    given = [*_to_rides(conn, asked.period, by_id), *_to_park(conn, asked.period, by_id)]
    first = min((award.from_day for award in given), default=None)
    return Answer(given, asked.period, first, max((award.to_day for award in given), default=None), total=len(given))


def _to_rides(conn: Connection, period: str, by_id: Mapping[int, Park]) -> Iterator[Award]:
    rows = {row["ride_id"]: row for row in records.candidates(conn, period)}
    for award, winner in awards.ride_awards(_record(row) for row in rows.values()).items():
        row = rows[winner.ride_id]
        park = by_id[row["park_id"]]
        told = figures.of_ride(row)
        yield Award(
            award=award.value,
            ride_id=winner.ride_id,
            name=winner.name,
            queue_times_url=ride_page(park.park_id, winner.ride_id),
            **_park(park, row),
            **{name: told[name] for name in ("shame", "uptime_percent", "down_seconds")},
            longest_outage_seconds=told["longest_outage_seconds"],
            longest_wait_minutes=told["longest_wait_minutes"],
        )


def _to_park(conn: Connection, period: str, by_id: Mapping[int, Park]) -> Iterator[Award]:
    rows = leaderboards.parks_page(conn, Chosen(period), Order("score", is_descending=True), _LOOKED_AT)
    ranked = [
        Ranked(row["rank"], Entry(row["park_id"], by_id[row["park_id"]].name, _sums(row)))
        for row in rows
        if row["rank"]
    ]
    by_park = {row["park_id"]: row for row in rows}
    winner = awards.worst_park(ranked, {park_id: row["rides_counted"] for park_id, row in by_park.items()})
    if winner:
        park, told = by_id[winner.entry_id], figures.of_park(by_park[winner.entry_id])
        yield Award(
            award=WORST_PARK,
            ride_id=None,
            name=park.name,
            queue_times_url=park_page(park.park_id),
            **_park(park, by_park[winner.entry_id]),
            **{name: told[name] for name in ("shame", "uptime_percent", "down_seconds")},
            longest_outage_seconds=None,
            longest_wait_minutes=None,
        )


def _park(park: Park, row: Row) -> dict[str, Any]:
    return {"park_id": park.park_id, "park_name": park.name, "from_day": row["from_day"], "to_day": row["to_day"]}


def _sums(row: Row) -> Sums:
    return Sums(row["up_s"], row["down_s"], row["weighted_down_s"], row["weighted_sched_s"])


def _record(row: Row) -> RideRecord:
    return RideRecord(
        ride_id=row["ride_id"],
        name=row["name"],
        sums=Sums(row["counted_up_s"], row["counted_down_s"], row["weighted_down_s"], row["weighted_sched_s"]),
        longest_outage_s=row["longest_outage_s"],
        longest_wait_minutes=row["longest_wait_minutes"],
        is_ranked=row["standing"] == Standing.RANKED.name.lower(),
    )
