"""Parks: the list of them, and all about one."""

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any

from pydantic import BaseModel, Field

from hallofshame.model import Park
from hallofshame.rules import calendar, score
from hallofshame.rules.live import RideStanding
from hallofshame.rules.periods import Period
from hallofshame.rules.tiers import Kind
from hallofshame.store import classifications, days, leaderboards, parks, rides
from hallofshame.store.classifications import Classified
from hallofshame.store.engine import Connection
from hallofshame.store.live import RideNow
from hallofshame.store.rides import Tracked

from .. import live
from . import figures, found
from .envelope import Answer
from .live import LivePark, live_park
from .questions import ListQuestion, Question
from .ranked import RankedPark, badges, ranked_park
from .subjects import ParkRef, RideRef, park_ref, ride_ref

Row = Mapping[str, Any]

_COVERAGE_OF = Period.LAST_30_DAYS
_RIDES_SHOW = (Period.TODAY, Period.LAST_30_DAYS)
_DAY_FACTS = ("op_day", "is_final", "operated", "opened_at", "closed_at")


class ListedPark(ParkRef):
    """A park that Queue-Times lists."""

    continent: str
    latitude: float | None
    longitude: float | None
    rides_tracked: int | None = Field(description="rides of its newest poll; null: never polled")
    polled_at: datetime | None = Field(description="its newest answer")
    coverage_30_days: float | None = Field(description="share of its opening hours that we saw, 0 to 1")


class PeriodOfPark(RankedPark):
    """A park's row in the ranking of one period."""

    period: str


class TierCount(BaseModel):
    """How many of a park's rides weigh so much."""

    tier: int
    rides: int


class ParkToday(BaseModel):
    """A park's newest judged day. Where it did not operate there is no window."""

    op_day: date
    is_final: bool
    operated: bool
    opened_at: datetime | None
    closed_at: datetime | None = Field(description="so far, while the day lasts")
    opening_edge_known: bool
    closing_edge_known: bool


class RideOfPark(RideRef):
    """A ride on its park's page: how it stands, and what its days came to."""

    land: str | None
    tier: int | None
    kind: str | None = Field(description="ride, show, meet_and_greet or walkthrough; only rides are scored")
    standing: str | None = Field(description="open, down, unknown, or why it is closed; null: no recent answer")
    wait_minutes: int | None = Field(description="now; null: not open, or not known")
    closed_since_at: datetime | None
    down_seconds_today: int | None
    outages_today: int | None
    down_seconds_30_days: int | None
    uptime_percent_30_days: float | None


class ParkDetail(ListedPark):
    """All about a park."""

    now: LivePark | None = Field(description="null: it has not answered for more than 20 minutes")
    newest_day: ParkToday | None
    periods: list[PeriodOfPark]
    tiers: list[TierCount]
    rides: list[RideOfPark]


def get_list(conn: Connection, asked: ListQuestion, now: datetime) -> Answer[list[ListedPark]]:
    """Every park that Queue-Times lists, by name."""
    listed = sorted(parks.active(conn), key=lambda park: (park.name.casefold(), park.park_id))
    tracked, covered = rides.tracked(conn), leaderboards.coverage(conn, _COVERAGE_OF.value)
    rows = [ListedPark(**_listed(park, tracked, covered)) for park in listed]
    return Answer(rows, total=len(rows))


def get_one(conn: Connection, asked: Question, now: datetime, park_id: int) -> Answer[ParkDetail]:
    """All about a park."""
    park = found.park(conn, park_id)
    rows = leaderboards.of_park(conn, park_id, [period.value for period in Period])
    tracked, covered = rides.tracked(conn, park_id), leaderboards.coverage(conn, _COVERAGE_OF.value)
    verdicts = classifications.of_park(conn, park_id)
    standing = live.park_now(conn, park, now)
    detail = ParkDetail(
        **_listed(park, tracked, covered),
        now=live_park(standing) if standing else None,
        newest_day=_newest_day(conn, park, now),
        periods=_periods(conn, park, rows),
        tiers=_tiers(verdict for _, verdict in verdicts.values() if verdict),
        rides=_rides(conn, park, verdicts, live.rides_now(conn, park, now)),
    )
    return Answer(detail)


def _listed(park: Park, tracked: Mapping[int, Tracked], covered: Mapping[int, tuple[int, int]]) -> dict[str, Any]:
    seen = tracked.get(park.park_id)
    return {
        **park_ref(park),
        "continent": park.continent,
        "latitude": park.latitude,
        "longitude": park.longitude,
        "rides_tracked": seen.rides if seen else None,
        "polled_at": seen.polled_at if seen else None,
        "coverage_30_days": score.coverage(*covered.get(park.park_id, (0, 0))),
    }


def _newest_day(conn: Connection, park: Park, now: datetime) -> ParkToday | None:
    row = days.newest(conn, park.park_id, calendar.op_day_of(now, park.timezone))
    if row is None:
        return None
    edges = {"opening_edge_known": row["open_edge_known"], "closing_edge_known": row["close_edge_known"]}
    return ParkToday(**{name: row[name] for name in _DAY_FACTS}, **edges)


def _periods(conn: Connection, park: Park, rows: Mapping[str, Row]) -> list[PeriodOfPark]:
    in_order = [rows[period.value] for period in Period if period.value in rows]
    return [
        PeriodOfPark(period=row["period"], **ranked_park(row, park, beside).model_dump())
        for row, beside in zip(in_order, badges(conn, in_order), strict=True)
    ]


def _tiers(verdicts: Iterable[Classified]) -> list[TierCount]:
    counted = Counter(verdict.tier for verdict in verdicts if verdict.kind == Kind.RIDE.value)
    return [TierCount(tier=tier, rides=counted[tier]) for tier in sorted(counted)]


def _rides(
    conn: Connection,
    park: Park,
    verdicts: Mapping[int, tuple[str, Classified | None]],
    standing: Iterable[tuple[RideNow, RideStanding]],
) -> list[RideOfPark]:
    """Rides of the newest poll, and those that opened today; all that were ever seen where there is no such poll."""
    now = {ride.ride_id: (ride, stands.value) for ride, stands in standing if stands is not RideStanding.GONE}
    shown = sorted(now or verdicts, key=lambda ride_id: verdicts[ride_id][0].casefold())
    today, month = (leaderboards.of_rides(conn, period.value, shown) for period in _RIDES_SHOW)
    return [
        _ride(park, ride_id, verdicts[ride_id], now.get(ride_id), today.get(ride_id), month.get(ride_id))
        for ride_id in shown
    ]


def _ride(
    park: Park,
    ride_id: int,
    known: tuple[str, Classified | None],
    standing: tuple[RideNow, str] | None,
    today: Row | None,
    month: Row | None,
) -> RideOfPark:
    name, verdict = known
    ride, stands = standing or (None, None)
    of_month = figures.of_ride(month) if month else {}
    return RideOfPark(
        **ride_ref(ride_id, name, park),
        land=ride.land if ride else None,
        tier=verdict.tier if verdict else None,
        kind=verdict.kind if verdict else None,
        standing=stands,
        wait_minutes=ride.wait_minutes if ride and stands == RideStanding.OPEN.value else None,
        closed_since_at=ride.closed_since_at if ride else None,
        down_seconds_today=today["counted_down_s"] if today else None,
        outages_today=today["counted_outages"] if today else None,
        down_seconds_30_days=of_month.get("down_seconds"),
        uptime_percent_30_days=of_month.get("uptime_percent"),
    )
