"""What the newest polls say: when each park answered last, and how its rides stand since. Reads only.

To read 5,000 rides takes longer than all the rest: the database counts them, and gives out those that are shown.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    Subquery,
    and_,
    bindparam,
    case,
    exists,
    false,
    func,
    or_,
    select,
)

from hallofshame.model import PollOutcome, RideState
from hallofshame.store.classifications import RIDE, is_no_second_queue
from hallofshame.store.schema import park_days, parks, polls, ride_classifications, ride_days, rides


@dataclass(frozen=True, slots=True)
class Today:
    """The operating day that a park's newest poll belongs to."""

    op_day: date
    starts_at: datetime


Days = Mapping[Today, Collection[int]]  # the parks of each day by their ids: there are no more days than time zones


@dataclass(frozen=True, slots=True)
class JudgedSoFar:
    """What the judgement of an unfinished day has left of a park that operated."""

    opened_at: datetime
    last_active_at: datetime | None
    peak_rides_open: int | None


@dataclass(frozen=True, slots=True)
class RideCounts:
    """Rides of one park and tier whose newest readings came with one poll. `open` and the like: by these.

    `opened_today`: open at some time of the day. `counted_open`: open rides that count, queue rides by the day's
    judgement so far or by a wait now. `tier` is None where the classifier has not seen the ride yet.
    """

    park_id: int
    last_seen_at: datetime
    tier: int | None
    rides: int
    open: int
    waiting: int
    closed: int
    opened_today: int
    counted_open: int


@dataclass(frozen=True, slots=True)
class RideNow:
    """A ride by its newest reading. `tier` is None where the classifier has not seen it yet."""

    state: RideState
    ride_id: int
    park_id: int
    name: str
    land: str | None
    wait_minutes: int | None
    closed_since_at: datetime | None
    tier: int | None


@dataclass(frozen=True, slots=True)
class RideKnown:
    """What else is known of a ride. What the judgement of its day or the classifier has not seen yet is None."""

    last_seen_at: datetime
    last_open_at: datetime | None
    usual_closing_clock_s: int | None
    is_queue_ride: bool | None
    kind: str | None


_KIND, _TIER = ride_classifications.c.kind, ride_classifications.c.tier
_NOW = rides.c["state", "ride_id", "park_id", "name", "land", "wait_minutes", "closed_since_at"]
_IS_OPEN = rides.c.state == RideState.OPEN.value
_IS_CLOSED = rides.c.state == RideState.CLOSED.value
_HAS_WAIT = _IS_OPEN & (rides.c.wait_minutes > 0)


def latest_polls(conn: Connection, park_ids: Collection[int] | None = None) -> dict[int, datetime]:
    """When each park, or each of some, answered last, by park id; a park that never did is left out."""
    found = _latest(park_ids)
    return {row[0]: row[1] for row in conn.execute(select(found).where(found.c.polled_at.is_not(None)))}


def judged(conn: Connection, days: Days) -> dict[int, JudgedSoFar]:
    """What is known of the parks that operated on their days, as far as these were judged; by park id."""
    columns = (park_days.c[name] for name in JudgedSoFar.__dataclass_fields__)
    is_any_day = park_days.c.op_day.in_({today.op_day for today in days})
    query = select(park_days.c.park_id, park_days.c.op_day, *columns).where(is_any_day, park_days.c.operated)
    op_days = {park_id: today.op_day for today, park_ids in days.items() for park_id in park_ids}
    found = conn.execute(query).all()
    return {park_id: JudgedSoFar(*facts) for park_id, op_day, *facts in found if op_days.get(park_id) == op_day}


def counts(conn: Connection, days: Days) -> list[RideCounts]:
    """How many rides of the parks given stand how. Rides last seen before any of the days are left out."""
    if not days:
        return []
    is_counted = or_(_KIND.is_(None), _KIND == RIDE) & or_(rides.c.wait_minutes > 0, _is_queue_ride(days))
    groups = (rides.c.park_id, rides.c.last_seen_at, _TIER)
    earliest = min(today.starts_at for today in days)
    query = (
        select(
            *(*groups, func.count(), _count(_IS_OPEN), _count(_HAS_WAIT), _count(_IS_CLOSED)),
            *(_count(_opened_today(days)), _count(_IS_OPEN & is_counted)),
        )
        .outerjoin_from(rides, ride_classifications)
        .where(_is_of(days), rides.c.last_seen_at >= earliest, is_no_second_queue())
        .group_by(*groups)
    )
    return [RideCounts(*row) for row in conn.execute(query).all()]


def rides_of(conn: Connection, days: Days) -> list[tuple[RideNow, RideKnown]]:
    """Every ride of the parks given, single-rider lines left out."""
    return _known(conn, days, _is_of(days))


def closed_since_open(conn: Connection, days: Days) -> list[tuple[RideNow, RideKnown]]:
    """The rides of the parks given that were open on their day and are closed by their newest reading."""
    return _known(conn, days, _IS_CLOSED & _opened_today(days))


def longest_waits(conn: Connection, park_ids: Collection[int], each: int) -> list[RideNow]:
    """The longest waits at the newest poll of each of some parks, at most so many each; longest first, then by id."""
    order = (rides.c.wait_minutes.desc(), rides.c.ride_id)  # to sort thousands by name as well takes half as long again
    place = func.row_number().over(partition_by=rides.c.park_id, order_by=order).label("place")
    found = _waiting(select(rides.c.ride_id, _TIER, place), park_ids).subquery("found")
    query = (
        select(*_NOW, found.c.tier)
        .join_from(found, rides, rides.c.ride_id == found.c.ride_id)
        .where(found.c.place <= each)
        .order_by(found.c.place)
    )
    return [_ride_now(*row) for row in conn.execute(query).all()]


def waits(conn: Connection, park_ids: Collection[int], limit: int, offset: int) -> list[RideNow]:
    """The longest waits at the newest polls of some parks, longest first; equal ones by name, then id."""
    order = (rides.c.wait_minutes.desc(), rides.c.name, rides.c.ride_id)
    query = _waiting(select(*_NOW, _TIER), park_ids).order_by(*order).limit(limit).offset(offset)
    return [_ride_now(*row) for row in conn.execute(query).all()]


def count_waits(conn: Connection, park_ids: Collection[int]) -> int:
    """How many there are of them."""
    return int(conn.execute(_waiting(select(func.count()), park_ids)).scalar_one())


def _latest(park_ids: Collection[int] | None) -> Subquery:
    """Every park, or some, and when each answered last: one step in the primary key a park, however long the log is."""
    newest = (
        select(polls.c.polled_at)
        .where(polls.c.park_id == parks.c.park_id, polls.c.outcome == PollOutcome.OK.value)
        .order_by(polls.c.slot.desc())
        .limit(1)
        .correlate(parks)
        .scalar_subquery()
    )
    latest = select(parks.c.park_id, newest.label("polled_at"))
    return (latest if park_ids is None else latest.where(parks.c.park_id.in_(park_ids))).subquery("latest")


def _known(conn: Connection, days: Days, condition: ColumnElement[bool]) -> list[tuple[RideNow, RideKnown]]:
    if not days:
        return []
    key = and_(
        ride_days.c.park_id == rides.c.park_id,
        ride_days.c.op_day == _op_day(days),
        ride_days.c.ride_id == rides.c.ride_id,
    )
    seen, judged_so_far = rides.c["last_seen_at", "last_open_at"], ride_days.c["usual_closing_clock_s", "is_queue_ride"]
    query = (
        select(*_NOW, _TIER, *seen, *judged_so_far, _KIND)
        .outerjoin_from(rides, ride_days, key)
        .outerjoin(ride_classifications, ride_classifications.c.ride_id == rides.c.ride_id)
        .where(condition, is_no_second_queue())
    )
    now = len(RideNow.__dataclass_fields__)
    return [(_ride_now(*row[:now]), RideKnown(*row[now:])) for row in conn.execute(query).all()]


def _ride_now(state: str, *facts: Any) -> RideNow:
    return RideNow(RideState(state), *facts)


def _waiting(columns: Select[Any], park_ids: Collection[int]) -> Select[Any]:
    latest = _latest(park_ids)
    is_listed = (rides.c.park_id == latest.c.park_id) & (rides.c.last_seen_at >= latest.c.polled_at)
    joined = columns.join_from(latest, rides, is_listed).outerjoin(
        ride_classifications, ride_classifications.c.ride_id == rides.c.ride_id
    )
    return joined.where(_HAS_WAIT, is_no_second_queue())


def _count(condition: ColumnElement[bool]) -> ColumnElement[int]:
    return func.count(case((condition, 1)))  # a sum would come as a decimal


def _is_queue_ride(days: Days) -> ColumnElement[bool]:
    return exists().where(
        ride_days.c.park_id == rides.c.park_id,
        ride_days.c.op_day == _op_day(days),
        ride_days.c.ride_id == rides.c.ride_id,
        ride_days.c.is_queue_ride,
    )


def _opened_today(days: Days) -> ColumnElement[bool]:
    return or_(false(), *(_is_in(ids) & (rides.c.last_open_at >= day.starts_at) for day, ids in days.items()))


def _op_day(days: Days) -> Any:
    """The day of a ride's park."""
    return case(*((_is_in(park_ids), day.op_day) for day, park_ids in days.items()), else_=None)


def _is_of(days: Days) -> ColumnElement[bool]:
    return _is_in([park_id for park_ids in days.values() for park_id in park_ids])


def _is_in(park_ids: Collection[int]) -> ColumnElement[bool]:
    """Written out: 140 parameters several times over cost more than some of the queries."""
    return rides.c.park_id.in_(bindparam(None, list(park_ids), expanding=True, literal_execute=True))
