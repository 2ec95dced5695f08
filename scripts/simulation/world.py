"""The simulated feed: what it serves at a moment, and what truly happened. Pure functions of seed, park and moment."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import lru_cache, partial
from itertools import groupby
from operator import attrgetter
from typing import Any

from .park_day import ParkDay, date_of, draw_park_day
from .parks import IDS_A_PARK, Listing, Park, draw_parks

_REFRESH_SECONDS = 300
_PUBLISHED_AFTER_SECONDS = 60  # so a row is one to six minutes old when it is read, one to five at :00, :05, :10 …
_PARK_DAYS_KEPT = 1_024  # some eight days of every park


@dataclass(frozen=True, slots=True)
class Breakdown:
    """A true breakdown, `start` and `end` in UTC. Planned closures and weather are none."""

    park_id: int
    ride_id: int
    name: str
    start: datetime
    end: datetime


class World:
    """The parks of one seed. `park_count` keeps those with the lowest ids only."""

    def __init__(self, seed: int = 1, park_count: int | None = None) -> None:
        parks = {park.park_id: park for park in draw_parks(seed)}
        kept = sorted(parks)[:park_count]
        self.parks = {park_id: park for park_id, park in parks.items() if park_id in kept}
        self._draw = lru_cache(_PARK_DAYS_KEPT)(partial(draw_park_day, seed))

    def parks_json(self) -> list[dict[str, Any]]:
        """What /parks.json serves, with the feed's own errors in zone, country and coordinates."""
        listings = (park.listing for park in self.parks.values())
        return [
            {"id": company_id, "name": company, "parks": [_park_row(listing) for listing in of_company]}
            for (company_id, company), of_company in groupby(listings, attrgetter("company_id", "company"))
        ]

    def payload(self, park_id: int, moment: datetime) -> dict[str, Any]:
        """What /parks/{park_id}/queue_times.json serves. KeyError for a park that is not there."""
        park = self.parks[park_id]
        at = _last_refresh(park, moment)
        day = self.park_day(park_id, date_of(park, at))
        lands: list[dict[str, Any]] = [
            {"id": park_id * IDS_A_PARK + number, "name": name, "rides": []} for number, name in enumerate(park.lands)
        ]
        payload: dict[str, Any] = {"lands": lands, "rides": []}
        for ride, row in zip(park.rides, _ride_rows(park, day, at), strict=True):
            (payload if ride.land is None else lands[ride.land])["rides"].append(row)
        return payload

    def park_day(self, park_id: int, day: date) -> ParkDay:
        """What truly happened on a park-day: hours, weather, crowd, and the rides in the order of `Park.rides`."""
        return self._draw(self.parks[park_id], day)

    def breakdowns(self, park_id: int, day: date) -> list[Breakdown]:
        """The true breakdowns that began on a park-day, ride by ride."""
        park = self.parks[park_id]
        ride_days = zip(park.rides, self.park_day(park_id, day).rides, strict=True)
        return [
            Breakdown(park_id, ride.ride_id, ride.name, _utc(span.start), _utc(span.end))
            for ride, ride_day in ride_days
            for span in ride_day.breakdowns
        ]


def _last_refresh(park: Park, moment: datetime) -> int:
    """The feed's picture is five minutes coarse; each park's is taken at seconds of its own."""
    since = int(moment.timestamp()) - _PUBLISHED_AFTER_SECONDS - park.refresh_offset_seconds
    return since // _REFRESH_SECONDS * _REFRESH_SECONDS + park.refresh_offset_seconds


def _ride_rows(park: Park, day: ParkDay, at: int) -> Iterator[dict[str, Any]]:
    last_updated = stamp(at)
    park_open = at in day.hours
    crowding = day.crowding(at) if park_open and park.reports_waits else 0
    for ride, ride_day in zip(park.rides, day.rides, strict=True):
        is_open = ride_day.is_open(at) if park_open else park.lingers and ride.lingers
        yield {
            "id": ride.ride_id,
            "name": ride.name,
            "is_open": is_open,
            "wait_time": ride_day.wait_minutes(at, crowding) if is_open else 0,
            "last_updated": last_updated,
        }


def _park_row(listing: Listing) -> dict[str, Any]:
    return {
        "id": listing.park_id,
        "name": listing.name,
        "country": listing.country,
        "continent": listing.continent,
        "latitude": listing.latitude,
        "longitude": listing.longitude,
        "timezone": listing.timezone,
    }


def stamp(at: int) -> str:
    """POSIX seconds as the feed writes them."""
    return _utc(at).strftime("%Y-%m-%dT%H:%M:%S.000Z")


def _utc(at: int) -> datetime:
    return datetime.fromtimestamp(at, UTC)
