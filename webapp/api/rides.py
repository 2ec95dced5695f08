"""All about one ride."""

from datetime import datetime

from pydantic import Field
from werkzeug.exceptions import NotFound

from hallofshame.rules.live import RideStanding
from hallofshame.rules.periods import Period
from hallofshame.store import leaderboards, rides
from hallofshame.store.engine import Connection

from .. import live
from . import found
from .envelope import Answer
from .questions import Question
from .ranked import RankedRide, ranked_ride
from .subjects import RideRef, ride_ref


class PeriodOfRide(RankedRide):
    """A ride's row in the ranking of one period."""

    period: str


class RideDetail(RideRef):
    """A ride: what it is, how it stands, and what its days came to."""

    land: str | None
    tier: int | None = Field(description="1 to 3, weighing 3 to 1; null: not judged yet")
    tier_reason: str | None
    kind: str | None = Field(
        description="ride, show, meet_and_greet, walkthrough or single_rider; only rides are scored"
    )
    kind_reason: str | None
    first_seen_at: datetime
    last_seen_at: datetime
    standing: str | None = Field(description="open, down, unknown, or why it is closed; null: no recent answer")
    wait_minutes: int | None = Field(description="now; null: not open, or not known")
    closed_since_at: datetime | None
    periods: list[PeriodOfRide] = Field(description="those in which it counted, or was closed all day")


def get_one(conn: Connection, asked: Question, now: datetime, ride_id: int) -> Answer[RideDetail]:
    """All about a ride."""
    facts = rides.facts(conn, ride_id)
    if facts is None:
        raise NotFound(f"There is no ride {ride_id}.")
    park, verdict = found.park(conn, facts.park_id), facts.verdict
    rows = leaderboards.of_ride(conn, ride_id, [period.value for period in Period])
    named = {"name": facts.name, "land": facts.land, "tier": verdict.tier if verdict else None}
    standing = next((each for each in live.rides_now(conn, park, now) if each[0].ride_id == ride_id), None)
    ride, stands = standing or (None, None)
    detail = RideDetail(
        **ride_ref(ride_id, facts.name, park),
        land=facts.land,
        tier=verdict.tier if verdict else None,
        tier_reason=verdict.tier_reason if verdict else None,
        kind=verdict.kind if verdict else None,
        kind_reason=verdict.kind_reason if verdict else None,
        first_seen_at=facts.first_seen_at,
        last_seen_at=facts.last_seen_at,
        standing=stands.value if stands else None,
        wait_minutes=ride.wait_minutes if ride and stands is RideStanding.OPEN else None,
        closed_since_at=ride.closed_since_at if ride else None,
        periods=[
            PeriodOfRide(period=period.value, **ranked_ride(rows[period.value] | named, park).model_dump())
            for period in Period
            if period.value in rows
        ],
    )
    return Answer(detail)
