"""What is so right now: read from the store, decided by the rules. The API and the page say it each in its own way."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from hallofshame.model import Park
from hallofshame.rules import freshness
from hallofshame.rules import live as rules
from hallofshame.rules.calendar import OperatingDay
from hallofshame.rules.constants import DEFAULT_WEIGHT, WEIGHT_OF_TIER
from hallofshame.rules.freshness import Freshness
from hallofshame.rules.live import ParkPolled, ParkStanding, RidePolled, RideStanding
from hallofshame.rules.window import Count
from hallofshame.store import live, parks
from hallofshame.store.classifications import RIDE
from hallofshame.store.engine import Connection
from hallofshame.store.live import JudgedSoFar, RideCounts, RideKnown, RideNow, Today

LONGEST_WAITS = 3


@dataclass(frozen=True, slots=True)
class ParkNow:
    """A park at its newest poll. `down`: the longest closed first; `longest_waits`: the longest first.

    The four counts add up to the rides tracked: those of that poll, and those it misses of the ones that opened today.
    `shame` is None unless the park runs with rides that count, and in its first hour.
    """

    park: Park
    polled_at: datetime
    standing: ParkStanding
    shame: float | None
    rides_open: int
    rides_down: int
    rides_closed: int
    rides_unknown: int
    down: Sequence[RideNow]
    longest_waits: Sequence[RideNow]

    @property
    def is_running(self) -> bool:
        """It runs, though it may stand still as a whole for a while."""
        return self.standing is not ParkStanding.CLOSED

    @property
    def is_stopped(self) -> bool:
        """Most of it is closed at once, which says nothing of its rides."""
        return self.standing is ParkStanding.STOPPED


@dataclass(frozen=True, slots=True)
class Live:
    """Every park. `running_parks`: that with the longest down ride first; `silent_parks` gave no recent answer."""

    as_of: datetime | None
    freshness: Freshness
    parks: Sequence[Park]
    running_parks: Sequence[ParkNow]
    silent_parks: Sequence[Park]


@dataclass(frozen=True, slots=True)
class _Seen:
    """A park that has answered recently, before any of its rides is looked at."""

    park: Park
    polled: ParkPolled
    standing: ParkStanding
    counts: Sequence[RideCounts]


@dataclass(frozen=True, slots=True)
class Waits:
    """A page of the rides that have a wait now, and how many there are on all pages."""

    rides: Sequence[RideNow]
    total: int


def read(conn: Connection, now: datetime) -> Live:
    """Look at every park."""
    listed, polled_at = parks.active(conn), live.latest_polls(conn)
    seen = _look(conn, listed, polled_at, now)
    running = _parks_now(conn, [each for each in seen if each.standing is not ParkStanding.CLOSED])
    as_of = max((polled_at[park.park_id] for park in listed if park.park_id in polled_at), default=None)
    answering = {each.park.park_id for each in seen}
    return Live(
        as_of,
        freshness.of_poll(as_of, now),
        listed,
        sorted(running, key=_longest_down_first),
        [park for park in listed if park.park_id not in answering],
    )


def coverage(seen: Live) -> float | None:
    """Share of the parks that have answered recently: 0 to 1. None before the first list of parks."""
    return 1 - len(seen.silent_parks) / len(seen.parks) if seen.parks else None


def park_now(conn: Connection, park: Park, now: datetime) -> ParkNow | None:
    """Look at one park. None where its newest poll is too old to speak of now, or there is none."""
    seen = _look(conn, [park], live.latest_polls(conn, [park.park_id]), now)
    return next(iter(_parks_now(conn, seen)), None)


def rides_now(conn: Connection, park: Park, now: datetime) -> list[tuple[RideNow, RideStanding]]:
    """Every ride of a park and how it stands, by name; none where the park's newest poll is too old, or none."""
    found: list[tuple[RideNow, RideStanding]] = []
    for seen in _look(conn, [park], live.latest_polls(conn, [park.park_id]), now):
        found += [
            (ride, rules.ride_standing(_ride_polled(ride, known), seen.polled, seen.standing))
            for ride, known in live.rides_of(conn, _by_day({park.park_id: seen.polled.day}))
        ]
    return sorted(found, key=lambda each: _name(each[0]))


def waits_now(conn: Connection, seen: Live, park_ids: Collection[int] | None, limit: int, offset: int) -> Waits:
    """The longest waits of all running parks, or of some, longest first; equal ones by name, then id."""
    running = [now.park.park_id for now in seen.running_parks]
    asked = [park_id for park_id in running if park_ids is None or park_id in park_ids]
    return Waits(live.waits(conn, asked, limit, offset), live.count_waits(conn, asked))


def _look(conn: Connection, listed: Iterable[Park], polled_at: Mapping[int, datetime], now: datetime) -> list[_Seen]:
    """Count the rides of the parks that have answered recently."""
    recent = [park for park in listed if freshness.of_poll(polled_at.get(park.park_id), now) is Freshness.OK]
    days = {park.park_id: rules.day_of(polled_at[park.park_id], park.timezone) for park in recent}
    by_day = _by_day(days)
    judged, counts = live.judged(conn, by_day), defaultdict(list)
    for count in live.counts(conn, by_day):
        counts[count.park_id].append(count)
    seen = []
    for park in recent:
        park_id, of_park = park.park_id, counts[park.park_id]
        polled = _park_polled(polled_at[park_id], days[park_id], judged.get(park_id), of_park)
        seen.append(_Seen(park, polled, rules.park_standing(polled), of_park))
    return seen


def _park_polled(
    polled_at: datetime, day: OperatingDay, judged: JudgedSoFar | None, counts: Sequence[RideCounts]
) -> ParkPolled:
    listed = [count for count in counts if count.last_seen_at >= polled_at]
    is_open, closed, waiting = (sum(getattr(c, name) for c in listed) for name in ("open", "closed", "waiting"))
    return ParkPolled(
        polled_at,
        day,
        Count(fresh=is_open + closed, opened=is_open, waiting=waiting),
        rides_opened_today=sum(count.opened_today for count in counts),
        opened_at=judged.opened_at if judged else None,
        last_active_at=judged.last_active_at if judged else None,
        peak_rides_open=judged.peak_rides_open if judged else None,
    )


def _parks_now(conn: Connection, seen: Sequence[_Seen]) -> list[ParkNow]:
    """Read the rides that are shown of each park: those of running ones alone."""
    running = {each.park.park_id: each for each in seen if each.standing is not ParkStanding.CLOSED}
    down, waiting = defaultdict(list), defaultdict(list)
    for ride, known in live.closed_since_open(
        conn, _by_day({park_id: each.polled.day for park_id, each in running.items()})
    ):
        each = running[ride.park_id]
        if rules.ride_standing(_ride_polled(ride, known), each.polled, each.standing) is RideStanding.DOWN:
            down[ride.park_id].append((ride, known))
    for ride in live.longest_waits(conn, running, LONGEST_WAITS):
        waiting[ride.park_id].append(ride)
    return [_park_now(each, down[each.park.park_id], waiting[each.park.park_id]) for each in seen]


def _park_now(seen: _Seen, down: list[tuple[RideNow, RideKnown]], waiting: list[RideNow]) -> ParkNow:
    polled, count = seen.polled, seen.polled.count
    listed = [each for each in seen.counts if each.last_seen_at >= polled.polled_at]
    missed = sum(each.opened_today for each in seen.counts if each.last_seen_at < polled.polled_at)
    weight_open = sum(each.counted_open * _weight(each.tier) for each in listed)
    weight_down = sum(_weight(ride.tier) for ride, known in down if known.is_queue_ride and known.kind == RIDE)
    return ParkNow(
        seen.park,
        polled.polled_at,
        seen.standing,
        rules.live_shame(polled, seen.standing, weight_down, weight_open),
        rides_open=count.opened,
        rides_down=len(down),
        rides_closed=count.fresh - count.opened - len(down),
        rides_unknown=sum(each.rides for each in listed) - count.fresh + missed,
        down=sorted(
            (ride for ride, _ in down), key=lambda ride: (ride.closed_since_at or polled.polled_at, _name(ride))
        ),
        longest_waits=waiting,
    )


def _ride_polled(ride: RideNow, known: RideKnown) -> RidePolled:
    return RidePolled(ride.state, known.last_seen_at, known.last_open_at, known.usual_closing_clock_s)


def _weight(tier: int | None) -> int:
    return DEFAULT_WEIGHT if tier is None else WEIGHT_OF_TIER[tier]


def _by_day(days: Mapping[int, OperatingDay]) -> Mapping[Today, list[int]]:
    by_day = defaultdict(list)
    for park_id, day in days.items():
        by_day[Today(day.op_day, day.starts_at)].append(park_id)
    return by_day


def _name(ride: RideNow) -> tuple[str, int]:
    return (ride.name.casefold(), ride.ride_id)


def _longest_down_first(now: ParkNow) -> tuple[bool, datetime, str]:
    closed_since_at = now.down[0].closed_since_at if now.down else None
    return (closed_since_at is None, closed_since_at or now.polled_at, now.park.name.casefold())
